using System.Text.Json;
using SigmaFunctions.Catalog.Attack;
using SigmaFunctions.Cli.Output;

namespace SigmaFunctions.Cli.Covering;

/// <summary>Coverage of ATT&amp;CK for tools.</summary>
internal static class CoverageJson
{
    /// <summary>Writes it.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="coverage">What is covered.</param>
    /// <param name="wanted">Techniques that matter, of which those not covered are told; null for none.</param>
    public static void Write(Utf8JsonWriter writer, AttackCoverage coverage, WantedTechniques? wanted)
    {
        writer.WriteStartObject();
        writer.WriteString("attack", AttackCatalogue.Version);
        writer.WriteString("notice", AttackCatalogue.Notice);
        writer.WriteNumber("rules", coverage.Rules);
        writer.WriteNumber("untagged", coverage.Untagged);
        writer.WriteNumber("correlations", coverage.Correlations);
        writer.WriteNumber("untaggedCorrelations", coverage.UntaggedCorrelations);
        writer.WriteStartArray("tactics");
        foreach (CoveredTactic covered in coverage.Tactics)
        {
            writer.WriteStartObject();
            writer.WriteString("tactic", covered.Tactic.ShortName);
            writer.WriteString("name", covered.Tactic.Name);
            writer.WriteNumber("rules", covered.Rules.Length);
            writer.WriteNumber("covered", covered.Covered);
            writer.WriteNumber("techniques", covered.Techniques);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("techniques");
        foreach (CoveredTechnique covered in coverage.Techniques)
        {
            writer.WriteStartObject();
            writer.WriteString("technique", covered.Technique.Id);
            writer.WriteString("name", covered.Technique.FullName);
            writer.WriteString("state", NameOf(covered.Technique.State));
            writer.WriteNumber("rules", covered.Rules.Length);
            writer.WriteNumber("withSubTechniques", covered.RulesWithSubTechniques);
            writer.WriteNumber("correlations", covered.Correlations.Length);
            writer.WriteTexts("ruleIds", covered.Rules.Select(rule => rule.Id));
            writer.WriteTexts("correlationIds", covered.Correlations.Select(one => one.Id));
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("unknownTags");
        foreach (UnknownAttackTag tag in coverage.Unknown)
        {
            writer.WriteStartObject();
            writer.WriteString("tag", tag.Tag);
            writer.WriteTexts("ruleIds", tag.Rules.Select(rule => rule.Id));
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("retiredTags");
        foreach (RetiredAttackTagUse use in coverage.Retired)
        {
            writer.WriteStartObject();
            writer.WriteString("tag", use.Tag.Tag);
            writer.WriteString("name", use.Tag.Was.Name);
            writer.WriteString("state", NameOf(use.Tag.State));
            writer.WriteTexts("replacedBy", use.Tag.Now.Select(now => now.Id));
            writer.WriteTexts("ruleIds", use.Rules.Select(rule => rule.Id));
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteTexts("gaps", coverage.GapsIn(coverage.InForce).Select(gap => gap.Technique.Id));
        if (wanted is not null)
        {
            writer.WriteTexts("wantedGaps", coverage.GapsIn(wanted.Techniques).Select(gap => gap.Technique.Id));
        }

        writer.WriteEndObject();
    }

    /// <summary>The word for a state.</summary>
    public static string NameOf(AttackState state) => state.ToString().ToLowerInvariant();
}
