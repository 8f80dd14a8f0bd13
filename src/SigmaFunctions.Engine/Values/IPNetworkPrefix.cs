using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace SigmaFunctions.Engine.Values;

/// <summary>
/// An IP network. Addresses are read strictly: IPv4 as four decimal octets without leading zeros; a zone is cut off; an
/// IPv4-mapped IPv6 address is its IPv4 address.
/// </summary>
internal sealed record IPNetworkPrefix
{
    private static readonly SearchValues<char> V6Characters = SearchValues.Create("0123456789abcdefABCDEF:.");

    private readonly UInt128 _address;
    private readonly int _length;
    private readonly bool _isV4;

    private IPNetworkPrefix(UInt128 address, int length, bool isV4) => (_address, _length, _isV4) = (address, length, isV4);

    /// <summary>Reads <c>address/length</c> or an address alone.</summary>
    /// <returns>The network, or the reason why it is none.</returns>
    public static (IPNetworkPrefix? Network, string? Error) Parse(string text)
    {
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        string addressText = slash < 0 ? text : text[..slash];
        if (addressText.Contains('%', StringComparison.Ordinal) || !TryParseAddress(addressText, out UInt128 address, out bool isV4, out bool wasMapped))
        {
            return (null, $"'{addressText}' is not an IP address");
        }

        int bits = isV4 ? 32 : 128;
        int length = bits;
        if (slash >= 0)
        {
            string lengthText = text[(slash + 1)..];
            int writtenBits = wasMapped ? 128 : bits;
            if (!int.TryParse(lengthText, NumberStyles.None, CultureInfo.InvariantCulture, out int written)
                || written > writtenBits || (lengthText.Length > 1 && lengthText[0] == '0'))
            {
                return (null, $"'{lengthText}' is not a prefix length from 0 to {writtenBits}");
            }

            if (wasMapped && written < 96)
            {
                return (null, $"an IPv4-mapped network needs a prefix length of at least 96");
            }

            length = wasMapped ? written - 96 : written;
        }

        var network = new IPNetworkPrefix(address, length, isV4);
        return (address & ~network.Mask) == 0
            ? (network, null)
            : (null, $"'{text}' has host bits set beyond its prefix length");
    }

    /// <summary>Whether a value is an address of this network.</summary>
    public bool Contains(ReadOnlySpan<char> text) =>
        TryParseAddress(text, out UInt128 address, out bool isV4, out _) && isV4 == _isV4 && (address & Mask) == _address;

    public override string ToString()
    {
        byte[] bytes = new byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, _address);
        return new IPAddress(_isV4 ? bytes[12..] : bytes) + "/" + _length.ToString(CultureInfo.InvariantCulture);
    }

    private UInt128 Mask
    {
        get
        {
            int bits = _isV4 ? 32 : 128;
            UInt128 all = UInt128.MaxValue >> (128 - bits);
            return _length == 0 ? 0 : all & (UInt128.MaxValue << (bits - _length));
        }
    }

    private static bool TryParseAddress(ReadOnlySpan<char> text, out UInt128 address, out bool isV4, out bool wasMapped)
    {
        wasMapped = false;
        isV4 = !text.Contains(':');
        if (isV4)
        {
            return TryParseV4(text, out address);
        }

        address = 0;
        int zone = text.IndexOf('%');
        if (zone >= 0)
        {
            text = text[..zone];
        }

        int lastColon = text.LastIndexOf(':');
        bool endsInV4 = lastColon >= 0 && text[lastColon..].Contains('.');
        if (text.ContainsAnyExcept(V6Characters)
            || (endsInV4 ? !TryParseV4(text[(lastColon + 1)..], out _) : text.Contains('.'))
            || !IPAddress.TryParse(text, out IPAddress? parsed)
            || parsed.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[16];
        parsed.TryWriteBytes(bytes, out _);
        address = BinaryPrimitives.ReadUInt128BigEndian(bytes);
        if (parsed.IsIPv4MappedToIPv6)
        {
            wasMapped = isV4 = true;
            address &= uint.MaxValue;
        }

        return true;
    }

    private static bool TryParseV4(ReadOnlySpan<char> text, out UInt128 address)
    {
        address = 0;
        int octets = 0;
        foreach (Range range in text.Split('.'))
        {
            ReadOnlySpan<char> octet = text[range];
            if (++octets > 4 || octet.Length is 0 or > 3 || octet.ContainsAnyExceptInRange('0', '9') || (octet.Length > 1 && octet[0] == '0'))
            {
                return false;
            }

            int value = int.Parse(octet, CultureInfo.InvariantCulture);
            if (value > 255)
            {
                return false;
            }

            address = (address << 8) | (uint)value;
        }

        return octets == 4;
    }
}
