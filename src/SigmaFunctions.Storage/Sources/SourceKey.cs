using System.Security.Cryptography;
using System.Text;
using Azure.Data.Tables;

namespace SigmaFunctions.Storage.Sources;

/// <summary>
/// What a source is: a hub, and what its events say of where they come from. All but the hub and the shape is text of events, which whoever sends them
/// chooses: cut, and printable ASCII.
/// </summary>
/// <param name="Hub">Event hub.</param>
/// <param name="Shape">Form that the events arrive in.</param>
/// <param name="Channel">Channel of a Windows event, table of a Defender row, stated service or category; empty where there is none.</param>
/// <param name="Provider">Provider of a Windows event, stated product; empty where there is none.</param>
/// <param name="Tenant">Tenant or workspace; empty where none is stated.</param>
public sealed record SourceKey(string Hub, string Shape, string Channel, string Provider, string Tenant)
{
    /// <summary>The shape of what stands for all sources of a hub that were not told apart, because there were too many. No mapping can have this name.</summary>
    public const string RestShape = "(others)";

    // What the former version wrote for it, beside nothing else.
    private const string FormerRestShape = "other";

    internal static readonly string[] Columns = [nameof(Hub), nameof(Shape), nameof(Channel), nameof(Provider), nameof(Tenant)];

    /// <summary>Whether it stands for sources that were not told apart; how many events those have says nothing of any.</summary>
    public bool IsRest => Shape == RestShape || this == RestOf(Hub) with { Shape = FormerRestShape };

    /// <summary>What stands for all sources of a hub that were not told apart.</summary>
    public static SourceKey RestOf(string hub) => new(hub, RestShape, "", "", "");

    /// <summary>The row key of a source: texts of events are no keys.</summary>
    internal string RowKey => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(
        string.Join('\n', Hub.ToLowerInvariant(), Shape, Channel, Provider, Tenant)))[..16]);

    /// <summary>Whether both are the same; names of hubs are so in any case.</summary>
    public bool Equals(SourceKey? other) =>
        other is not null
        && Hub.Equals(other.Hub, StringComparison.OrdinalIgnoreCase)
        && (Shape, Channel, Provider, Tenant) == (other.Shape, other.Channel, other.Provider, other.Tenant);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(StringComparer.OrdinalIgnoreCase.GetHashCode(Hub), Shape, Channel, Provider, Tenant);

    /// <summary>The source in one line, as <c>windows: evtx Security (Microsoft-Windows-Security-Auditing), tenant …</c>.</summary>
    public override string ToString()
    {
        var text = new StringBuilder($"{Hub}: {Shape}");
        text.Append(Channel.Length > 0 ? " " : "").Append(Channel);
        if (Provider.Length > 0)
        {
            text.Append(" (").Append(Provider).Append(')');
        }

        return text.Append(Tenant.Length > 0 ? ", tenant " : "").Append(Tenant).ToString();
    }

    internal static SourceKey Read(TableEntity row) => new(
        row.GetString(nameof(Hub)) ?? "",
        row.GetString(nameof(Shape)) ?? "",
        row.GetString(nameof(Channel)) ?? "",
        row.GetString(nameof(Provider)) ?? "",
        row.GetString(nameof(Tenant)) ?? "");

    internal void Write(TableEntity row)
    {
        row[nameof(Hub)] = Hub;
        row[nameof(Shape)] = Shape;
        row[nameof(Channel)] = Channel;
        row[nameof(Provider)] = Provider;
        row[nameof(Tenant)] = Tenant;
    }
}
