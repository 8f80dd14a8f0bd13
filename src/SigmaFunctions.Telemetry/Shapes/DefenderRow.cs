using System.Buffers;
using System.Text;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Telemetry.Events;
using SigmaFunctions.Telemetry.Json;

namespace SigmaFunctions.Telemetry.Shapes;

/// <summary>What the columns of Defender's device tables have in common.</summary>
internal static class DefenderRow
{
    /// <summary>A column that has text; absent where it is null, empty or no text.</summary>
    public static RecordValue IfStated(this RecordValue value) => value.Text.IsEmpty ? default : value;

    /// <summary><c>domain\name</c>; the name alone where there is no domain; absent without a name.</summary>
    public static RecordValue AccountOf(this EventSink sink, RecordValue domain, RecordValue name) =>
        sink.Joined(domain.IfStated(), name.IfStated());

    /// <summary>
    /// The full path of a file: the path column holds it in most rows, and only the directory in some. A file of which just the
    /// name is known gets a leading separator, so that a rule's <c>endswith: '\x.exe'</c> can hold.
    /// </summary>
    /// <param name="sink">Where values are composed.</param>
    /// <param name="path">The path column.</param>
    /// <param name="fileName">The name column.</param>
    /// <param name="separator">The separator of the row's operating system.</param>
    public static RecordValue FullPath(this EventSink sink, RecordValue path, RecordValue fileName, ReadOnlySpan<byte> separator)
    {
        ReadOnlySpan<byte> name = fileName.Text;
        if (name.IsEmpty)
        {
            return path;
        }

        ReadOnlySpan<byte> folder = path.Text;
        if (folder.IsEmpty)
        {
            return name.ContainsAny((byte)'\\', (byte)'/') ? fileName : sink.Tape.Compose(separator, name);
        }

        int last = folder.LastIndexOfAny((byte)'\\', (byte)'/');
        if (EqualsIgnoreCase(folder[(last + 1)..], name))
        {
            return path;
        }

        return last == folder.Length - 1 ? sink.Tape.Compose(folder, name) : sink.Tape.Compose(folder, separator, name);
    }

    /// <summary>Whether the value is text that is a path from the root of a Unix file system.</summary>
    public static bool IsUnixPath(RecordValue value) => value.Kind == FieldValueKind.Text && value.StartsWith("/"u8);

    /// <summary>Whether texts are equal but for the case of their letters, as .NET compares them.</summary>
    private static bool EqualsIgnoreCase(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        if (left.SequenceEqual(right) || Ascii.EqualsIgnoreCase(left, right))
        {
            return true;
        }

        if (Ascii.IsValid(left) && Ascii.IsValid(right))
        {
            return false;
        }

        char[] buffer = ArrayPool<char>.Shared.Rent(left.Length + right.Length);
        int length = Encoding.UTF8.GetChars(left, buffer);
        Span<char> other = buffer.AsSpan(length, Encoding.UTF8.GetChars(right, buffer.AsSpan(length)));
        bool equal = buffer.AsSpan(0, length).Equals(other, StringComparison.OrdinalIgnoreCase);
        ArrayPool<char>.Shared.Return(buffer);
        return equal;
    }
}
