using System.Security.Cryptography;
using System.Text;
using SigmaFunctions.Engine.Yaml;

namespace SigmaFunctions.Engine.Rules;

/// <summary>A stable id for a rule that states none: a version 8 UUID (RFC 9562) from the SHA-256 of its content.</summary>
internal static class ContentId
{
    public static string Of(YamlMapping root)
    {
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(YamlText.Write(root)));
        hash[6] = (byte)((hash[6] & 0x0F) | 0x80);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash.AsSpan(0, 16), bigEndian: true).ToString("D");
    }
}
