using SigmaFunctions.Engine.Events;
using SigmaFunctions.Telemetry.Json;
using SigmaFunctions.Telemetry.Windows;

namespace SigmaFunctions.Telemetry.Shapes;

/// <summary>What the columns of Defender's device tables have in common.</summary>
internal static class DefenderRow
{
    /// <summary>The text of a column; <see langword="null"/> where it is absent, null or empty.</summary>
    public static string? TextOf(RecordValue value) => value.Text is { Length: > 0 } text ? text : null;

    /// <summary><c>domain\name</c>; the name alone where there is no domain.</summary>
    public static string? AccountOf(RecordValue domain, RecordValue name) => WindowsRecord.Joined(TextOf(domain), TextOf(name));

    /// <summary>
    /// The full path of a file: the path column holds it in most rows, and only the directory in some. A file of which just the
    /// name is known gets a leading separator, so that a rule's <c>endswith: '\x.exe'</c> can hold.
    /// </summary>
    public static RecordValue FullPath(RecordValue path, RecordValue fileName, char separator)
    {
        if (TextOf(fileName) is not { } name)
        {
            return path;
        }

        if (TextOf(path) is not { } folder)
        {
            return name.AsSpan().ContainsAny('\\', '/') ? fileName : RecordValue.FromText(separator + name);
        }

        int last = folder.AsSpan().LastIndexOfAny('\\', '/');
        if (folder.AsSpan(last + 1).Equals(name, StringComparison.OrdinalIgnoreCase))
        {
            return path;
        }

        return RecordValue.FromText(last == folder.Length - 1 ? folder + name : $"{folder}{separator}{name}");
    }

    /// <summary>Whether the value is text that is a path from the root of a Unix file system.</summary>
    public static bool IsUnixPath(RecordValue value) => value.Kind == FieldValueKind.Text && value.StartsWith("/");
}
