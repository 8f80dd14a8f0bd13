using System.Globalization;
using System.Text.Json.Nodes;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.Cli.Storing;

/// <summary>The identity of a hub's event for people and tools.</summary>
internal static class HubEventOutput
{
    /// <summary>As JSON.</summary>
    public static JsonObject Json(HubEventIdentity identity) => new()
    {
        ["namespace"] = identity.Namespace,
        ["eventHub"] = identity.EventHub,
        ["partition"] = identity.Partition,
        ["sequenceNumber"] = identity.SequenceNumber,
        ["record"] = identity.Record,
    };

    /// <summary>In a cell, without the namespace.</summary>
    public static string Brief(HubEventIdentity identity) => string.Create(
        CultureInfo.InvariantCulture, $"{identity.EventHub}/{identity.Partition} {identity.SequenceNumber}, record {identity.Record}");

    /// <summary>In a line.</summary>
    public static string Text(HubEventIdentity identity) => string.Create(
        CultureInfo.InvariantCulture,
        $"{identity.Namespace}/{identity.EventHub}, partition {identity.Partition}, sequence number {identity.SequenceNumber}, record {identity.Record}");
}
