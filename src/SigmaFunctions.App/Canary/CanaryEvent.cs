using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using SigmaFunctions.Telemetry.Events;

namespace SigmaFunctions.App.Canary;

/// <summary>
/// The event that the app sends to its own hubs. Its proof, an HMAC-SHA256 of the hub and the time under a key that only the app has, is what a sender cannot
/// make. A record is a canary if it is the very bytes that would be sent, so nothing else can be carried in one.
/// </summary>
internal static class CanaryEvent
{
    /// <summary>Between the time that a canary says and that at which the hub took it in: all tries of sending it, and clocks that differ.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(5);

    private const int MaxLength = 256;
    private const string Begin = "{\"product\":\"sigmafunctions\",\"category\":\"canary\",\"Canary\":\"sigmafunctions\",\"UtcTime\":\"";

    /// <summary>The body of a canary.</summary>
    /// <param name="hub">The hub that it is sent to; case does not tell hubs apart.</param>
    /// <param name="sentAt">When it is sent (UTC).</param>
    /// <param name="key">The app's key.</param>
    public static byte[] Create(string hub, DateTimeOffset sentAt, ReadOnlySpan<byte> key)
    {
        // What a serializer makes of these is no other: nothing in them has to be escaped.
        return Encoding.UTF8.GetBytes($"{Begin}{sentAt:O}\",\"Proof\":\"{Prove(hub, sentAt, key)}\"}}");
    }

    /// <summary>Whether a source is that of canaries, or of what looks like them.</summary>
    public static bool IsSource(EventSource source) => source is { Channel: "canary", Provider: "sigmafunctions" };

    /// <summary>Whether a record is short enough for a canary: a look that needs no key.</summary>
    public static bool MayBe(string record) => record.Length <= MaxLength;

    /// <summary>The proof of a record that is a canary: 64 hex digits; null for any other record.</summary>
    /// <param name="record">The record as it came.</param>
    /// <param name="hub">The hub that it came from.</param>
    /// <param name="enqueuedTime">When that took it in (UTC).</param>
    /// <param name="key">The app's key.</param>
    public static string? ProofOf(string record, string hub, DateTimeOffset enqueuedTime, ReadOnlySpan<byte> key)
    {
        if (!MayBe(record) || ReadTime(record) is not { } sentAt || (enqueuedTime - sentAt).Duration() > MaxAge)
        {
            return null;
        }

        return CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(record), Create(hub, sentAt, key)) ? Prove(hub, sentAt, key) : null;
    }

    /// <summary>The time that a record says, if it begins as a canary does. It is not read as JSON: a record that is no canary may be anything.</summary>
    private static DateTimeOffset? ReadTime(string record)
    {
        if (!record.StartsWith(Begin, StringComparison.Ordinal))
        {
            return null;
        }

        ReadOnlySpan<char> rest = record.AsSpan(Begin.Length);
        int end = rest.IndexOf('"');
        return end > 0 && DateTimeOffset.TryParse(rest[..end], CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTimeOffset sentAt) ? sentAt : null;
    }

    private static string Prove(string hub, DateTimeOffset sentAt, ReadOnlySpan<byte> key) => Convert.ToHexStringLower(
        HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"sigmafunctions canary\n{hub.ToLowerInvariant()}\n{sentAt:O}")));
}
