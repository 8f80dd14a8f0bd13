using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Storage.Model;
using SigmaFunctions.Telemetry.Events;

namespace SigmaFunctions.App.Detecting;

/// <summary>Reads the facts of an event from the fields that rules know, whichever source it came from.</summary>
internal static class FactReader
{
    private static readonly (AddressRole Role, string Ip, string Port)[] AddressFields =
    [
        (AddressRole.Source, "SourceIp", "SourcePort"),
        (AddressRole.Destination, "DestinationIp", "DestinationPort"),

        // Of logons in the Security log.
        (AddressRole.Source, "IpAddress", "IpPort"),
    ];

    /// <summary>The facts; null where there are none.</summary>
    public static EventFacts? Of(DecodedEvent decoded)
    {
        ImmutableArray<EventView> views = decoded.Event.Views;
        ImmutableArray<NetworkAddress> addresses =
        [
            .. AddressFields.Select(field => AddressOf(field.Role, Text(field.Ip), Text(field.Port))).OfType<NetworkAddress>().DistinctBy(address => address.Role),
        ];
        var facts = new EventFacts
        {
            Process = ProcessOf(Text("Image"), Text("CommandLine"), Text("ProcessId")),
            Parent = ProcessOf(Text("ParentImage"), Text("ParentCommandLine"), Text("ParentProcessId")),
            Hashes = HashesOf(Hash("md5", 32), Hash("sha1", 40), Hash("sha256", 64)),
            Addresses = addresses.IsEmpty ? default : addresses,
        };
        return facts is { Process: null, Parent: null, Hashes: null, Addresses.IsDefault: true } ? null : facts;

        string? Text(string field)
        {
            foreach (EventView view in views)
            {
                if (view.Fields.TryGetValue(field, out FieldValue? value) && value is { Kind: FieldValueKind.Text or FieldValueKind.Number, Text: { Length: > 0 } and not "-" })
                {
                    return value.Text;
                }
            }

            return null;
        }

        string? Hash(string field, int digits) =>
            (Text(field) ?? Text(field.ToUpperInvariant())) is { } text && text.Length == digits && text.All(char.IsAsciiHexDigit) ? text.ToLowerInvariant() : null;
    }

    private static ProcessFacts? ProcessOf(string? image, string? commandLine, string? id) =>
        image is null && commandLine is null ? null : new ProcessFacts(image, commandLine, id);

    private static FileHashes? HashesOf(string? md5, string? sha1, string? sha256) =>
        md5 is null && sha1 is null && sha256 is null ? null : new FileHashes(md5, sha1, sha256);

    // Numbers such as 10 are read as addresses too; a scope is of the sender alone.
    private static NetworkAddress? AddressOf(AddressRole role, string? ip, string? port) =>
        IPAddress.TryParse(ip, out IPAddress? address) && (ip.Contains(':', StringComparison.Ordinal) || ip.Count(character => character == '.') == 3)
            ? new NetworkAddress(
                role,
                (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : new IPAddress(address.GetAddressBytes())).ToString(),
                ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out ushort number) ? number : null)
            : null;
}
