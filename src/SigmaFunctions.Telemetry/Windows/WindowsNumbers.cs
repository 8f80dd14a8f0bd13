using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using SigmaFunctions.Telemetry.Json;

namespace SigmaFunctions.Telemetry.Windows;

/// <summary>Numbers as Windows and Sysmon write them; sources that made plain numbers of them write them in decimal.</summary>
internal static class WindowsNumbers
{
    /// <summary>Flags and ids: <c>0x3e7</c>. What is no decimal number stays as it is.</summary>
    public static RecordValue Hexadecimal(RecordTape tape, RecordValue number)
    {
        if (!TryParse(number, out ulong value))
        {
            return number;
        }

        Span<byte> digits = stackalloc byte[16];
        Utf8Formatter.TryFormat(value, digits, out int length, new StandardFormat('x'));
        return tape.Compose("0x"u8, digits[..length]);
    }

    /// <summary>A registry value of 32 bits: <c>DWORD (0x00000001)</c>; absent where it is no such number.</summary>
    public static RecordValue Dword(RecordTape tape, RecordValue number)
    {
        if (!TryParse(number, out ulong value) || value > uint.MaxValue)
        {
            return default;
        }

        Span<byte> digits = stackalloc byte[8];
        Utf8Formatter.TryFormat(value, digits, out _, new StandardFormat('x', 8));
        return tape.Compose("DWORD (0x"u8, digits, ")"u8);
    }

    /// <summary>A registry value of 64 bits: <c>QWORD (0x00000000-0x00000001)</c>; absent where it is no such number.</summary>
    public static RecordValue Qword(RecordTape tape, RecordValue number)
    {
        if (!TryParse(number, out ulong value))
        {
            return default;
        }

        ReadOnlySpan<byte> between = "-0x"u8;
        Span<byte> digits = stackalloc byte[19];
        Utf8Formatter.TryFormat((uint)(value >> 32), digits, out _, new StandardFormat('x', 8));
        between.CopyTo(digits[8..]);
        Utf8Formatter.TryFormat((uint)value, digits[11..], out _, new StandardFormat('x', 8));
        return tape.Compose("QWORD (0x"u8, digits, ")"u8);
    }

    private static bool TryParse(RecordValue number, out ulong value) =>
        ulong.TryParse(number.Text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
}
