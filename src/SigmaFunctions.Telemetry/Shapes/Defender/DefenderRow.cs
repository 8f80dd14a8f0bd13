using System.Collections.Immutable;
using System.Text;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Telemetry.Events;
using SigmaFunctions.Telemetry.Json;

namespace SigmaFunctions.Telemetry.Shapes.Defender;

/// <summary>What the columns of Defender's device tables have in common.</summary>
internal static class DefenderRow
{
    /// <summary>Folders at the root that macOS has and Linux has not.</summary>
    private static readonly ImmutableArray<byte[]> MacFolders =
    [
        .. new[] { "/Applications/", "/Library/", "/Network/", "/System/", "/Users/", "/Volumes/", "/cores/", "/private/", "/usr/libexec/xpcproxy" }
            .Select(Encoding.UTF8.GetBytes),
    ];

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
        if (Utf8IgnoreCase.Equals(folder[(last + 1)..], name))
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
    public static DefenderProduct ProductOf(
        RecordValue path, RecordValue initiating, ref DefenderAdditionalFields additional, RecordValue parent)
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

        // The initiating process's path mostly comes in lower case.
        return !IsUnixPath(first) ? DefenderProduct.Windows
            : IsMac(path) || IsMac(initiating, ignoreCase: true) || IsMac(directory) || IsMac(parent) ? DefenderProduct.MacOS
            : DefenderProduct.Linux;
    }

    /// <summary>What separates the folders of a path.</summary>
    public static ReadOnlySpan<byte> SeparatorOf(DefenderProduct product) => product == DefenderProduct.Windows ? @"\"u8 : "/"u8;

    /// <summary>Whether the value is text that is a path from the root of a Unix file system.</summary>
    public static bool IsUnixPath(RecordValue value) => value.Kind == FieldValueKind.Text && value.StartsWith("/"u8);

    private static bool IsMac(RecordValue path, bool ignoreCase = false)
    {
        ReadOnlySpan<byte> text = path.Text;
        foreach (byte[] folder in MacFolders)
        {
            if (ignoreCase ? Utf8IgnoreCase.StartsWith(text, folder) : text.StartsWith(folder))
            {
                return true;
            }
        }

        return text.SequenceEqual("/sbin/launchd"u8) || text.SequenceEqual("launchd"u8) || text.SequenceEqual("xpcproxy"u8);
    }
}
