using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace SigmaFunctions.Storage.Model;

/// <summary>
/// The bytes of which an identity's hash is taken. Every text is preceded by its length and every number has eight bytes, so that no two identities of a
/// kind are encoded alike.
/// </summary>
internal sealed class IdentityEncoding
{
    private readonly ArrayBufferWriter<byte> _bytes = new(256);

    /// <summary>Adds a text.</summary>
    public void Add(string text)
    {
        Add(Encoding.UTF8.GetByteCount(text));
        Encoding.UTF8.GetBytes(text, _bytes);
    }

    /// <summary>Adds a number.</summary>
    public void Add(long number)
    {
        BinaryPrimitives.WriteInt64LittleEndian(_bytes.GetSpan(sizeof(long)), number);
        _bytes.Advance(sizeof(long));
    }

    /// <summary>SHA-256 of what was added so far, as 64 lower-case hex digits.</summary>
    public string Hash()
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(_bytes.WrittenSpan, digest);
        return Convert.ToHexStringLower(digest);
    }
}
