using System.IO.Compression;
using System.Text;
using SigmaFunctions.Archives.Bodies;
using SigmaFunctions.Telemetry;

namespace SigmaFunctions.Archives.Tests;

/// <summary>Whether files hold events, found out before something is done with them.</summary>
public sealed class EventCheckTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>A pipe has a path and is opened again, but what was read of it is gone: it must come all the same.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_can_be_read_once_is_read_whole(bool isOnce)
    {
        var content = new MemoryStream(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 50_000).Select(n => $"{{\"n\":{n}}}\n"))));
        var input = new BodyInput("pipe", () => new Pipe(content)) { IsOnce = isOnce };

        IReadOnlyList<BodyInput> inputs = await EventCheck.RequireAsync([input], new EventDecoder(), Token);
        string[] bodies = await BodyFile.ReadAsync(inputs, Token).Select(body => Encoding.UTF8.GetString(body.Body.Span)).ToArrayAsync(Token);

        Assert.Equal(Enumerable.Range(0, 50_000).Select(n => $"{{\"n\":{n}}}"), bodies);
    }

    [Theory]
    [InlineData("x\ny\n", "input holds no event that can be read; on line 1: neither JSON nor event XML")]
    [InlineData("\n\n[\n1\n]", "input holds no event that can be read; on line 4: ")]
    [InlineData("Obj\u0001", "input is an Avro file")]
    [InlineData("[\n]x", "input holds no event that can be read; on line 2: ")]
    public async Task A_file_without_events_is_named(string text, string message)
    {
        var input = new BodyInput("input", () => new MemoryStream(Encoding.UTF8.GetBytes(text)));

        BodyFileException exception = await Assert.ThrowsAsync<BodyFileException>(() => EventCheck.RequireAsync([input], new EventDecoder(), Token));

        Assert.StartsWith(message, exception.Message, StringComparison.Ordinal);
    }

    /// <summary>Of a long file only the beginning is looked at, and nothing is claimed of the rest.</summary>
    [Theory]
    [InlineData(EventCheck.MaxBodies - 1, false)]
    [InlineData(EventCheck.MaxBodies, true)]
    public async Task Only_the_beginning_is_looked_at(int lines, bool isRefused)
    {
        var input = new BodyInput("input", () => new MemoryStream(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("x\n", lines)) + "{}\n")));

        Task check = EventCheck.RequireAsync([input], new EventDecoder(), Token);

        if (isRefused)
        {
            BodyFileException exception = await Assert.ThrowsAsync<BodyFileException>(() => check);
            Assert.StartsWith("input holds no event that can be read among its first 10000 bodies; on line 1: ", exception.Message, StringComparison.Ordinal);
        }
        else
        {
            await check;
        }
    }

    /// <summary>Nobody wants the lines of a README as events, and nobody misses them unawares.</summary>
    [Fact]
    public async Task A_file_in_an_archive_without_events_is_left_out_and_named()
    {
        const string Event = "{\"n\":1}";
        string longText = string.Concat(Enumerable.Repeat("x\n", EventCheck.MaxBodies)) + Event;
        byte[] archive = Zip(("README", "Events\n======\n"), ("a", $"x\n{Event}\ny"), ("empty", "\n"), ("long", longText), ("avro", "Obj\u0001"), ("b", Event));
        var input = new BodyInput("zip", () => new MemoryStream(archive));

        BodyLine[] read = await EventCheck.ReadAsync([input, input with { Name = "again" }], new EventDecoder(), Token).ToArrayAsync(Token);

        Assert.Equal(["x", Event, "y", Event, "x", Event, "y", Event], read.Where(body => body.Fault is null).Select(body => Encoding.UTF8.GetString(body.Body.Span)));
        Assert.Equal(
            [
                "zip:README holds no event that can be read; on line 1: neither JSON nor event XML",
                "zip:long holds no event that can be read among its first 10000 bodies; on line 1: neither JSON nor event XML",
                "zip:avro is an Avro file",
                "again:README holds no event",
            ],
            read.Where(body => body.Fault is not null).Take(4).Select((body, index) => index < 2 ? body.Fault! : body.Fault![..(index == 2 ? 24 : 27)]));
        Assert.All(read.Where(body => body.Fault is not null), body => Assert.True(body.EndsSource));
    }

    private static byte[] Zip(params (string Name, string Text)[] files)
    {
        using var output = new MemoryStream();
        using (var archive = new ZipArchive(output, ZipArchiveMode.Create))
        {
            foreach ((string name, string text) in files)
            {
                using Stream entry = archive.CreateEntry(name).Open();
                entry.Write(Encoding.UTF8.GetBytes(text));
            }
        }

        return output.ToArray();
    }

    /// <summary>Gives what is left of a content, wherever it is opened.</summary>
    private sealed class Pipe(Stream content) : MemoryStream
    {
        public override bool CanSeek => false;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => content.ReadAsync(buffer, cancellationToken);
    }
}
