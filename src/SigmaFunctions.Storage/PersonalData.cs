using System.Collections.Immutable;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.Correlations;
using SigmaFunctions.Storage.DeadLetters;
using SigmaFunctions.Storage.Detections;
using SigmaFunctions.Storage.Erasing;
using SigmaFunctions.Storage.Instances;
using SigmaFunctions.Storage.Outputs;
using SigmaFunctions.Storage.Rules;
using SigmaFunctions.Storage.Sources;
using SigmaFunctions.Storage.Verdicts;

namespace SigmaFunctions.Storage;

/// <summary>
/// What the app keeps of events in a storage account. Whatever it creates there is either a store of these, or among <see cref="Without"/>: a
/// test holds that. docs/privacy.md tells the same to people.
/// </summary>
public static class PersonalData
{
    /// <summary>
    /// Names of what has no name of a host or user of an event, as deployments call it, and why. Of the queue's messages nothing can be removed by
    /// name: taking one out hides it from its consumer.
    /// </summary>
    public static readonly ImmutableDictionary<string, string> Without = ImmutableDictionary.CreateRange(new Dictionary<string, string>
    {
        [DetectionTable.DefaultName + AlertOutbox.NameSuffix] = "spans of time and ids",
        [DetectionTable.DefaultName + AlertWindows.NameSuffix] = "hashes of what a window is for, and ids",
        [DetectionTable.DefaultName + DetectionIndex.NameSuffix] = "hashes of hosts, users, rules and files, and ids; pointers to detections that are erased go with them",
        [DetectionTable.DefaultName + InstanceTable.NameSuffix] = "instances, hubs and partitions of the deployment itself",
        [DetectionTable.DefaultName + CorrelationTable.NameSuffix] = "matches that correlations count, with hosts and users, which go by themselves within three timespans, or two days",
        [SourceTable.DefaultName] = "channels, providers, tenants and counts",
        [RuleSetTable.DefaultName] = "rules",
        [RuleStore.DefaultName] = "rules, overrides and placeholders, which their authors answer for",
        [RuleStore.DefaultCompiledName] = "the same, compiled",
        [AlertQueue.DefaultName] = "alerts, which have host, user and values of the event, and go when they are consumed",
        [OutputQueue.NameOf(AlertQueue.DefaultName, "NAME")] = "the same, for an output",
        [OutputQueue.NameOf(AlertQueue.DefaultName, "NAME") + OutputQueue.PoisonSuffix] = "what an output was not told",
    });

    /// <summary>The stores, in the order in which they are to be looked through: what points to something comes before it.</summary>
    public static ImmutableArray<IErasableStore> Stores(
        DetectionTable detections, VerdictStore verdicts, OriginalStore originals, DeadLetterStore deadLetters)
    {
        ArgumentNullException.ThrowIfNull(detections);
        ArgumentNullException.ThrowIfNull(verdicts);
        ArgumentNullException.ThrowIfNull(originals);
        ArgumentNullException.ThrowIfNull(deadLetters);
        return
        [
            new ErasableDetections(detections, originals),
            new ErasableVerdicts(verdicts, originals),
            new ErasableOriginals(originals, detections),
            new ErasableDeadLetters(deadLetters),
        ];
    }
}
