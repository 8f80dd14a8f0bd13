using System.Collections.Frozen;
using System.Collections.Immutable;

namespace SigmaFunctions.Catalog.Attack;

/// <summary>
/// The tactics and techniques of MITRE ATT&amp;CK Enterprise (docs/attack.md). Ids and names compare without regard to case. What tags name
/// is told as this version has it: a revoked technique is the one that replaces it, a former tactic those that replace it.
/// </summary>
public sealed class AttackCatalogue
{
    // The columns of techniques.tsv.
    private const int Id = 0;
    private const int Name = 1;
    private const int TacticNames = 2;
    private const int Platforms = 3;
    private const int State = 4;

    private static readonly Lazy<AttackCatalogue> LazyEnterprise =
        new(() => new AttackCatalogue(Read("tactics.tsv"), Read("techniques.tsv"), Read("revoked.tsv")));

    private readonly FrozenDictionary<string, AttackTactic> _tactics;
    private readonly FrozenDictionary<string, FormerTactic> _formerTactics;
    private readonly FrozenDictionary<string, AttackTechnique> _techniques;

    private AttackCatalogue(IEnumerable<string[]> tactics, IEnumerable<string[]> techniques, IEnumerable<string[]> revoked)
    {
        Tactics = [.. tactics.Select((row, order) => new AttackTactic(row[0], row[1], row[2], order))];
        _tactics = Tactics.SelectMany(tactic => new[] { (Key: tactic.ShortName, tactic), (Key: tactic.Id, tactic) })
            .ToFrozenDictionary(pair => pair.Key, pair => pair.tactic, StringComparer.OrdinalIgnoreCase);

        // MITRE gave the id of Defense Evasion to Stealth and moved a part of its techniques to Defense Impairment (v19).
        var defenseEvasion = new FormerTactic(new AttackName("defense-evasion", "Defense Evasion"), [_tactics["stealth"], _tactics["defense-impairment"]]);
        _formerTactics = new[] { defenseEvasion }.ToFrozenDictionary(former => former.Was.Id, StringComparer.OrdinalIgnoreCase);

        var replacements = revoked.ToDictionary(row => row[0], row => row[2], StringComparer.Ordinal);

        // A technique comes before its sub-techniques, and what replaces others before these.
        var known = new Dictionary<string, AttackTechnique>(StringComparer.OrdinalIgnoreCase);
        foreach (string[] row in techniques.OrderBy(row => row[State].Length > 0).ThenBy(row => row[Id], StringComparer.Ordinal))
        {
            int dot = row[Id].IndexOf('.', StringComparison.Ordinal);
            AttackTechnique? replacedBy = row[State] == "revoked" ? known[replacements[row[Id]]] : null;
            known.Add(row[Id], new AttackTechnique(
                row[Id],
                row[Name],
                dot < 0 ? null : known[row[Id][..dot]],
                replacedBy?.Tactics ?? [.. Parts(row[TacticNames]).Select(name => _tactics[name]).OrderBy(tactic => tactic.Order)],
                [.. Parts(row[Platforms])],
                row[State] switch
                {
                    "" => AttackState.Current,
                    "revoked" => AttackState.Revoked,
                    "deprecated" => AttackState.Deprecated,
                    string other => throw new InvalidDataException($"The state '{other}' of {row[Id]} is unknown."),
                },
                replacedBy));
        }

        _techniques = known.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);
        Techniques = [.. known.Values.OrderBy(technique => technique.Id, StringComparer.Ordinal)];
    }

    /// <summary>ATT&amp;CK Enterprise, read once, when it is first asked for.</summary>
    public static AttackCatalogue Enterprise => LazyEnterprise.Value;

    /// <summary>The version of ATT&amp;CK that the names are of.</summary>
    public static string Version => "19.2";

    /// <summary>The notice that MITRE's terms of use ask for wherever the data is shown.</summary>
    public static string Notice =>
        "© 2025 The MITRE Corporation. This work is reproduced and distributed with the permission of The MITRE Corporation.";

    /// <summary>Tactics in matrix order.</summary>
    public ImmutableArray<AttackTactic> Tactics { get; }

    /// <summary>Techniques and sub-techniques ordered by id, those that are no longer in force included.</summary>
    public ImmutableArray<AttackTechnique> Techniques { get; }

    /// <summary>The tactic of a short name (<c>credential-access</c>) or id (<c>TA0006</c>); null if there is none.</summary>
    public AttackTactic? FindTactic(string nameOrId) => _tactics.GetValueOrDefault(nameOrId);

    /// <summary>The technique of an id (<c>T1059.001</c>), as it was if it is no longer in force; null if there is none.</summary>
    public AttackTechnique? FindTechnique(string id) => _techniques.GetValueOrDefault(id);

    /// <summary>
    /// The tactics that tags name, each once, in matrix order. Unknown ones are passed over. A former tactic counts as those of its
    /// replacements that the techniques beside it serve; if these serve none of them, as what they do serve; without techniques, as all
    /// its replacements.
    /// </summary>
    public ImmutableArray<AttackTactic> TacticsOf(IEnumerable<string> tags)
    {
        ImmutableArray<AttackTag> parsed = [.. Parse(tags)];
        IEnumerable<AttackTactic> Named(AttackTag tag) =>
            FindTactic(tag.Value) is { } tactic ? [tactic]
            : _formerTactics.TryGetValue(tag.Value, out FormerTactic? former) ? former.Beside([.. TechniquesOf(parsed).SelectMany(technique => technique.Tactics)])
            : [];
        return [.. parsed.Where(tag => tag.Kind == AttackTagKind.Tactic).SelectMany(Named).Distinct().OrderBy(tactic => tactic.Order)];
    }

    /// <summary>
    /// The techniques that tags name, each once, ordered by id: those that replace revoked ones, and those that are deprecated.
    /// Unknown ones are passed over.
    /// </summary>
    public ImmutableArray<AttackTechnique> TechniquesOf(IEnumerable<string> tags) =>
        [.. TechniquesOf(Parse(tags)).Distinct().OrderBy(technique => technique.Id, StringComparer.Ordinal)];

    /// <summary>The tags that name what is no longer in force, in their order; one of each name.</summary>
    public ImmutableArray<RetiredAttackTag> RetiredOf(IEnumerable<string> tags) => [.. tags.Select(Retired).OfType<RetiredAttackTag>().DistinctBy(tag => tag.Was)];

    /// <summary>The tags that name a tactic or technique which this version neither has nor replaced, each once, in their order.</summary>
    public ImmutableArray<string> UnknownOf(IEnumerable<string> tags) =>
    [
        .. tags.Where(tag => AttackTag.TryParse(tag, out AttackTag parsed) && parsed.Kind is AttackTagKind.Tactic or AttackTagKind.Technique && !Knows(parsed))
            .Distinct(StringComparer.OrdinalIgnoreCase),
    ];

    /// <summary>Whether a tag names a tactic or technique that this version has, had or replaced.</summary>
    public bool Knows(AttackTag tag) => tag.Kind switch
    {
        AttackTagKind.Tactic => FindTactic(tag.Value) is not null || _formerTactics.ContainsKey(tag.Value),
        AttackTagKind.Technique => FindTechnique(tag.Value) is not null,
        _ => false,
    };

    private RetiredAttackTag? Retired(string tag)
    {
        if (!AttackTag.TryParse(tag, out AttackTag parsed))
        {
            return null;
        }

        if (_formerTactics.TryGetValue(parsed.Value, out FormerTactic? former))
        {
            return new RetiredAttackTag(tag, former.Was, AttackState.Renamed, [.. former.ReplacedBy.Select(AttackName.Of)]);
        }

        return parsed.Kind == AttackTagKind.Technique && FindTechnique(parsed.Value) is { State: not AttackState.Current } technique
            ? new RetiredAttackTag(tag, AttackName.Of(technique), technique.State, technique.ReplacedBy is { } now ? [AttackName.Of(now)] : [])
            : null;
    }

    private IEnumerable<AttackTechnique> TechniquesOf(IEnumerable<AttackTag> tags) => tags
        .Where(tag => tag.Kind == AttackTagKind.Technique)
        .Select(tag => FindTechnique(tag.Value))
        .OfType<AttackTechnique>()
        .Select(technique => technique.ReplacedBy ?? technique);

    private static IEnumerable<AttackTag> Parse(IEnumerable<string> tags)
    {
        foreach (string tag in tags)
        {
            if (AttackTag.TryParse(tag, out AttackTag parsed))
            {
                yield return parsed;
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

    /// <summary>A tactic that others replaced.</summary>
    /// <param name="Was">What it was called.</param>
    /// <param name="ReplacedBy">The tactics that replace it, in matrix order.</param>
    private sealed record FormerTactic(AttackName Was, ImmutableArray<AttackTactic> ReplacedBy)
    {
        /// <summary>What it counts as beside techniques that serve these tactics.</summary>
        public ImmutableArray<AttackTactic> Beside(ImmutableArray<AttackTactic> served)
        {
            ImmutableArray<AttackTactic> shared = [.. ReplacedBy.Where(tactic => served.Contains(tactic))];
            return !shared.IsEmpty ? shared : !served.IsEmpty ? served : ReplacedBy;
        }
    }
}
