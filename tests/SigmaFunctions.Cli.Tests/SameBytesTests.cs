using System.IO.Compression;
using System.Text;
using Azure.Messaging.EventHubs.Consumer;
using Azure.Messaging.EventHubs.Primitives;
using SigmaFunctions.LocalHost.EventHubs;
using SigmaFunctions.LocalHost.Sending;

namespace SigmaFunctions.Cli.Tests;

/// <summary><c>sigmaf send</c> and LocalHost send the same events of a file, over AMQP.</summary>
public sealed class SameBytesTests : IDisposable
{
    private const string Xml = "<Event><System><EventID>1</EventID></System></Event>";
    private const string Json = "{\"n\":1}\n{\"n\":2}\n";

    private readonly EventHubsEndpoint _hub = EventHubsEndpoint.Start(
        new EventHubsEndpointOptions { Port = 0, Hubs = [new EventHubDefinition("command", 1), new EventHubDefinition("local", 1)] });

    private readonly CommandLine _cli = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string, byte[], string[]> Files => new()
    {
        { "plain.ndjson", Bytes(Json), ["{\"n\":1}", "{\"n\":2}"] },
        { "no-final-newline.ndjson", Bytes("{\"n\":1}\n{\"n\":2}"), ["{\"n\":1}", "{\"n\":2}"] },
        { "crlf.ndjson", Bytes("{\"n\":1}\r\n{\"n\":2}\r\n"), ["{\"n\":1}\r", "{\"n\":2}\r"] },
        { "blank-lines.ndjson", Bytes("\n{\"n\":1}\n\r\n \t\n{\"n\":2}\n\n"), ["{\"n\":1}", "{\"n\":2}"] },
        { "mark.ndjson", Bytes("\uFEFF" + Json), ["{\"n\":1}", "{\"n\":2}"] },
        { "packed.ndjson.gz", Gzip(Bytes(Json)), ["{\"n\":1}", "{\"n\":2}"] },
        { "packed.ndjson", Gzip(Bytes(Json)), ["{\"n\":1}", "{\"n\":2}"] },
        { "plain.gz", Bytes(Json), ["{\"n\":1}", "{\"n\":2}"] },
        { "utf-16.ndjson", Encoding.Unicode.GetBytes("\uFEFF{\"n\":\"Œ\"}\r\n{\"n\":2}"), ["{\"n\":\"Œ\"}\r", "{\"n\":2}"] },
        { "array.json", Bytes("[{\"n\":1},\n{\"n\":2}]\n"), ["{\"n\":1}", "{\"n\":2}"] },
        { "pretty.json", Bytes("{\n \"n\": 1\n}\n{\n \"n\": 2\n}\n"), ["{\n \"n\": 1\n}", "{\n \"n\": 2\n}"] },
        { "events.xml", Bytes("<Events>\n" + Xml + "\n</Events>\n"), [Xml] },
        { "latin-1.txt", Encoding.Latin1.GetBytes("{}\nthé"), ["{}", "th\u00E9"] },
    };

    public void Dispose()
    {
        _cli.Dispose();
        _hub.Dispose();
    }

    [Theory]
    [MemberData(nameof(Files), DisableDiscoveryEnumeration = true)]
    public async Task The_command_and_LocalHost_send_the_same(string name, byte[] content, string[] bodies)
    {
        string file = _cli.Write(name, content);
        Encoding encoding = name == "latin-1.txt" ? Encoding.Latin1 : Encoding.UTF8;

        CommandLine.Outcome outcome = await _cli.RunAsync(["send", file, "--connection", _hub.ConnectionString, "--hub", "command"], cancellationToken: Token);
        var sender = new EventSender(_hub.ConnectionString, "local", batchSize: 2, (_, _) => Task.CompletedTask);
        await sender.SendAsync(EventFile.ReadAsync(file), Token);

        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Errors));
        Assert.Equal(bodies, (await ReceiveAsync("command", bodies.Length)).Select(encoding.GetString));
        Assert.Equal(bodies, (await ReceiveAsync("local", bodies.Length)).Select(encoding.GetString));
        Assert.Equal([bodies.Length, bodies.Length], new[] { "command", "local" }.Select(hub => _hub.GetPartitions(hub).Single().LastSequenceNumber + 1));
    }

    [Fact]
    public async Task Both_leave_out_a_line_that_is_longer_than_any_body_and_say_so()
    {
        byte[] content = new byte[(64 << 20) + 5];
        Array.Fill(content, (byte)' ');
        content[0] = (byte)'a';
        "\n{}"u8.CopyTo(content.AsSpan(content.Length - 3));
        string file = _cli.Write("long.ndjson", content);

        CommandLine.Outcome outcome = await _cli.RunAsync(["send", file, "--connection", _hub.ConnectionString, "--hub", "command"], cancellationToken: Token);
        var sender = new EventSender(_hub.ConnectionString, "local", batchSize: 2, (_, _) => Task.CompletedTask);
        await sender.SendAsync(EventFile.ReadAsync(file), Token);

        Assert.Equal((1, $"sigmaf: {file}:1: the line is longer than 64 MiB"), (outcome.ExitCode, outcome.Errors.TrimEnd()));
        Assert.Equal([$"{file}:1: the line is longer than 64 MiB"], sender.Faults);
        Assert.Equal((0, 1), (sender.TooLarge, sender.Sent));
        Assert.Equal("{}", Encoding.UTF8.GetString(Assert.Single(await ReceiveAsync("command", 1))));
        Assert.Equal("{}", Encoding.UTF8.GetString(Assert.Single(await ReceiveAsync("local", 1))));
    }

    /// <summary>However many places cannot be read, only the first are kept to be told.</summary>
    [Fact]
    public async Task LocalHost_counts_places_that_cannot_be_read()
    {
        string file = _cli.Write("broken.json", string.Concat(Enumerable.Repeat("[\n{}\n}\n", 30)));
        var sender = new EventSender(_hub.ConnectionString, "local", batchSize: 2, (_, _) => Task.CompletedTask);

        await sender.SendAsync(EventFile.ReadAsync(file), Token);

        Assert.Equal((30, 20), (sender.Unreadable, sender.Faults.Count));
        Assert.StartsWith($"{file}:3: the JSON document", sender.Faults[0], StringComparison.Ordinal);
    }

    private async Task<List<byte[]>> ReceiveAsync(string hub, int count)
    {
        await using var receiver = new PartitionReceiver(EventHubDefinition.DefaultConsumerGroup, "0", EventPosition.Earliest, _hub.ConnectionString, hub);
        var received = new List<byte[]>();
        while (received.Count < count && await receiver.ReceiveBatchAsync(count - received.Count, TimeSpan.FromSeconds(5), Token) is var batch && batch.Any())
        {
            received.AddRange(batch.Select(data => data.EventBody.ToArray()));
        }

        return received;
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static byte[] Gzip(byte[] content)
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
        {
            gzip.Write(content);
        }

        return packed.ToArray();
    }
}
