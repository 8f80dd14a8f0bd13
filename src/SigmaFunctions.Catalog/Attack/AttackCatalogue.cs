using System.Collections.Frozen;
using System.Collections.Immutable;

namespace SigmaFunctions.Catalog.Attack;

/// <summary>
/// The tactics and techniques of MITRE ATT&amp;CK Enterprise (docs/attack.md). Ids and names compare without regard to case.
/// </summary>
public sealed class AttackCatalogue
{
    // The columns of techniques.tsv.
    private const int Id = 0;
    private const int Name = 1;
    private const int TacticNames = 2;
    private const int Platforms = 3;
    private const int State = 4;

    /// <summary>The tactic that <see cref="Upcoming"/> replaces, and behind which they stand.</summary>
    private const string Replaced = "defense-evasion";

    private static readonly Lazy<AttackCatalogue> LazyEnterprise = new(() => new AttackCatalogue(Read("tactics.tsv"), Read("techniques.tsv")));

    private readonly FrozenDictionary<string, AttackTactic> _tactics;
    private readonly FrozenDictionary<string, AttackTechnique> _techniques;

    private AttackCatalogue(IEnumerable<string[]> tactics, IEnumerable<string[]> techniques)
    {
        Tactics =
        [
            .. tactics.SelectMany(row => Upcoming.Where(_ => row[1] == Replaced).Prepend((row[0], row[1], row[2])))
                .Select((row, order) => new AttackTactic(row.Item1, row.Item2, row.Item3, order)),
        ];
        _tactics = Tactics.Select(tactic => (Key: tactic.ShortName, tactic))
            .Concat(Tactics.Where(tactic => tactic.Id is not null).Select(tactic => (Key: tactic.Id!, tactic)))
            .ToFrozenDictionary(pair => pair.Key, pair => pair.tactic, StringComparer.OrdinalIgnoreCase);

        // A technique comes before its sub-techniques.
        var known = new Dictionary<string, AttackTechnique>(StringComparer.OrdinalIgnoreCase);
        foreach (string[] row in techniques.OrderBy(row => row[Id], StringComparer.Ordinal))
        {
            int dot = row[Id].IndexOf('.', StringComparison.Ordinal);
            known.Add(row[Id], new AttackTechnique(
                row[Id],
                row[Name],
                dot < 0 ? null : known[row[Id][..dot]],
                [.. Parts(row[TacticNames]).Select(name => _tactics[name]).OrderBy(tactic => tactic.Order)],
                [.. Parts(row[Platforms])],
                row[State] switch
                {
                    "" => AttackState.Current,
                    "revoked" => AttackState.Revoked,
                    "deprecated" => AttackState.Deprecated,
                    string other => throw new InvalidDataException($"The state '{other}' of {row[Id]} is unknown."),
                }));
        }

        _techniques = known.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);
        Techniques = [.. known.Values.OrderBy(technique => technique.Id, StringComparer.Ordinal)];
    }

    /// <summary>ATT&amp;CK Enterprise, read once, when it is first asked for.</summary>
    public static AttackCatalogue Enterprise => LazyEnterprise.Value;

    /// <summary>The version of ATT&amp;CK that the names are of.</summary>
    public static string Version => "18.1";

    /// <summary>The notice that MITRE's terms of use ask for wherever the data is shown.</summary>
    public static string Notice =>
        "© 2025 The MITRE Corporation. This work is reproduced and distributed with the permission of The MITRE Corporation.";

    /// <summary>Tactics in matrix order; those of the next version stand behind the one they replace.</summary>
    public ImmutableArray<AttackTactic> Tactics { get; }

    /// <summary>Techniques and sub-techniques ordered by id, those that are no longer in force included.</summary>
    public ImmutableArray<AttackTechnique> Techniques { get; }

    /// <summary>Tactics of the next version of ATT&amp;CK that rules already name; together they replace Defense Evasion.</summary>
    private static IReadOnlyList<(string? Id, string ShortName, string Name)> Upcoming =>
        [(null, "stealth", "Stealth"), (null, "defense-impairment", "Defense Impairment")];

    /// <summary>The tactic of a short name (<c>credential-access</c>) or id (<c>TA0006</c>); null if there is none.</summary>
    public AttackTactic? FindTactic(string nameOrId) => _tactics.GetValueOrDefault(nameOrId);

    /// <summary>The technique of an id (<c>T1059.001</c>); null if there is none.</summary>
    public AttackTechnique? FindTechnique(string id) => _techniques.GetValueOrDefault(id);

    /// <summary>The tactics that tags name, each once, in matrix order. Unknown ones are passed over.</summary>
    public ImmutableArray<AttackTactic> TacticsOf(IEnumerable<string> tags) =>
        [.. Tags(tags, AttackTagKind.Tactic).Select(FindTactic).OfType<AttackTactic>().Distinct().OrderBy(tactic => tactic.Order)];

    /// <summary>The techniques that tags name, each once, ordered by id. Unknown ones are passed over.</summary>
    public ImmutableArray<AttackTechnique> TechniquesOf(IEnumerable<string> tags) =>
        [.. Tags(tags, AttackTagKind.Technique).Select(FindTechnique).OfType<AttackTechnique>().Distinct().OrderBy(technique => technique.Id, StringComparer.Ordinal)];

    /// <summary>The tags that name a tactic or technique which this version does not have, each once, in their order.</summary>
    public ImmutableArray<string> UnknownOf(IEnumerable<string> tags) =>
    [
        .. tags.Where(tag => AttackTag.TryParse(tag, out AttackTag parsed) && parsed.Kind switch
        {
            AttackTagKind.Tactic => FindTactic(parsed.Value) is null,
            AttackTagKind.Technique => FindTechnique(parsed.Value) is null,
            _ => false,
        }).Distinct(StringComparer.OrdinalIgnoreCase),
    ];

    private static IEnumerable<string> Tags(IEnumerable<string> tags, AttackTagKind kind)
    {
        foreach (string tag in tags)
        {
            if (AttackTag.TryParse(tag, out AttackTag parsed) && parsed.Kind == kind)
            {
                yield return parsed.Value;
            }
        }
    }

    private static string[] Parts(string list) => list.Split(',', StringSplitOptions.RemoveEmptyEntries);

    private static IEnumerable<string[]> Read(string name)
    {
        using Stream stream = typeof(AttackCatalogue).Assembly.GetManifestResourceStream($"attack/{name}")
            ?? throw new InvalidOperationException($"{name} is not built in.");
        using var reader = new StreamReader(stream);
        reader.ReadLine();
        while (reader.ReadLine() is { } line)
        {
            yield return line.Split('\t');
        }
    }
}
