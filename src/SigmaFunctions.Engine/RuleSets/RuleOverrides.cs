using System.Collections.Frozen;
using System.Globalization;
using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.Rules;
using SigmaFunctions.Engine.Yaml;

namespace SigmaFunctions.Engine.RuleSets;

/// <summary>What a deployment changes about a rule without editing it.</summary>
public sealed record RuleOverride
{
    /// <summary>Whether the rule runs.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>Level in place of the rule's own; null keeps that.</summary>
    public string? Level { get; init; }

    /// <summary>For how long an alert of the rule stands for those that follow on the same entity; null where nothing is said.</summary>
    public TimeSpan? SuppressFor { get; init; }
}

/// <summary>
/// The file in which a deployment changes rules without editing them: a YAML map of rule ids.
/// <code>
/// 6640f31c-01ad-49b5-beb5-83498a5cd8bd: { level: medium, suppressFor: 4h }
/// 5af54681-df95-4c26-854f-2565e13cfab0: { enabled: false }
/// </code>
/// <c>suppressFor</c> is a number and <c>s</c>, <c>m</c>, <c>h</c> or <c>d</c>, up to seven days; 0s is none.
/// </summary>
public sealed class RuleOverrides
{
    private static readonly TimeSpan LongestSuppression = TimeSpan.FromDays(7);

    private readonly FrozenDictionary<string, RuleOverride> _overrides;

    private RuleOverrides(FrozenDictionary<string, RuleOverride> overrides) => _overrides = overrides;

    /// <summary>No override.</summary>
    public static RuleOverrides None { get; } = new(FrozenDictionary<string, RuleOverride>.Empty);

    /// <summary>Number of rules that are changed.</summary>
    public int Count => _overrides.Count;

    /// <summary>The ids of rules that are changed.</summary>
    public IEnumerable<string> Ids => _overrides.Keys;

    /// <summary>What is changed about a rule; null where nothing is.</summary>
    public RuleOverride? this[string ruleId] => _overrides.GetValueOrDefault(ruleId);

    /// <summary>Reads a file.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">The file is not of this form; the message names each place.</exception>
    public static RuleOverrides Load(string path) => Parse(new RuleFile(path, File.ReadAllText(path)));

    /// <summary>Reads a file already in memory.</summary>
    /// <exception cref="InvalidDataException">The file is not of this form; the message names each place.</exception>
    public static RuleOverrides Parse(RuleFile file)
    {
        var overrides = new Dictionary<string, RuleOverride>(StringComparer.OrdinalIgnoreCase);
        var faults = new List<string>();
        foreach (YamlDocument document in YamlDocumentReader.Read(file))
        {
            faults.AddRange(document.Diagnostics.Diagnostics.Select(diagnostic => diagnostic.ToString()));
            if (document.Root is not YamlMapping map)
            {
                if (!document.Diagnostics.HasErrors && document.Root is not YamlScalar { IsNull: true })
                {
                    faults.Add(Fault(file, document.Root, "A file of overrides is a map of rule ids."));
                }

                continue;
            }

            foreach ((YamlScalar? id, YamlNode? value) in map.Entries)
            {
                if (!overrides.TryAdd(id.Value, Read(file, id, value, faults)))
                {
                    faults.Add(Fault(file, id, $"The rule '{Shortened.Of(id.Value)}' is already changed above."));
                }
            }
        }

        return faults.Count == 0
            ? new RuleOverrides(overrides.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase))
            : throw new InvalidDataException(string.Join(Environment.NewLine, faults));
    }

    private static RuleOverride Read(RuleFile file, YamlScalar id, YamlNode value, List<string> faults)
    {
        var result = new RuleOverride();
        if (value is not YamlMapping map)
        {
            faults.Add(Fault(file, value, $"What is changed about the rule '{Shortened.Of(id.Value)}' is a map with 'enabled', 'level' or 'suppressFor'."));
            return result;
        }

        foreach ((YamlScalar? name, YamlNode? setting) in map.Entries)
        {
            var scalar = setting as YamlScalar;
            if (name.Value == "enabled" && scalar?.AsBoolean is { } enabled)
            {
                result = result with { Enabled = enabled };
            }
            else if (name.Value == "level" && scalar is not null && RuleReader.Levels.Contains(scalar.Value))
            {
                result = result with { Level = scalar.Value };
            }
            else if (name.Value == "suppressFor" && scalar is not null && ReadTime(scalar.Value) is { } time)
            {
                result = result with { SuppressFor = time };
            }
            else
            {
                faults.Add(Fault(file, setting, Expected(name.Value)));
            }
        }

        return result;
    }

    private static string Expected(string name) => name switch
    {
        "enabled" => "'enabled' is true or false.",
        "level" => $"'level' is one of {string.Join(", ", RuleReader.Levels.Order(StringComparer.Ordinal))}.",
        "suppressFor" => "'suppressFor' is a number and s, m, h or d, such as 4h, up to 7d.",
        _ => $"There is no '{Shortened.Of(name)}'; a rule may have 'enabled', 'level' and 'suppressFor'.",
    };

    private static TimeSpan? ReadTime(string text)
    {
        int seconds = text.Length == 0 ? 0 : text[^1] switch { 's' => 1, 'm' => 60, 'h' => 3_600, 'd' => 86_400, _ => 0 };
        return seconds > 0
            && int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out int count)
            && TimeSpan.FromSeconds((long)count * seconds) is var time
            && time <= LongestSuppression
                ? time
                : null;
    }

    private static string Fault(RuleFile file, YamlNode node, string message) =>
        $"{file.Path}({node.Position.Line},{node.Position.Column}): error: {message}";
}
