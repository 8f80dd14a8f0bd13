using System.Net;
using System.Text.Json;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Http;
using SigmaFunctions.App.Diagnostics;
using SigmaFunctions.Storage.Instances;
using SigmaFunctions.Storage.Model;
using SigmaFunctions.Telemetry.Events;

namespace SigmaFunctions.App.Health;

/// <summary>The functions that tell how the app is: to anyone in one word, and in detail to who has a key.</summary>
/// <param name="check">Looks.</param>
/// <param name="unseen">What no rule could see.</param>
public sealed class HealthFunctions(HealthCheck check, UnseenEventCounts unseen)
{
    /// <summary><c>GET /api/health</c>: 200 and <c>healthy</c>, or 503 and <c>unhealthy</c>. No key, no details.</summary>
    [Function("Health")]
    public async Task<HttpResponseData> GetAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "health")] HttpRequestData request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        HealthReport report = await check.RunAsync(cancellationToken);
        HttpResponseData response = request.CreateResponse(report.IsHealthy ? HttpStatusCode.OK : HttpStatusCode.ServiceUnavailable);
        response.Headers.Add("Content-Type", "text/plain; charset=utf-8");
        response.Headers.Add("Cache-Control", "no-store");
        await response.WriteStringAsync(report.IsHealthy ? "healthy" : "unhealthy", cancellationToken);
        return response;
    }

    /// <summary><c>GET /api/health/details</c>, with a function key: JSON of the store, rules, instances and partitions (docs/operations.md).</summary>
    [Function("HealthDetails")]
    public async Task<HttpResponseData> GetDetailsAsync(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "health/details")] HttpRequestData request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        HealthReport report = await check.RunAsync(cancellationToken);
        HttpResponseData response = request.CreateResponse(report.IsHealthy ? HttpStatusCode.OK : HttpStatusCode.ServiceUnavailable);
        response.Headers.Add("Content-Type", "application/json; charset=utf-8");
        response.Headers.Add("Cache-Control", "no-store");
        await using (var writer = new Utf8JsonWriter(response.Body, new JsonWriterOptions { Indented = true }))
        {
            Write(writer, report, unseen.Current);
        }

        return response;
    }

    private static void Write(
        Utf8JsonWriter writer, HealthReport report, IReadOnlyList<(string Hub, UnseenKind Kind, long Events, string LooksLike)> unseen)
    {
        writer.WriteStartObject();
        writer.WriteString("status", report.IsHealthy ? "healthy" : "unhealthy");
        writer.WriteString("at", report.At);
        writer.WriteString("appVersion", AppBuild.Version);
        writer.WriteStartObject("store");
        writer.WriteBoolean("reachable", report.StoreFault is null);
        writer.WriteString("fault", report.StoreFault);
        writer.WriteEndObject();
        writer.WriteBoolean("rulesStale", report.IsStale || report.Instances.Any(instance => instance.IsStale));
        InstanceReport? newest = report.Instances.Where(instance => instance.LastEnqueuedTime is not null).MaxBy(instance => instance.LastEnqueuedTime);
        WriteTime(writer, "lastEnqueuedTime", newest?.LastEnqueuedTime);
        WriteTime(writer, "lastBatchAt", report.Instances.Max(instance => instance.LastBatchAt));
        writer.WriteStartArray("instances");
        foreach (InstanceReport instance in report.Instances)
        {
            Write(writer, instance);
        }

        writer.WriteEndArray();
        WritePartitions(writer, report);
        writer.WriteStartArray("unseen");
        foreach ((string hub, UnseenKind kind, long events, string looksLike) in unseen)
        {
            writer.WriteStartObject();
            writer.WriteString("hub", hub);
            writer.WriteString("shape", kind.Shape);
            writer.WriteString("reason", DetectionMetrics.NameOf(kind.Reason));
            writer.WriteString("logSource", DetectionMetrics.LogSourceOf(kind));
            writer.WriteNumber("events", events);
            writer.WriteString("looksLike", looksLike);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WritePartitions(Utf8JsonWriter writer, HealthReport report)
    {
        Dictionary<(string, string), PartitionProgress> progress = report.Partitions
            .GroupBy(one => (one.EventHub, one.Partition)).ToDictionary(same => same.Key, same => same.MaxBy(one => one.At)!);
        ILookup<(string, string), (InstanceReport Instance, BatchInHand Batch)> inHand = report.Instances
            .SelectMany(instance => instance.InHand.Select(batch => (instance, batch))).ToLookup(one => (one.batch.EventHub, one.batch.Partition));
        writer.WriteStartArray("partitions");
        foreach ((string Hub, string Partition) key in progress.Keys.Union(inHand.Select(one => one.Key)).OrderBy(key => key.Item1, StringComparer.Ordinal)
            .ThenBy(key => key.Item2.Length).ThenBy(key => key.Item2, StringComparer.Ordinal))
        {
            writer.WriteStartObject();
            writer.WriteString("hub", key.Hub);
            writer.WriteString("partition", key.Partition);
            if (progress.TryGetValue(key, out PartitionProgress? known))
            {
                Write(writer, known, report.At);
            }

            writer.WriteStartArray("inHand");
            foreach ((InstanceReport instance, BatchInHand batch) in inHand[key])
            {
                writer.WriteStartObject();
                writer.WriteString("instance", instance.Instance);
                writer.WriteString("since", batch.Since);
                writer.WriteString("oldestEnqueuedTime", batch.OldestEnqueuedTime);
                WriteSeconds(writer, "ageSeconds", batch.AgeAt(report.At));
                writer.WriteNumber("tries", batch.Tries);
                writer.WriteEndObject();
            }
            writer.WriteEndArray();
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter writer, PartitionProgress progress, DateTimeOffset now)
    {
        writer.WriteString("at", progress.At);
        writer.WriteString("fault", progress.Fault);
        WriteNumber(writer, "checkpoint", progress.Checkpoint);
        WriteNumber(writer, "lastEnqueued", progress.LastEnqueued);
        WriteNumber(writer, "behind", progress.Behind);
        WriteSeconds(writer, "ageSeconds", progress.AgeAt(now));
    }

    private static void Write(Utf8JsonWriter writer, InstanceReport instance)
    {
        writer.WriteStartObject();
        writer.WriteString("instance", instance.Instance);
        writer.WriteString("at", instance.At);
        writer.WriteString("appVersion", instance.AppVersion);
        writer.WriteString("revision", instance.Revision);
        writer.WriteNumber("rules", instance.Rules);
        writer.WriteNumber("rejected", instance.Rejected);
        writer.WriteBoolean("rulesStale", instance.IsStale);
        writer.WriteNumber("events", instance.Events);
        WriteTime(writer, "lastBatchAt", instance.LastBatchAt);
        WriteTime(writer, "lastEnqueuedTime", instance.LastEnqueuedTime);
        if (instance is { LastBatchAt: { } batch, LastEnqueuedTime: { } enqueued })
        {
            WriteSeconds(writer, "lagSeconds", batch - enqueued);
        }

        writer.WriteNumber("inHand", instance.InHandCount);
        writer.WriteEndObject();
    }

    private static void WriteSeconds(Utf8JsonWriter writer, string name, TimeSpan? time)
    {
        if (time is { } known)
        {
            writer.WriteNumber(name, Math.Round(known.TotalSeconds, 3));
        }
        else
        {
            writer.WriteNull(name);
        }
    }

    private static void WriteNumber(Utf8JsonWriter writer, string name, long? number)
    {
        if (number is { } known)
        {
            writer.WriteNumber(name, known);
        }
        else
        {
            writer.WriteNull(name);
        }
    }

    private static void WriteTime(Utf8JsonWriter writer, string name, DateTimeOffset? time)
    {
        if (time is { } known)
        {
            writer.WriteString(name, known);
        }
        else
        {
            writer.WriteNull(name);
        }
    }
}
