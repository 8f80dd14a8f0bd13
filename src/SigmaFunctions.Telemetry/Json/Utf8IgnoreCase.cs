using System.Buffers;
using System.Text;

namespace SigmaFunctions.Telemetry.Json;

/// <summary>
/// Compares UTF-8 as <see cref="StringComparison.OrdinalIgnoreCase"/> compares text, without allocating. An ASCII letter is the same as
/// no letter outside of ASCII, so where one side is ASCII the bytes decide.
/// </summary>
internal static class Utf8IgnoreCase
{
    /// <summary>Whether the texts are equal but for the case of their letters.</summary>
    public static bool Equals(ReadOnlySpan<byte> text, ReadOnlySpan<byte> other) => Ascii.IsValid(text) || Ascii.IsValid(other)
        ? Ascii.EqualsIgnoreCase(text, other)
        : Compare(text, other, static (left, right) => left.Equals(right, StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether the text begins so.</summary>
    public static bool StartsWith(ReadOnlySpan<byte> text, ReadOnlySpan<byte> start) => Ascii.IsValid(start)
        ? text.Length >= start.Length && Ascii.EqualsIgnoreCase(text[..start.Length], start)
        : Compare(text, start, static (left, right) => left.StartsWith(right, StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether the text ends so.</summary>
    public static bool EndsWith(ReadOnlySpan<byte> text, ReadOnlySpan<byte> end) => Ascii.IsValid(end)
        ? text.Length >= end.Length && Ascii.EqualsIgnoreCase(text[^end.Length..], end)
        : Compare(text, end, static (left, right) => left.EndsWith(right, StringComparison.OrdinalIgnoreCase));

    private static bool Compare(ReadOnlySpan<byte> text, ReadOnlySpan<byte> other, Comparison comparison)
    {
        char[] buffer = ArrayPool<char>.Shared.Rent(text.Length + other.Length);
        int length = Encoding.UTF8.GetChars(text, buffer);
        Span<char> rest = buffer.AsSpan(length, Encoding.UTF8.GetChars(other, buffer.AsSpan(length)));
        bool holds = comparison(buffer.AsSpan(0, length), rest);
        ArrayPool<char>.Shared.Return(buffer);
        return holds;
    }

    private delegate bool Comparison(ReadOnlySpan<char> text, ReadOnlySpan<char> other);
}
