using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.Storage.Alerts;

/// <summary>The notification of a detection, as it is put on the queue <c>alerts</c> (JSON; schema in docs/alert.schema.json).</summary>
public sealed record Alert
{
    /// <summary>Version of the schema that this code writes.</summary>
    public const int CurrentSchemaVersion = 1;

    /// <summary>Bytes that the JSON of an alert stays under: a quarter of a queue message, whichever way it is encoded.</summary>
    public const int MaxSize = 16 * 1024;

    /// <summary>Most characters of the address of a rule's page. A longer one is left out, since half an address leads nowhere.</summary>
    public const int MaxPageLength = 200;

    /// <summary>Most fields that an alert tells of what made the rule match.</summary>
    public const int MaxFields = 20;

    // Most UTF-16 units of values and command lines, of which the first is taken with which all has room; then there are none.
    private static readonly ImmutableArray<int> DetailLengths = [1_024, 512, 256, 128, 64];

    // In UTF-16 units, each of which takes at most six bytes of JSON: together under MaxSize.
    private const int MaxText = 256;
    private const int MaxShortText = 64;
    private const int MaxTags = 1_000;
    private const int MaxTechniques = 10;

    // Of a correlation's alert, so that there is room for what the correlation detected.
    private const int MaxTagsOfCorrelation = 400;

    /// <summary>Version of the schema this alert was written with.</summary>
    [JsonRequired]
    public int SchemaVersion { get; init; } = CurrentSchemaVersion;

    /// <summary>Id of the detection, and of this alert however often it is sent.</summary>
    public required string Id { get; init; }

    /// <summary>What it tells.</summary>
    public AlertKind Kind { get; init; }

    /// <summary>The rule that matched.</summary>
    public required AlertRule Rule { get; init; }

    /// <summary>When the event happened; null where the source does not say.</summary>
    public DateTimeOffset? EventTime { get; init; }

    /// <summary>Host the event happened on.</summary>
    public string? Host { get; init; }

    /// <summary>Account it happened under.</summary>
    public string? User { get; init; }

    /// <summary>Entra tenant, where known.</summary>
    public string? TenantId { get; init; }

    /// <summary>Detections of this rule that had no alert of their own since the last one, about: they are in the table.</summary>
    public int HeldBack { get; init; }

    /// <summary>Until when (UTC) the rule's detections, those on <see cref="MutedOn"/>, are recorded without alerts; null where it is not muted.</summary>
    public DateTimeOffset? MutedUntil { get; init; }

    /// <summary>Where it is muted until then; null where it is not, and in alerts of versions that muted a rule everywhere and did not say so.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public MuteScope? MutedOn { get; init; }

    /// <summary>Further matches of this rule in the same message that were only counted, not recorded; 0 for nearly all.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Omitted { get; init; }

    /// <summary>What made the rule match, up to <see cref="MaxFields"/>; empty where the row does not say, and in alerts of versions that did not tell.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public ImmutableArray<AlertField> Fields { get; init; }

    /// <summary>The process that acted.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ProcessFacts? Process { get; init; }

    /// <summary>The process that started it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ProcessFacts? Parent { get; init; }

    /// <summary>Hashes of the file that the event is about.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public FileHashes? Hashes { get; init; }

    /// <summary>IP addresses of the connection, or logon.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public ImmutableArray<NetworkAddress> Addresses { get; init; }

    /// <summary>What the correlation detected that is the rule; null for a rule that looks at events one by one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public AlertCorrelation? Correlation { get; init; }

    /// <summary>Where the whole detection is.</summary>
    public required AlertPointer Detection { get; init; }

    /// <summary>Makes the alert of a detection that is recorded in <paramref name="table"/>.</summary>
    /// <param name="detection">The detection.</param>
    /// <param name="table">Name of the table.</param>
    /// <param name="page">Address of the rule's page, up to <see cref="MaxPageLength"/> characters; null where it has none.</param>
    public static Alert From(Detection detection, string table, string? page = null)
    {
        ArgumentNullException.ThrowIfNull(detection);
        DetectionId id = detection.Id;
        return new Alert
        {
            Id = id.Value,
            Rule = new AlertRule(detection.RuleId, detection.RuleTitle, detection.RuleAuthor, detection.Level, detection.Tags, page),
            EventTime = detection.EventTime,
            Host = detection.Host,
            User = detection.User,
            TenantId = detection.TenantId,
            Omitted = detection.Omitted,
            Fields = detection.Fields.IsDefaultOrEmpty ? default : [.. detection.Fields.Take(MaxFields).Select(field => new AlertField(field.Field, field.Value))],
            Process = detection.Facts?.Process,
            Parent = detection.Facts?.Parent,
            Hashes = detection.Facts?.Hashes,
            Addresses = detection.Facts?.Addresses ?? default,
            Correlation = detection.Correlation is { } correlation ? AlertCorrelation.From(correlation) : null,
            Detection = new AlertPointer(table, id.PartitionKey, id.RowKey),
        };
    }

    /// <summary>Reads an alert from its JSON; members that this version does not know are passed over.</summary>
    /// <exception cref="JsonException">The text is not an alert.</exception>
    public static Alert Parse(ReadOnlySpan<byte> utf8Json)
    {
        Alert alert = JsonSerializer.Deserialize(utf8Json, AlertJson.Default.Alert) ?? throw new JsonException("An alert is an object.");
        return alert.SchemaVersion >= 1 && !alert.Rule.Tags.IsDefault
            ? alert
            : throw new JsonException("An alert has a schemaVersion from 1 and a list of tags.");
    }

    /// <summary>
    /// The alert as UTF-8 JSON, always under <see cref="MaxSize"/>: texts that are too long are cut and end with
    /// <c>…[truncated]</c>, values of a group with a hash. The detection has them in full. Where there is no room, what the event tells is cut shorter and
    /// then left out, and of what a correlation detected events are.
    /// </summary>
    public byte[] ToJson()
    {
        Alert bounded = this with
        {
            Rule = new AlertRule(
                BoundedText.Cut(Rule.Id, MaxText),
                BoundedText.Cut(Rule.Title, MaxText),
                Bounded(Rule.Author, MaxText),
                Bounded(Rule.Level, MaxShortText),
                BoundedTags(Rule.Tags, Correlation is null ? MaxTags : MaxTagsOfCorrelation),
                Rule.Page?.Length <= MaxPageLength ? Rule.Page : null)
            {
                Techniques = Rule.Techniques.IsDefaultOrEmpty ? default : [.. Rule.Techniques.Take(MaxTechniques)],
            },
            Host = Bounded(Host, MaxText),
            User = Bounded(User, MaxText),
            TenantId = Bounded(TenantId, MaxShortText),
        };
        IEnumerable<Alert> detailed = DetailLengths.Select(longest => bounded.WithDetails(longest) with { Correlation = Correlation?.Bounded().First() });
        Alert plain = bounded with { Fields = default, Process = null, Parent = null, Hashes = null, Addresses = default };
        IEnumerable<Alert> shorter = Correlation is null ? [plain] : Correlation.Bounded().Select(correlation => plain with { Correlation = correlation });
        return detailed.Concat(shorter).Select(alert => JsonSerializer.SerializeToUtf8Bytes(alert, AlertJson.Default.Alert)).FirstOrDefault(json => json.Length < MaxSize)
            ?? throw new InvalidOperationException("The id or the keys of this alert are not those of a detection: they are too long.");
    }

    private Alert WithDetails(int longest)
    {
        var facts = new EventFacts { Process = Process, Parent = Parent };
        facts = facts.Cut(longest);
        return this with
        {
            Fields = Fields.IsDefaultOrEmpty
                ? default
                : [.. Fields.Take(MaxFields).Select(field => new AlertField(BoundedText.Cut(BoundedText.Clean(field.Field), MaxShortText), BoundedText.Cut(BoundedText.Clean(field.Value), longest)))],
            Process = facts.Process,
            Parent = facts.Parent,
        };
    }

    private static string? Bounded(string? text, int maximum) => text is null ? null : BoundedText.Cut(text, maximum);

    private static ImmutableArray<string> BoundedTags(ImmutableArray<string> tags, int room)
    {
        const int separators = 3;
        if (tags.IsDefaultOrEmpty)
        {
            return [];
        }

        ImmutableArray<string>.Builder bounded = ImmutableArray.CreateBuilder<string>();
        foreach (string tag in tags)
        {
            string text = BoundedText.Cut(tag, MaxText);
            room -= text.Length + separators;
            if (room < 0)
            {
                bounded.Add(BoundedText.Mark);
                break;
            }
            bounded.Add(text);
        }
        return bounded.ToImmutable();
    }
}

/// <summary>What an alert tells.</summary>
public enum AlertKind
{
    /// <summary>A rule matched.</summary>
    [JsonStringEnumMemberName("detection")]
    Detection,

    /// <summary>A rule matched so often that it is muted for a while; the detection is one of them.</summary>
    [JsonStringEnumMemberName("ruleMuted")]
    RuleMuted,
}

/// <summary>Where a rule is muted.</summary>
public enum MuteScope
{
    /// <summary>On the host of the detection.</summary>
    [JsonStringEnumMemberName("host")]
    Host,

    /// <summary>On all hosts.</summary>
    [JsonStringEnumMemberName("everywhere")]
    Everywhere,
}

/// <summary>The rule in an alert.</summary>
/// <param name="Id">Rule id.</param>
/// <param name="Title">Title.</param>
/// <param name="Author">Who wrote it, as rule licences ask to be told; null where it does not say.</param>
/// <param name="Level">Level as written.</param>
/// <param name="Tags">Tags.</param>
/// <param name="Page">Address of its page in a catalogue of rules; null where none is configured.</param>
public sealed record AlertRule(string Id, string Title, string? Author, string? Level, ImmutableArray<string> Tags, string? Page = null)
{
    /// <summary>The techniques that its tags name, as ATT&amp;CK has them now; empty where there are none, and in alerts of versions that did not tell.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public ImmutableArray<AlertTechnique> Techniques { get; init; }
}

/// <summary>A technique of ATT&amp;CK.</summary>
/// <param name="Id">Id, such as <c>T1059.007</c>.</param>
/// <param name="Name">Name, such as <c>Command and Scripting Interpreter: JavaScript</c>.</param>
public sealed record AlertTechnique(string Id, string Name);

/// <summary>A pointer to a row of the detections table.</summary>
/// <param name="Table">Table name.</param>
/// <param name="PartitionKey">Partition key.</param>
/// <param name="RowKey">Row key.</param>
public sealed record AlertPointer(string Table, string PartitionKey, string RowKey);
