using System.Collections.Immutable;
using System.Text.Json;

namespace SigmaFunctions.Catalog.Attack;

/// <summary>
/// Coverage as a layer of the ATT&amp;CK Navigator, format 4.5: a technique's score is the number of rules and correlations that name it, its
/// comment their titles. What is no longer in force and still named stands in metadata, since the Navigator shows none of it: what was
/// replaced by a technique with that technique, the rest with the layer.
/// </summary>
public static class NavigatorLayer
{
    /// <summary>Version of the layer format.</summary>
    public const string FormatVersion = "4.5";

    // The oldest Navigator that reads this format.
    private const string NavigatorVersion = "4.9.0";

    /// <summary>Writes a layer.</summary>
    public static void Write(Stream output, AttackCoverage coverage, string name)
    {
        List<CoveredTechnique> techniques =
            [.. coverage.Techniques.Where(covered => covered.Technique.State == AttackState.Current && ScoreOf(covered) > 0)];
        using var writer = new Utf8JsonWriter(output, new JsonWriterOptions { Indented = true });
        writer.WriteStartObject();
        writer.WriteString("name", name);
        writer.WriteStartObject("versions");
        writer.WriteString("attack", AttackCatalogue.Version.Split('.')[0]);
        writer.WriteString("navigator", NavigatorVersion);
        writer.WriteString("layer", FormatVersion);
        writer.WriteEndObject();
        writer.WriteString("domain", "enterprise-attack");
        writer.WriteString("description", $"{coverage.Rules} Sigma rules, {coverage.Correlations} correlations. The score of a technique is the number of those that name it. ATT&CK Enterprise v{AttackCatalogue.Version}.");
        writer.WriteStartObject("layout");
        writer.WriteString("layout", "side");
        writer.WriteBoolean("showAggregateScores", true);
        writer.WriteString("aggregateFunction", "sum");
        writer.WriteString("expandedSubtechniques", "annotated");
        writer.WriteEndObject();
        writer.WriteStartArray("techniques");
        foreach (CoveredTechnique covered in techniques)
        {
            writer.WriteStartObject();
            writer.WriteString("techniqueID", covered.Technique.Id);
            writer.WriteNumber("score", ScoreOf(covered));
            writer.WriteString("comment", string.Join('\n', covered.Rules.Select(rule => rule.Title).Concat(covered.Correlations.Select(one => $"{one.Title} (correlation)"))));
            WriteMetadata(writer, coverage.Retired.Where(use => use.Tag.Now.Any(now => now.Id == covered.Technique.Id)));
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        WriteMetadata(writer, coverage.Retired.Where(use => use.Tag.State != AttackState.Revoked));
        writer.WriteStartObject("gradient");
        writer.WriteStartArray("colors");
        writer.WriteStringValue("#e8f1fa");
        writer.WriteStringValue("#08519c");
        writer.WriteEndArray();
        writer.WriteNumber("minValue", 0);
        writer.WriteNumber("maxValue", techniques.Select(ScoreOf).DefaultIfEmpty(1).Max());
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteMetadata(Utf8JsonWriter writer, IEnumerable<RetiredAttackTagUse> uses)
    {
        ImmutableArray<RetiredAttackTagUse> retired = [.. uses];
        if (retired.IsEmpty)
        {
            return;
        }

        writer.WriteStartArray("metadata");
        foreach (RetiredAttackTagUse use in retired)
        {
            writer.WriteStartObject();
            writer.WriteString("name", use.Tag.State.ToString().ToLowerInvariant());
            writer.WriteString("value", $"{use.Tag.Was}{(use.Tag.Now.IsEmpty ? "" : $", replaced by {string.Join(" and ", use.Tag.Now)}")}; named by {use.Rules.Length}");
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static int ScoreOf(CoveredTechnique covered) => covered.Rules.Length + covered.Correlations.Length;
}
