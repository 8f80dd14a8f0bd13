using System.Text;
using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Storage.Model;
using SigmaFunctions.Telemetry.Events;

namespace SigmaFunctions.App.Detecting;

/// <summary>
/// An event on which rules hold, between matching and recording. It holds the event whole, with all its views; a detection that is made of it keeps
/// only the fields that took part in the match.
/// </summary>
/// <param name="identity">Where the event came from.</param>
/// <param name="decoded">The event.</param>
/// <param name="detector">Whose rules hold on it.</param>
/// <param name="maxWork">Most work for the evidence of all its rules, as <see cref="EventEvidence.MaxWork"/> counts it.</param>
internal sealed class MatchedEvent(EventIdentity identity, DecodedEvent decoded, Detector detector, long maxWork)
{
    private readonly EventEvidence _evidence = new(detector, decoded.Event, maxWork);

    /// <summary>The record as it arrived, JSON or XML.</summary>
    public string Original { get; } = Encoding.UTF8.GetString(decoded.Original.Span);

    /// <summary>What people want to know of it at a glance.</summary>
    public EventFacts? Facts { get; } = FactReader.Of(decoded);

    /// <summary>The work for evidence so far.</summary>
    public long Work => _evidence.Work;

    /// <summary>Makes the detection of a rule that holds.</summary>
    /// <param name="rule">Index into <see cref="Detector.Rules"/>.</param>
    /// <exception cref="InvalidOperationException">The rule does not hold on the event.</exception>
    public Detection Detect(int rule)
    {
        RuleMatch match = _evidence.Of(rule);
        return new Detection
        {
            Identity = identity,
            RuleId = match.Rule.Id,
            RuleTitle = match.Rule.Title,
            RuleAuthor = match.Rule.Author,
            Level = match.Rule.Level,
            Tags = match.Rule.Tags,
            EventTime = decoded.Time,
            Host = decoded.Host,
            User = decoded.User,
            TenantId = decoded.TenantId,
            Fields = [.. match.Fields.Select(field => new DetectedField(field.Field, field.Value))],
            Facts = Facts,
            Original = Original,
            OriginalTruncated = match.IsEvidencePartial,
        };
    }
}
