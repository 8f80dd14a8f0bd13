using System.Globalization;
using System.Text.Json;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.Cli.Storing;

/// <summary>What a detection's event is about, for people and tools.</summary>
internal static class FactsOutput
{
    /// <summary>Writes the members that alerts have (docs/alert.schema.json), each where there is one.</summary>
    public static void WriteJson(Utf8JsonWriter writer, EventFacts facts)
    {
        WriteProcess(writer, "process", facts.Process);
        WriteProcess(writer, "parent", facts.Parent);
        if (facts.Hashes is { } hashes)
        {
            writer.WriteStartObject("hashes");
            WriteText(writer, "md5", hashes.Md5);
            WriteText(writer, "sha1", hashes.Sha1);
            WriteText(writer, "sha256", hashes.Sha256);
            writer.WriteEndObject();
        }

        if (!facts.Addresses.IsDefaultOrEmpty)
        {
            writer.WriteStartArray("addresses");
            foreach (NetworkAddress address in facts.Addresses)
            {
                writer.WriteStartObject();
                writer.WriteString("role", NameOf(address.Role));
                writer.WriteString("ip", address.Ip);
                if (address.Port is { } port)
                {
                    writer.WriteNumber("port", port);
                }

                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }
    }

    /// <summary>The lines of a detection's text.</summary>
    public static IEnumerable<(string Name, string? Value)> Lines(EventFacts facts) =>
    [
        ("process", TextOf(facts.Process)),
        ("command", facts.Process?.CommandLine),
        ("parent", TextOf(facts.Parent)),
        ("  command", facts.Parent?.CommandLine),
        ("hashes", facts.Hashes is { } hashes
            ? string.Join(' ', new[] { ("md5", hashes.Md5), ("sha1", hashes.Sha1), ("sha256", hashes.Sha256) }.Where(hash => hash.Item2 is not null).Select(hash => $"{hash.Item1} {hash.Item2}"))
            : null),
        ("addresses", facts.Addresses.IsDefaultOrEmpty ? null : string.Join(", ", facts.Addresses.Select(address => $"{NameOf(address.Role)} {TextOf(address)}"))),
    ];

    private static void WriteProcess(Utf8JsonWriter writer, string name, ProcessFacts? process)
    {
        if (process is null)
        {
            return;
        }

        writer.WriteStartObject(name);
        WriteText(writer, "image", process.Image);
        WriteText(writer, "commandLine", process.CommandLine);
        WriteText(writer, "id", process.Id);
        writer.WriteEndObject();
    }

    private static void WriteText(Utf8JsonWriter writer, string name, string? text)
    {
        if (text is not null)
        {
            writer.WriteString(name, text);
        }
    }

    private static string NameOf(AddressRole role) => role == AddressRole.Source ? "source" : "destination";

    private static string TextOf(ProcessFacts? process) => process switch
    {
        null => "",
        { Id: null } => process.Image ?? "",
        _ => $"{process.Image} ({process.Id})".Trim(),
    };

    private static string TextOf(NetworkAddress address) => address.Port is not { } port
        ? address.Ip
        : string.Create(CultureInfo.InvariantCulture, $"{(address.Ip.Contains(':', StringComparison.Ordinal) ? $"[{address.Ip}]" : address.Ip)}:{port}");
}
