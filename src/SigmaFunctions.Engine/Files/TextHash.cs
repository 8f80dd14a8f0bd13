using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace SigmaFunctions.Engine.Files;

/// <summary>The SHA-256 of a text's UTF-8.</summary>
internal static class TextHash
{
    public static byte[] Of(string text)
    {
        byte[] bytes = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(text.Length));
        try
        {
            return SHA256.HashData(bytes.AsSpan(0, Encoding.UTF8.GetBytes(text, bytes)));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }
}
