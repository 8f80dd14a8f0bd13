using System.Collections.Immutable;

namespace SigmaFunctions.Catalog.Model;

/// <summary>A folder or file of rules that a catalogue is made of, and the name it goes by.</summary>
/// <param name="Name">Name for people, such as <c>github.com/SigmaHQ/sigma</c>.</param>
/// <param name="Path">The folder or file.</param>
public sealed record RuleSource(string Name, string Path)
{
    /// <summary>Its address, if the name is one without a scheme, such as <c>github.com/SigmaHQ/sigma</c>.</summary>
    public string? Url =>
        Name.IndexOf('/', StringComparison.Ordinal) is > 0 and int slash
        && Name.AsSpan(0, slash).Contains('.')
        && !Name.AsSpan(0, slash).StartsWith(".")
        && Uri.TryCreate($"https://{Name}", UriKind.Absolute, out Uri? uri)
        && uri.UserInfo.Length == 0
            ? uri.AbsoluteUri
            : null;

    /// <summary>
    /// Sources from what a command line names: <c>PATH</c>, which goes by the last part of the path, or <c>NAME=PATH</c>.
    /// Names are told apart by number.
    /// </summary>
    public static ImmutableArray<RuleSource> Parse(IEnumerable<string> arguments)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        ImmutableArray<RuleSource>.Builder sources = ImmutableArray.CreateBuilder<RuleSource>();
        foreach (string argument in arguments)
        {
            int equals = argument.IndexOf('=', StringComparison.Ordinal);
            bool isNamed = equals > 0 && !System.IO.Path.Exists(argument);
            string path = isNamed ? argument[(equals + 1)..] : argument;
            string name = isNamed ? argument[..equals] : NameOf(path);
            string distinct = name;
            for (int number = 2; !names.Add(distinct); number++)
            {
                distinct = $"{name} ({number})";
            }

            sources.Add(new RuleSource(distinct, path));
        }

        return sources.ToImmutable();
    }

    /// <summary>The name of a rule file as it is seen from the source's folder, with <c>/</c>; null if it is not below it.</summary>
    public string? RelativeName(string file)
    {
        if (file == Path)
        {
            return System.IO.Path.GetFileName(file);
        }

        string folder = Path.EndsWith(System.IO.Path.DirectorySeparatorChar) ? Path : Path + System.IO.Path.DirectorySeparatorChar;
        return file.StartsWith(folder, StringComparison.Ordinal)
            ? file[folder.Length..].Replace(System.IO.Path.DirectorySeparatorChar, '/')
            : null;
    }

    private static string NameOf(string path)
    {
        string name = System.IO.Path.GetFileNameWithoutExtension(System.IO.Path.GetFullPath(path).TrimEnd(System.IO.Path.DirectorySeparatorChar));
        return name.Length == 0 ? "rules" : name;
    }
}
