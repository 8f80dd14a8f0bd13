using System.Buffers;
using System.Buffers.Text;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Telemetry.Events;
using SigmaFunctions.Telemetry.Json;

namespace SigmaFunctions.Telemetry.Shapes;

/// <summary>What the columns of Defender's device tables have in common.</summary>
internal static class DefenderRow
{
    /// <summary>Folders at the root that macOS has and Linux has not.</summary>
    private static readonly ImmutableArray<byte[]> MacFolders =
    [
        .. new[] { "/Applications/", "/Library/", "/Network/", "/System/", "/Users/", "/Volumes/", "/cores/", "/private/", "/usr/libexec/xpcproxy" }
            .Select(Encoding.UTF8.GetBytes),
    ];

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

    /// <summary>
    /// The operating system, which no row states: Unix paths begin with a slash, and macOS has folders of its own. A row that shows
    /// none of these is taken for Linux.
    /// </summary>
    /// <param name="path">The path of the process or file that the row is about.</param>
    /// <param name="initiating">The path of the initiating process.</param>
    /// <param name="additional">For the working directory.</param>
    /// <param name="parent">The name of the initiating process's parent.</param>
    /// <param name="ignoreCase">Whether the initiating process's path is one whose letters Defender made lower.</param>
    public static DefenderProduct ProductOf(
        RecordValue path, RecordValue initiating, ref DefenderAdditionalFields additional, RecordValue parent, bool ignoreCase)
    {
        path = path.IfStated();
        initiating = initiating.IfStated();
        RecordValue first = path.Exists ? path : initiating;
        if (first.Exists && !IsUnixPath(first))
        {
            return DefenderProduct.Windows;
        }

        RecordValue directory = additional.WorkingDirectory().IfStated();
        parent = parent.IfStated();
        first = first.Exists ? first : directory.Exists ? directory : parent;
        return !IsUnixPath(first) ? DefenderProduct.Windows
            : IsMac(path) || IsMac(initiating, ignoreCase) || IsMac(directory) || IsMac(parent) ? DefenderProduct.MacOS
            : DefenderProduct.Linux;
    }

    /// <summary>What separates the folders of a path.</summary>
    public static ReadOnlySpan<byte> SeparatorOf(DefenderProduct product) => product == DefenderProduct.Windows ? @"\"u8 : "/"u8;

    /// <summary>A number as Windows writes flags and ids, <c>0x3e7</c>; Defender writes it in decimal.</summary>
    public static RecordValue Hexadecimal(this EventSink sink, RecordValue number)
    {
        if (!number.HasText || !ulong.TryParse(number.Text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong value))
        {
            return number;
        }

        Span<byte> digits = stackalloc byte[16];
        Utf8Formatter.TryFormat(value, digits, out int length, new StandardFormat('x'));
        return sink.Tape.Compose("0x"u8, digits[..length]);
    }

    /// <summary>The hashes as Sysmon writes them: <c>SHA1=…,MD5=…,SHA256=…</c> in upper case, without those that are not known.</summary>
    public static RecordValue HashesOf(this EventSink sink, RecordValue sha1, RecordValue md5, RecordValue sha256)
    {
        // The case of a letter may take more bytes than the letter, but never three times as many.
        const int Names = 20;
        RecordTape tape = sink.Tape;
        Span<byte> hashes = tape.Reserve(((sha1.Text.Length + md5.Text.Length + sha256.Text.Length) * 3) + Names);
        int length = 0;
        Append(hashes, ref length, "SHA1="u8, sha1.Text);
        Append(hashes, ref length, "MD5="u8, md5.Text);
        Append(hashes, ref length, "SHA256="u8, sha256.Text);
        return length == 0 ? default : tape.Take(length);
    }

    /// <summary>Whether the value is text that is a path from the root of a Unix file system.</summary>
    public static bool IsUnixPath(RecordValue value) => value.Kind == FieldValueKind.Text && value.StartsWith("/"u8);

    private static bool IsMac(RecordValue path, bool ignoreCase = false)
    {
        ReadOnlySpan<byte> text = path.Text;
        foreach (byte[] folder in MacFolders)
        {
            if (text.StartsWith(folder)
                || (ignoreCase && text.Length >= folder.Length && Ascii.EqualsIgnoreCase(text[..folder.Length], folder)))
            {
                return true;
            }
        }

        return text.SequenceEqual("/sbin/launchd"u8) || text.SequenceEqual("launchd"u8) || text.SequenceEqual("xpcproxy"u8);
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
        if (Ascii.ToUpper(hash, hashes[length..], out int written) != OperationStatus.Done)
        {
            written = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(hash).ToUpperInvariant(), hashes[length..]);
        }

        length += written;
    }

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
