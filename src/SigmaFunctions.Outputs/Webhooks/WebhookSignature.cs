using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace SigmaFunctions.Outputs.Webhooks;

/// <summary>Signatures of Standard Webhooks 1.0.0, the symmetric kind (<c>v1</c>).</summary>
internal static class WebhookSignature
{
    /// <summary>The header <c>webhook-signature</c>: over id, time and body with dots between them.</summary>
    /// <param name="key">The key's bytes.</param>
    /// <param name="id">ASCII; without dots, or else one message could pass for another.</param>
    /// <param name="seconds">Unix time of the try.</param>
    /// <param name="body">The bytes as they are sent.</param>
    public static string Create(ReadOnlySpan<byte> key, string id, long seconds, ReadOnlySpan<byte> body)
    {
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        hash.AppendData(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{id}.{seconds}.")));
        hash.AppendData(body);
        return $"v1,{Convert.ToBase64String(hash.GetHashAndReset())}";
    }
}
