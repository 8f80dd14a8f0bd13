using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.RuleSets;

namespace SigmaFunctions.Outputs.Model;

/// <summary>Reads outputs from settings <c>Outputs__NAME__*</c>. Lists are separated by <c>;</c>.</summary>
public sealed partial class OutputSettings
{
    /// <summary>Name of the section.</summary>
    public const string Section = "Outputs";

    /// <summary>Most outputs of one app.</summary>
    public const int MaxOutputs = 16;

    private const string UnresolvedReference = "@Microsoft.KeyVault(";
    private const string StandardKeyPrefix = "whsec_";
    private const int ShortestKey = 24;
    private const int MostBurst = 20;
    private const int MostPerMinute = 6_000;
    private static readonly TimeSpan LongestSuppression = TimeSpan.FromDays(7);
    private static readonly TimeSpan ShortestWindow = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestWindow = TimeSpan.FromHours(1);

    private static readonly FrozenSet<string> Common = Names("Type", "Format", "MinimumLevel", "Tags", "Products", "SuppressFor", "Parts", "MasksSecrets");
    private static readonly FrozenSet<string> OfWebhooks = Names("Url", "SigningKey", "AllowsPrivateAddresses", "BurstAfter", "BurstWindow", "MaximumPerMinute");
    private static readonly FrozenSet<string> OfSentinel = Names("Endpoint", "DataCollectionRuleId", "Stream");

    private readonly string _name;
    private readonly Dictionary<string, string> _values;
    private readonly List<string> _faults;

    private OutputSettings(string name, Dictionary<string, string> values, List<string> faults) => (_name, _values, _faults) = (name, values, faults);

    /// <summary>Reads all outputs.</summary>
    /// <param name="settings">Settings below the section: <c>NAME:Member</c> or <c>NAME__Member</c>, and their values.</param>
    /// <param name="faults">What is wrong, if anything: each names its setting, and shows no address and no secret.</param>
    /// <returns>The outputs by name; those that are wrong are left out.</returns>
    public static ImmutableArray<OutputOptions> Read(IEnumerable<KeyValuePair<string, string?>> settings, out ImmutableArray<string> faults)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var found = new List<string>();
        var byName = new SortedDictionary<string, Dictionary<string, string>>(StringComparer.Ordinal);
        foreach ((string key, string? value) in settings)
        {
            if (string.IsNullOrEmpty(value))
            {
                continue;
            }

            string[] parts = key.Replace("__", ":", StringComparison.Ordinal).Split(':');
            string name = parts[0].ToLowerInvariant();
            if (parts is not [_, var member] || !IsName(name))
            {
                found.Add($"{Section}__{string.Join("__", parts)} is no setting of an output: they are {Section}__NAME__MEMBER, and NAME is a letter and up to 23 more letters and digits, and not poison.");
                continue;
            }

            (byName.TryGetValue(name, out Dictionary<string, string>? values) ? values : byName[name] = new(StringComparer.OrdinalIgnoreCase))[member] = value.Trim();
        }

        if (byName.Count > MaxOutputs)
        {
            found.Add($"There are {byName.Count} outputs; one app has at most {MaxOutputs}.");
        }

        ImmutableArray<OutputOptions> outputs = [.. byName.Select(one => new OutputSettings(one.Key, one.Value, found).Read()).OfType<OutputOptions>()];
        faults = [.. found];
        return outputs;
    }

    /// <summary>Whether an output may have that name. What a consumer of the queue of alerts fails on is on the queue that <c>poison</c> would have.</summary>
    public static bool IsName(string name) => Name().IsMatch(name) && name != "poison";

    private OutputOptions? Read()
    {
        int before = _faults.Count;
        if (!TryEnum("Type", out OutputType type))
        {
            if (Text("Type") is null)
            {
                Fault("Type", $"is not set: it is one of {string.Join(", ", Enum.GetNames<OutputType>())}");
            }

            return null;
        }

        foreach (string member in _values.Keys.Where(member => !Common.Contains(member) && !(type == OutputType.Webhook ? OfWebhooks : OfSentinel).Contains(member)))
        {
            Fault(member, $"is no setting of an output of type {type}");
        }

        var options = new OutputOptions
        {
            Name = _name,
            Type = type,
            Format = ReadFormat(type),
            MinimumLevel = ReadLevel(),
            Selection = new RuleSelection { Tags = List("Tags"), Products = List("Products") },
            SuppressFor = ReadTime("SuppressFor", TimeSpan.Zero, TimeSpan.Zero, LongestSuppression),
            Parts = ReadParts(),
            MasksSecrets = ReadFlag("MasksSecrets", type == OutputType.Webhook),
        };
        options = type == OutputType.Webhook ? ReadWebhook(options) : ReadSentinel(options);
        return _faults.Count == before ? options : null;
    }

    private OutputOptions ReadWebhook(OutputOptions options) => options with
    {
        Url = ReadUrl(),
        SigningKey = ReadKey(),
        UnresolvedSecret = IsUnresolved("Url") ? SettingOf("Url") : IsUnresolved("SigningKey") ? SettingOf("SigningKey") : null,
        AllowsPrivateAddresses = ReadFlag("AllowsPrivateAddresses", false),
        BurstAfter = ReadNumber("BurstAfter", options.BurstAfter, MostBurst),
        BurstWindow = ReadTime("BurstWindow", options.BurstWindow, ShortestWindow, LongestWindow),
        MaximumPerMinute = ReadNumber("MaximumPerMinute", options.MaximumPerMinute, MostPerMinute),
    };

    private OutputOptions ReadSentinel(OutputOptions options)
    {
        Uri? endpoint = Uri.TryCreate(Text("Endpoint"), UriKind.Absolute, out Uri? address) && address.Scheme == Uri.UriSchemeHttps ? address : null;
        if (endpoint is null)
        {
            Fault("Endpoint", "must be the https address of the logs ingestion of a data collection rule or endpoint");
        }

        if (Text("DataCollectionRuleId") is not { } rule || !RuleId().IsMatch(rule))
        {
            Fault("DataCollectionRuleId", "must be the immutable id of a data collection rule: dcr- and 32 hex digits");
        }

        if (Text("Stream") is { } stream && !Stream().IsMatch(stream))
        {
            Fault("Stream", "must be the name of a stream of the data collection rule: Custom- and a table's name");
        }

        return options with { Endpoint = endpoint, DataCollectionRuleId = Text("DataCollectionRuleId"), Stream = Text("Stream") ?? OutputOptions.DefaultStream };
    }

    private OutputFormat ReadFormat(OutputType type)
    {
        OutputFormat standard = type == OutputType.Webhook ? OutputFormat.Alert : OutputFormat.Table;
        if (Text("Format") is null)
        {
            return standard;
        }

        OutputFormat[] possible = type == OutputType.Webhook
            ? [OutputFormat.Alert, OutputFormat.Slack, OutputFormat.Teams, OutputFormat.Ocsf]
            : [OutputFormat.Table, OutputFormat.Ocsf];
        if (TryEnum("Format", out OutputFormat format) && !possible.Contains(format))
        {
            Fault("Format", $"of an output of type {type} must be one of {string.Join(", ", possible)}");
        }

        return format;
    }

    private RuleLevel ReadLevel()
    {
        if (Text("MinimumLevel") is not { } text)
        {
            return RuleLevel.Informational;
        }

        if (RuleLevels.Parse(text) is { } level)
        {
            return level;
        }

        Fault("MinimumLevel", $"must be one of {string.Join(", ", RuleLevels.Names)}");
        return RuleLevel.Informational;
    }

    private ImmutableHashSet<AlertPart> ReadParts()
    {
        if (Text("Parts") is null)
        {
            return [.. Enum.GetValues<AlertPart>()];
        }

        ImmutableHashSet<AlertPart>.Builder parts = ImmutableHashSet.CreateBuilder<AlertPart>();
        foreach (string name in List("Parts"))
        {
            if (IsName<AlertPart>(name, out AlertPart part))
            {
                parts.Add(part);
            }
            else if (!name.Equals("None", StringComparison.OrdinalIgnoreCase))
            {
                Fault("Parts", $"must be None, or some of {string.Join(", ", Enum.GetNames<AlertPart>())}");
                break;
            }
        }

        return parts.ToImmutable();
    }

    private Uri? ReadUrl()
    {
        if (Text("Url") is not { } text)
        {
            Fault("Url", "is not set: it is the https address of the webhook, a secret");
            return null;
        }

        if (IsUnresolved("Url"))
        {
            return null;
        }

        if (Uri.TryCreate(text, UriKind.Absolute, out Uri? url) && url.Scheme == Uri.UriSchemeHttps && url.UserInfo.Length == 0 && url.Fragment.Length == 0)
        {
            return url;
        }

        Fault("Url", "must be an absolute https address without user and fragment");
        return null;
    }

    private ImmutableArray<byte> ReadKey()
    {
        if (Text("SigningKey") is not { } text || IsUnresolved("SigningKey"))
        {
            return [];
        }

        if (!text.StartsWith(StandardKeyPrefix, StringComparison.Ordinal))
        {
            if (text.Length < ShortestKey)
            {
                Fault("SigningKey", $"must have {ShortestKey} characters or more, or be {StandardKeyPrefix} and {ShortestKey} to 64 bytes in Base64");
            }

            return [.. Encoding.UTF8.GetBytes(text)];
        }

        byte[] key = new byte[text.Length];
        if (Convert.TryFromBase64String(text[StandardKeyPrefix.Length..], key, out int length) && length is >= ShortestKey and <= 64)
        {
            return [.. key.AsSpan(0, length)];
        }

        Fault("SigningKey", $"must be {StandardKeyPrefix} and {ShortestKey} to 64 bytes in Base64, or {ShortestKey} other characters or more");
        return [];
    }

    // The platform leaves a reference as it stands where the vault does not give the secret.
    private bool IsUnresolved(string member) => Text(member)?.StartsWith(UnresolvedReference, StringComparison.OrdinalIgnoreCase) ?? false;

    private bool ReadFlag(string member, bool otherwise)
    {
        if (Text(member) is not { } text)
        {
            return otherwise;
        }

        if (!bool.TryParse(text, out bool flag))
        {
            Fault(member, "must be true or false");
        }

        return flag;
    }

    private int ReadNumber(string member, int otherwise, int most)
    {
        if (Text(member) is not { } text)
        {
            return otherwise;
        }

        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) || number > most)
        {
            Fault(member, $"must be 0 to {most}");
        }

        return number;
    }

    private TimeSpan ReadTime(string member, TimeSpan otherwise, TimeSpan least, TimeSpan most)
    {
        if (Text(member) is not { } text)
        {
            return otherwise;
        }

        if (!TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out TimeSpan time) || time < least || time > most)
        {
            Fault(member, string.Create(CultureInfo.InvariantCulture, $"must be a time from {least:c} to {most:c}"));
        }

        return time;
    }

    private bool TryEnum<T>(string member, out T value)
        where T : struct, Enum
    {
        value = default;
        if (Text(member) is not { } text)
        {
            return false;
        }

        if (IsName(text, out value))
        {
            return true;
        }

        Fault(member, $"must be one of {string.Join(", ", Enum.GetNames<T>())}");
        return false;
    }

    private static bool IsName<T>(string text, out T value)
        where T : struct, Enum
    {
        value = default;
        return Enum.GetNames<T>().Contains(text, StringComparer.OrdinalIgnoreCase) && Enum.TryParse(text, ignoreCase: true, out value);
    }

    private string? Text(string member) => _values.GetValueOrDefault(member);

    private ImmutableArray<string> List(string member) =>
        [.. (Text(member) ?? "").Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)];

    private string SettingOf(string member) => $"{Section}__{_name}__{member}";

    private void Fault(string member, string what) => _faults.Add($"{SettingOf(member)} {what}.");

    private static FrozenSet<string> Names(params ReadOnlySpan<string> names) => FrozenSet.Create(StringComparer.OrdinalIgnoreCase, names);

    [GeneratedRegex(@"^[a-z][a-z0-9]{0,23}\z")]
    private static partial Regex Name();

    [GeneratedRegex(@"^dcr-[0-9a-f]{32}\z")]
    private static partial Regex RuleId();

    [GeneratedRegex(@"^Custom-[A-Za-z][A-Za-z0-9_]{0,59}\z")]
    private static partial Regex Stream();
}
