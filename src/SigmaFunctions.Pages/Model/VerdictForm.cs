using System.Collections.Immutable;
using System.Globalization;
using Azure;
using SigmaFunctions.Storage.Model;
using SigmaFunctions.Storage.Verdicts;

namespace SigmaFunctions.Pages.Model;

/// <summary>The form by which somebody gives a verdict: on all detections of an event, or on one of them.</summary>
internal sealed class VerdictForm
{
    /// <summary>Name of the field with the verdict.</summary>
    public const string Verdict = "verdict";

    /// <summary>Name of the field with the reason.</summary>
    public const string Reason = "reason";

    /// <summary>Name of the field with the detection that it is about; empty for all of the event.</summary>
    public const string Rule = "rule";

    /// <summary>Name of the fields with the versions that the page showed: an id, a colon and a number.</summary>
    public const string Seen = "seen";

    private readonly PageSources _sources;
    private readonly TimeProvider _time;

    /// <param name="sources">Where originals are read and verdicts are written.</param>
    /// <param name="time">The clock.</param>
    public VerdictForm(PageSources sources, TimeProvider time)
    {
        _sources = sources;
        _time = time;
    }

    /// <summary>Takes a form that was sent.</summary>
    /// <param name="story">The event.</param>
    /// <param name="form">Names and values of the form.</param>
    /// <param name="user">Who decides.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>Why it was not taken, for people; null where it was.</returns>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public async Task<string?> TakeAsync(
        EventStory story, ImmutableArray<KeyValuePair<string, string>> form, string user, CancellationToken cancellationToken)
    {
        string? Value(string name) => form.Where(pair => pair.Key == name).Select(pair => pair.Value).FirstOrDefault();
        string? named = Value(Verdict);
        if (VerdictName.Kinds.Where(one => VerdictName.Of(one) == named).ToArray() is not [var kind])
        {
            return "Choose what it is.";
        }

        string reason = Value(Reason)?.ReplaceLineEndings("\n").Trim() ?? "";
        if (reason.Length > NewVerdict.MaxReason)
        {
            return string.Create(CultureInfo.InvariantCulture, $"The reason is longer than {NewVerdict.MaxReason:N0} characters.");
        }

        ImmutableArray<DetectionId> wanted = [.. story.Rules.Select(rule => rule.Row.Detection.Id).Where(id => Value(Rule) is not { Length: > 0 } one || id.Value == one)];
        if (wanted.IsEmpty)
        {
            return "The detection is not one of this event.";
        }

        ILookup<string, string> seen = form.Where(pair => pair.Key == Seen).Select(pair => pair.Value.Split(':', 2)).Where(parts => parts.Length == 2).ToLookup(parts => parts[0], parts => parts[1]);
        List<VerdictTarget> targets = [];
        foreach (DetectionId id in wanted)
        {
            if (!int.TryParse(seen[id.Value].FirstOrDefault(), NumberStyles.None, CultureInfo.InvariantCulture, out int version))
            {
                return "The event has another detection since this page was loaded. Look at it, and decide again.";
            }

            // With its original, which is kept with the verdict.
            if (await _sources.Detections.FindAsync(id, cancellationToken) is { } detection)
            {
                targets.Add(new VerdictTarget(detection, version, _sources.Rules()?.Revision));
            }
        }

        var verdict = new NewVerdict(kind, user, _time.GetUtcNow(), reason);
        foreach (VerdictTarget[] some in targets.Chunk(VerdictStore.MaxTargets))
        {
            VerdictResult result = await _sources.Verdicts.SetAsync(verdict, some, cancellationToken);
            if (!result.IsSet)
            {
                return "Somebody else has decided since this page was loaded. What they decided is shown now; decide again if it is wrong.";
            }
        }

        return null;
    }
}
