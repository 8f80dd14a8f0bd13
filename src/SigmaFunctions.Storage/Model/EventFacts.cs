using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace SigmaFunctions.Storage.Model;

/// <summary>What people want to know of an event at a glance, and what other systems find it by; each member where the event has it.</summary>
public sealed record EventFacts
{
    /// <summary>The process that acted; of a start the one that was started.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ProcessFacts? Process { get; init; }

    /// <summary>The process that started it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ProcessFacts? Parent { get; init; }

    /// <summary>Hashes of the file: of a start the program's, otherwise that of the file which the event is about.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public FileHashes? Hashes { get; init; }

    /// <summary>The IP addresses of a connection or a logon, each role once.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public ImmutableArray<NetworkAddress> Addresses { get; init; }

    /// <summary>Number of UTF-16 units of its texts.</summary>
    [JsonIgnore]
    public int Length => Texts.Sum(text => text?.Length ?? 0);

    private IEnumerable<string?> Texts => [Process?.Image, Process?.CommandLine, Process?.Id, Parent?.Image, Parent?.CommandLine, Parent?.Id, Hashes?.Md5, Hashes?.Sha1, Hashes?.Sha256];

    /// <summary>The same, with texts of a length at most; those that are longer end with <c>…[truncated]</c>.</summary>
    /// <param name="longest">Most UTF-16 units of a command line, and of any other text a quarter of that, at least 32.</param>
    public EventFacts Cut(int longest) => new()
    {
        Process = Process?.Cut(longest),
        Parent = Parent?.Cut(longest),
        Hashes = Hashes,
        Addresses = Addresses,
    };
}

/// <summary>A process.</summary>
/// <param name="Image">Path of its program.</param>
/// <param name="CommandLine">Its command line.</param>
/// <param name="Id">Its number, as the source writes it.</param>
public sealed record ProcessFacts(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Image = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? CommandLine = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Id = null)
{
    private const int MaxId = 32;

    internal ProcessFacts Cut(int longest) => new(Cut(Image, Math.Max(MaxId, longest / 4)), Cut(CommandLine, longest), Cut(Id, MaxId));

    private static string? Cut(string? text, int longest) => text is null ? null : BoundedText.Clean(BoundedText.Cut(text, longest));
}

/// <summary>Hashes of a file, in lower-case hex digits.</summary>
/// <param name="Md5">32 digits.</param>
/// <param name="Sha1">40 digits.</param>
/// <param name="Sha256">64 digits.</param>
public sealed record FileHashes(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Md5 = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Sha1 = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Sha256 = null);

/// <summary>An address of a connection.</summary>
/// <param name="Role">Whose it is.</param>
/// <param name="Ip">The address, IPv4 or IPv6, as .NET writes it.</param>
/// <param name="Port">The port, 0 to 65,535; null where it is not stated.</param>
public sealed record NetworkAddress(AddressRole Role, string Ip, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Port = null);

/// <summary>Whose address it is.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<AddressRole>))]
public enum AddressRole
{
    /// <summary>Of who connects, or logs on.</summary>
    [JsonStringEnumMemberName("source")]
    Source,

    /// <summary>Of who is connected to.</summary>
    [JsonStringEnumMemberName("destination")]
    Destination,
}
