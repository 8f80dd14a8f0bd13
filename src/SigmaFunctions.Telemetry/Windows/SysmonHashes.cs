using System.Buffers;
using System.Text;
using SigmaFunctions.Telemetry.Json;

namespace SigmaFunctions.Telemetry.Windows;

/// <summary>Hashes as Sysmon writes them: <c>SHA1=…,MD5=…,SHA256=…,IMPHASH=…</c> in upper case, without those that are not known.</summary>
internal static class SysmonHashes
{
    /// <summary>The text; absent where no hash is known.</summary>
    public static RecordValue Compose(RecordTape tape, RecordValue sha1, RecordValue md5, RecordValue sha256, RecordValue imphash = default)
    {
        const int Names = 32;
        Span<byte> hashes = tape.Reserve(sha1.Text.Length + md5.Text.Length + sha256.Text.Length + imphash.Text.Length + Names);
        int length = 0;
        Append(hashes, ref length, "SHA1="u8, sha1.Text);
        Append(hashes, ref length, "MD5="u8, md5.Text);
        Append(hashes, ref length, "SHA256="u8, sha256.Text);
        Append(hashes, ref length, "IMPHASH="u8, imphash.Text);
        return length == 0 ? default : tape.Take(length);
    }

    private static void Append(Span<byte> hashes, ref int length, ReadOnlySpan<byte> algorithm, ReadOnlySpan<byte> hash)
    {
        if (hash.IsEmpty)
        {
            return;
        }

        if (length > 0)
        {
            hashes[length++] = (byte)',';
        }

        algorithm.CopyTo(hashes[length..]);
        length += algorithm.Length;
        if (Ascii.ToUpper(hash, hashes[length..], out _) != OperationStatus.Done)
        {
            // No hash, whatever it is.
            hash.CopyTo(hashes[length..]);
        }

        length += hash.Length;
    }
}
