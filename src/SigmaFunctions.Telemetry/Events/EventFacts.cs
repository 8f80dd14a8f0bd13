using System.Text;
using SigmaFunctions.Telemetry.Json;

namespace SigmaFunctions.Telemetry.Events;

/// <summary>
/// What a detection needs to know about an event beside its fields. Only asked for where an event is kept; read before the next record is.
/// </summary>
internal sealed class EventFacts
{
    private RecordValue _host;
    private RecordValue _user;
    private RecordValue _tenantId;

    /// <summary>When the event happened.</summary>
    public DateTimeOffset? Time { get; set; }

    /// <summary>The host it happened on.</summary>
    public string? Host => TextOf(_host);

    /// <summary>The account it happened under.</summary>
    public string? User => TextOf(_user);

    /// <summary>The Entra tenant it belongs to.</summary>
    public string? TenantId => TextOf(_tenantId);

    /// <summary>Text of the host in UTF-8; empty where none is stated.</summary>
    public ReadOnlySpan<byte> HostText => _host.HasText ? _host.Text : default;

    /// <summary>Text of the account in UTF-8; empty where none is stated.</summary>
    public ReadOnlySpan<byte> UserText => _user.HasText ? _user.Text : default;

    /// <summary>States the host; an absent value or one without text states none.</summary>
    public void SetHost(RecordValue host) => _host = host;

    /// <summary>States the account; an absent value or one without text states none.</summary>
    public void SetUser(RecordValue user) => _user = user;

    /// <summary>States the tenant; an absent value or one without text states none.</summary>
    public void SetTenantId(RecordValue tenantId) => _tenantId = tenantId;

    /// <summary>Forgets what was stated.</summary>
    public void Clear()
    {
        Time = null;
        _host = _user = _tenantId = default;
    }

    private static string? TextOf(RecordValue value) => value.HasText ? Encoding.UTF8.GetString(value.Text) : null;
}
