using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Azure.Storage.Blobs;
using Azure.Storage.Queues.Models;
using SigmaFunctions.LocalHost.Trigger;
using SigmaFunctions.LocalHost.Worker;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.DeadLetters;
using SigmaFunctions.Storage.Detections;
using SigmaFunctions.Storage.Model;
using SigmaFunctions.Tests;

namespace SigmaFunctions.EndToEnd.Tests;

/// <summary>
/// Values that try to break out of where they are put, each as host, user and command line of an event that a rule matches. All went
/// through one worker; each has a token in it that must show up nowhere but in its detection.
/// </summary>
public sealed class HostileRun : IAsyncLifetime
{
    /// <summary>What stands in every value, and in every body that cannot be read.</summary>
    public const string Token = "zqtoken";

    private const string Rule = """
        title: Marked process
        id: 11111111-1111-4111-8111-111111111111
        level: high
        logsource: {category: process_creation, product: windows}
        detection:
            selection:
                CommandLine|contains: zqtoken
            condition: selection
        """;

    private readonly ConcurrentQueue<WorkerLogLine> _log = new();
    private LocalDeployment? _deployment;

    /// <summary>The values, by what they are.</summary>
    public static IReadOnlyDictionary<string, string> Values { get; } = new Dictionary<string, string>
    {
        ["control characters"] = string.Concat(Enumerable.Range(1, 31).Select(code => (char)code)) + "\u007f\u0080\u009b",
        ["NUL"] = "a\0b",
        ["escape sequences"] = "\u001b]0;title\u0007\u001b[2J\u009b31m",
        ["bytes that are not UTF-8"] = "\ufffd(\ufffd\ufffda",
        ["a high surrogate alone"] = "a\ud800b",
        ["a low surrogate alone"] = "\udc00",
        ["surrogates the wrong way round"] = "\udc00\ud800",
        ["what XML has no form for"] = "\ufffe\uffff",
        ["overrides of direction"] = "\u202egpj.exe\u202c\u2066x\u2069\u200f\u061c",
        ["line ends of Unicode"] = "a\u2028b\u2029c\u0085d",
        ["line ends"] = "ws01\r\n2026-11-26 critical forged line\n",
        ["tabs"] = "a\tb\vc\f",
        ["markup"] = "<script>alert(1)</script><!--]]>&amp;<?xml?>",
        ["console markup"] = "[red]x[/] [link=https://example.org]y[/]",
        ["a formula"] = "=cmd|'/c calc'!A1",
        ["another formula"] = "@SUM(1+1)*cmd|' /C calc'!A0",
        ["what keys may not hold"] = @"a/b\c#d?e%2f'f''g",
        ["a filter"] = "' or PartitionKey ne '",
        ["a format"] = "{0} {Partition} %s %n ${jndi:ldap://x}",
        ["quotes"] = "\"\\\"'`",
        ["64 KB"] = new string('x', 64 * 1024),
        ["100,000 characters of more than one byte"] = new string('€', 100_000),
        ["20,000 pairs"] = string.Concat(Enumerable.Repeat("😀", 20_000)),
        ["20,000 control characters"] = new string('\u0001', 20_000),
    };

    /// <summary>Bodies, or records, that cannot be read.</summary>
    public static IReadOnlyDictionary<string, byte[]> Unreadable { get; } = new Dictionary<string, byte[]>
    {
        ["a very deep array"] = Encoding.UTF8.GetBytes("{\"a\":" + new string('[', 100_000) + Token),
        ["a very deep object"] = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("{\"zqtoken\":", 20_000))),
        ["escape sequences"] = Encoding.UTF8.GetBytes("\u001b]0;zqtoken\u0007"),
        ["a log line"] = Encoding.UTF8.GetBytes("2026-11-26 critical zqtoken\n2026-11-26 critical zqtoken"),
    };

    /// <summary>Detections by what their value is.</summary>
    internal ImmutableDictionary<string, Detection> Detections { get; private set; } = ImmutableDictionary<string, Detection>.Empty;

    /// <summary>The texts of queue messages, Base64 as they were sent, by detection.</summary>
    internal ImmutableDictionary<DetectionId, string> Messages { get; private set; } = ImmutableDictionary<DetectionId, string>.Empty;

    /// <summary>Contents of the dead letters.</summary>
    internal ImmutableArray<byte[]> Letters { get; private set; } = [];

    /// <summary>What the worker logged at the default level.</summary>
    internal IReadOnlyCollection<WorkerLogLine> Log => _log;

    /// <summary>Connection string of the storage account.</summary>
    public string StorageConnection => _deployment!.StorageConnection;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _deployment = await LocalDeployment.StartAsync(Rule, log: _log.Enqueue);
        foreach (string value in Values.Values)
        {
            await _deployment.SendAsync(Event(value, Token + value));
        }

        foreach (byte[] body in Unreadable.Values)
        {
            await _deployment.SendAsync(body);
        }

        EventHubsTrigger trigger = _deployment.CreateTrigger();
        await LocalDeployment.ProcessAsync(trigger, Values.Count + Unreadable.Count);
        await ReadAsync(_deployment);
    }

    public async ValueTask DisposeAsync()
    {
        if (_deployment is not null)
        {
            await _deployment.DisposeAsync();
        }
    }

    // Surrogates go as escapes, and U+FFFD as a byte that is no UTF-8: it is what is read of one.
    private static byte[] Event(string name, string commandLine)
    {
        string json = $$"""{"category":"process_creation","product":"windows","Computer":"{{Escaped(name + Token)}}","User":"{{Escaped(name + Token)}}","CommandLine":"{{Escaped(commandLine)}}"}""";
        string[] parts = json.Split('\ufffd');
        return [.. Encoding.UTF8.GetBytes(parts[0]), .. parts.Skip(1).SelectMany(part => Encoding.UTF8.GetBytes(part).Prepend((byte)0xFF))];
    }

    private static string Escaped(string text) => string.Concat(text.Select(character =>
        character is < ' ' or '"' or '\\' || char.IsSurrogate(character) ? $"\\u{(int)character:x4}" : character.ToString()));

    private async Task ReadAsync(LocalDeployment deployment)
    {
        string[] names = [.. Values.Keys];
        var originals = new OriginalStore(new BlobContainerClient(deployment.StorageConnection, OriginalStore.DefaultName));
        var table = new DetectionTable(deployment.Table, originals: originals);
        List<Detection> detections = await deployment.Table.ReadDetectionsAsync(Cancelled);
        Detections = detections.ToImmutableDictionary(detection => names[detection.Identity.ByKind(hub => hub.SequenceNumber)]);

        var raw = new Azure.Storage.Queues.QueueClient(deployment.StorageConnection, AlertQueue.DefaultName);
        var messages = new List<string>();
        while ((await raw.ReceiveMessagesAsync(32, TimeSpan.FromHours(1), Cancelled)).Value is { Length: > 0 } some)
        {
            foreach (QueueMessage message in some)
            {
                messages.Add(message.Body.ToString());
            }
        }

        Messages = messages.ToImmutableDictionary(message => new DetectionId(
            JsonDocument.Parse(Convert.FromBase64String(message)).RootElement.GetProperty("id").GetString()!));

        var letters = new DeadLetterStore(new BlobContainerClient(deployment.StorageConnection, DeadLetterStore.DefaultName));
        var contents = new List<byte[]>();
        await foreach (StoredDeadLetter letter in letters.ListAsync(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1), Cancelled))
        {
            contents.Add((await letters.ReadAsync(letter.Name, Cancelled))!.ToArray());
        }

        Letters = [.. contents];
    }
}
