using System.Text.Json;
using System.Text.Json.Nodes;
using SigmaFunctions.Outputs.Model;

namespace SigmaFunctions.Outputs.Formats;

/// <summary>The alert as on the queue (docs/alert.schema.json); of a burst an object of the kind <c>burst</c> that holds one of its alerts.</summary>
internal static class AlertBody
{
    public static byte[] Write(Notification notification)
    {
        byte[] alert = notification.Alert.ToJson();
        return notification.Burst is not { } burst
            ? alert
            : JsonSerializer.SerializeToUtf8Bytes(new JsonObject
            {
                ["schemaVersion"] = 1,
                ["id"] = notification.Id,
                ["kind"] = "burst",
                ["count"] = burst.Count,
                ["hostCount"] = burst.HostCount,
                ["hosts"] = new JsonArray([.. burst.Hosts.Select(host => JsonValue.Create(host))]),
                ["from"] = burst.From,
                ["until"] = burst.Until,
                ["alert"] = JsonNode.Parse(alert),
            });
    }
}
