using System.Text;
using SigmaFunctions.Telemetry.Json;

namespace SigmaFunctions.Telemetry.Events;

/// <summary>What a detection needs to know about an event beside its fields. Only asked for where an event is kept.</summary>
internal sealed class EventFacts
{
    /// <summary>When the event happened.</summary>
    public DateTimeOffset? Time { get; set; }

    /// <summary>The host it happened on.</summary>
    public string? Host { get; private set; }

    /// <summary>The account it happened under.</summary>
    public string? User { get; private set; }

    /// <summary>The Entra tenant it belongs to.</summary>
    public string? TenantId { get; private set; }

    /// <summary>States the host; an absent value or one without text states none.</summary>
    public void SetHost(RecordValue host) => Host = TextOf(host);

    /// <summary>States the account; an absent value or one without text states none.</summary>
    public void SetUser(RecordValue user) => User = TextOf(user);

    /// <summary>States the tenant; an absent value or one without text states none.</summary>
    public void SetTenantId(RecordValue tenantId) => TenantId = TextOf(tenantId);

    private static string? TextOf(RecordValue value) => value.HasText ? Encoding.UTF8.GetString(value.Text) : null;
}
