using System.Text;
using SigmaFunctions.Archives.Bodies;

namespace SigmaFunctions.Archives.Tests;

/// <summary>What is kept of a long text. Nothing else may run beside it.</summary>
[Collection("alone")]
public sealed class MemoryTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>However long the text, what is kept of it is no more than a body.</summary>
    [Theory]
    [InlineData("[\n", "\n]")]
    [InlineData("{\"records\": [\n", "\n]}")]
    [InlineData("[", "]")]
    public async Task Memory_does_not_grow_with_the_document(string before, string after)
    {
        const int records = 60_000;
        byte[] record = Encoding.UTF8.GetBytes($"{{\n\"a\": \"{new string('x', 1_000)}\"\n}},\n");
        if (before == "[")
        {
            record.AsSpan().Replace((byte)'\n', (byte)' ');
        }

        long peak = 0;
        int count = 0;
        GC.Collect();
        long start = GC.GetTotalMemory(forceFullCollection: true);
        await foreach (BodyLine body in BodyFile.ReadAsync(
            [new BodyInput("input", () => new Repeated(Encoding.UTF8.GetBytes(before), record, records, Encoding.UTF8.GetBytes("{}" + after)))], Token))
        {
            count += body.IsBlank ? 0 : 1;
            if (count % 5_000 == 0)
            {
                peak = Math.Max(peak, GC.GetTotalMemory(forceFullCollection: true) - start);
            }
        }

        Assert.Equal(records + 1, count);
        Assert.InRange(peak, 0, 8 << 20);
    }
}

/// <summary>What runs by itself.</summary>
[CollectionDefinition("alone", DisableParallelization = true)]
public sealed class Alone;
