using System.Collections.Immutable;
using System.Text.Json;

namespace SigmaFunctions.LocalHost.Reporting;

/// <summary>Events that no rule could see, of one kind, as the app's details of its health have them (<c>unseen</c> of <c>/api/health/details</c>).</summary>
/// <param name="Events">How many.</param>
/// <param name="Description">What they are and why, in a line.</param>
internal sealed record UnseenEvents(long Events, string Description)
{
    /// <summary>Reads them from the details; those that rules leave out on purpose are one kind, at the end.</summary>
    /// <returns>The most frequent first; empty where the details have none.</returns>
    public static ImmutableArray<UnseenEvents> Read(ReadOnlyMemory<byte> details)
    {
        using var document = JsonDocument.Parse(details);
        if (!document.RootElement.TryGetProperty("unseen", out JsonElement unseen))
        {
            return [];
        }

        ImmutableArray<UnseenEvents>.Builder found = ImmutableArray.CreateBuilder<UnseenEvents>();
        long leftOut = 0;
        foreach (JsonElement kind in unseen.EnumerateArray())
        {
            long events = kind.GetProperty("events").GetInt64();
            string shape = kind.GetProperty("shape").GetString() ?? "";
            string logSource = kind.GetProperty("logSource").GetString() ?? "";
            string looksLike = kind.GetProperty("looksLike").GetString() ?? "";
            switch (kind.GetProperty("reason").GetString())
            {
                case "left_out":
                    leftOut += events;
                    break;
                case "no_rule" when logSource != "stated":
                    found.Add(new UnseenEvents(events, $"{shape}: no rule for {logSource}"));
                    break;
                case "no_rule":
                    found.Add(new UnseenEvents(events, $"{shape}: no rule for the log source that they state; properties: {looksLike}"));
                    break;
                default:
                    found.Add(new UnseenEvents(events, $"{shape}: no log source; properties: {looksLike}"));
                    break;
            }
        }

        if (leftOut > 0)
        {
            found.Add(new UnseenEvents(leftOut, "of kinds that rules do not look at (docs/telemetry.md)"));
        }

        return found.ToImmutable();
    }
}
