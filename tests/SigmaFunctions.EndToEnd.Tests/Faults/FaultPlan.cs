using System.Collections.Immutable;
using System.IO.Hashing;
using System.Text;

namespace SigmaFunctions.EndToEnd.Tests.Faults;

/// <summary>A service of a storage account.</summary>
internal enum StorageService
{
    Blob,
    Queue,
    Table,
}

/// <summary>What happens to one request.</summary>
internal enum FaultKind
{
    /// <summary>It is carried out and answered.</summary>
    None,

    /// <summary>It is carried out late.</summary>
    Delay,

    /// <summary>It is answered with 500 and not carried out.</summary>
    InternalError,

    /// <summary>It is answered with 503 and a <c>Retry-After</c>, and not carried out.</summary>
    ServerBusy,

    /// <summary>Its connection is reset, and it is not carried out.</summary>
    ResetBefore,

    /// <summary>It is carried out, and its connection is reset in place of the answer.</summary>
    ResetAfter,

    /// <summary>It is carried out, and answered with 500.</summary>
    ErrorAfter,

    /// <summary>It is carried out, and the connection is reset in the middle of the answer.</summary>
    CutAnswer,

    /// <summary>It is carried out, and meanwhile, before or after, a worker is killed.</summary>
    Kill,
}

/// <summary>What a plan says of one request.</summary>
/// <param name="Kind">What happens.</param>
/// <param name="Delay">How late, where the kind has a delay.</param>
internal readonly record struct Fault(FaultKind Kind, TimeSpan Delay);

/// <summary>
/// Which requests to a storage account go wrong, and how. What happens to the n-th request of an operation follows from the seed
/// alone, so that a plan can be run again; which request is the n-th is up to the worker.
/// </summary>
internal sealed record FaultPlan
{
    /// <summary>Nothing goes wrong.</summary>
    public static FaultPlan None { get; } = new() { Seed = 0, Kinds = [], Share = 0 };

    /// <summary>What everything is drawn from.</summary>
    public required int Seed { get; init; }

    /// <summary>What may happen, each as often as the others; a kind may stand more than once.</summary>
    public required ImmutableArray<FaultKind> Kinds { get; init; }

    /// <summary>Share of the requests that something happens to, 0 to 1.</summary>
    public required double Share { get; init; }

    /// <summary>How many requests of one operation in a row share a fate, from 1: more than the SDK tries make an invocation fail.</summary>
    public int Burst { get; init; } = 1;

    /// <summary>The longest delay of a request, and the latest moment of a kill after it came.</summary>
    public TimeSpan LongestDelay { get; init; } = TimeSpan.FromMilliseconds(400);

    /// <summary>The only service that anything happens to; null for all.</summary>
    public StorageService? Only { get; init; }

    /// <summary>How the names of the only tables end that anything happens to; null for all.</summary>
    public string? OnlyTables { get; init; }

    /// <summary>When faults end at the latest, after their start: a run in which too many requests fail would go on for ever.</summary>
    public TimeSpan Lifted { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>How long nothing listens, once in a run; zero for never.</summary>
    public TimeSpan Gone { get; init; }

    /// <summary>What happens to a request.</summary>
    /// <param name="service">Service it goes to.</param>
    /// <param name="operation">What it asks for.</param>
    /// <param name="ordinal">How many requests of this operation came before.</param>
    public Fault Next(StorageService service, string operation, int ordinal)
    {
        string fate = $"{service}/{operation}/{ordinal / Burst}";
        if (Kinds.IsEmpty || (Only is { } only && service != only) || !operation.EndsWith(OnlyTables ?? "", StringComparison.Ordinal) || Draw($"{fate}/share") >= Share)
        {
            return default;
        }

        return new Fault(Kinds[(int)(Draw($"{fate}/kind") * Kinds.Length)], LongestDelay * Draw($"{fate}/{ordinal}/delay"));
    }

    /// <summary>A number from 0 to below 1 that follows from the seed and a name.</summary>
    public double Draw(string name) => (XxHash3.HashToUInt64(Encoding.UTF8.GetBytes($"{Seed}/{name}")) >> 11) / (double)(1L << 53);

    /// <summary>As it is printed when a run fails.</summary>
    public override string ToString() =>
        $"seed {Seed}, {Share:P0} of requests: {string.Join(", ", Kinds)}, bursts of {Burst}, delays up to {LongestDelay.TotalSeconds:0.0} s, gone for {Gone.TotalSeconds:0.0} s";
}
