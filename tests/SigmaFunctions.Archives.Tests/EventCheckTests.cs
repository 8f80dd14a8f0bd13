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

    /// <summary>Gives what is left of a content, wherever it is opened.</summary>
    private sealed class Pipe(Stream content) : MemoryStream
    {
        public override bool CanSeek => false;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => content.ReadAsync(buffer, cancellationToken);
    }
}
