using System.Text.RegularExpressions;
using Mono.Cecil;

namespace SigmaFunctions.Documentation.Tests;

/// <summary>A type of a project that uses another one of it.</summary>
/// <param name="From">The namespace and name of the one that uses.</param>
/// <param name="To">Those of the one that is used.</param>
internal sealed record Use(string From, string To);

/// <summary>The rooms of a project, its folders: as docs/architecture.md lists them, as they are on disk, and who uses whom.</summary>
/// <param name="name">Of the project, without <c>SigmaFunctions.</c>.</param>
internal sealed partial class Rooms(string name)
{
    /// <summary>The room of what is in the project's own folder, its roof: it may use all others.</summary>
    public const string Roof = "";

    private readonly string _namespace = $"SigmaFunctions.{name}";
    private readonly string _folder = Path.Combine(Repository.Folder, "src", $"SigmaFunctions.{name}");

    /// <summary>The names of all projects.</summary>
    public static IEnumerable<string> Projects() => Directory.EnumerateDirectories(Path.Combine(Repository.Folder, "src"), "SigmaFunctions.*")
        .Select(folder => Path.GetFileName(folder)["SigmaFunctions.".Length..])
        .Order(StringComparer.Ordinal);

    /// <summary>The rooms in the order of the document, the roof last.</summary>
    public IReadOnlyList<string> Documented()
    {
        string[] lines = File.ReadAllLines(Path.Combine(Repository.Folder, "docs", "architecture.md"));
        return
        [
            .. lines.SkipWhile(line => line != $"### {name}").Skip(1)
                .TakeWhile(line => !line.StartsWith('#'))
                .Select(line => Row().Match(line))
                .Where(row => row.Success)
                .Select(row => row.Groups["room"].Value),
            Roof,
        ];
    }

    /// <summary>The folders that have C# files.</summary>
    public IEnumerable<string> OnDisk() => Sources().Select(RoomOf).Where(room => room != Roof).Distinct().Order(StringComparer.Ordinal);

    /// <summary>Files whose namespace is not that of their folder.</summary>
    public IEnumerable<string> Misnamed() =>
        from file in Sources()
        let declared = Namespace().Match(File.ReadAllText(file)).Groups["name"].Value
        where declared.Length > 0 && declared != string.Join('.', [_namespace, .. RoomOf(file).Split('/', StringSplitOptions.RemoveEmptyEntries)])
        select $"{Path.GetRelativePath(_folder, file)} is in {declared}";

    /// <summary>Which type uses which of another room, in declarations and in code.</summary>
    public IReadOnlyList<Use> Uses()
    {
        string assembly = Path.Combine(_folder, "bin", Repository.Configuration, "net10.0", name == "Cli" ? "sigmaf.dll" : $"{_namespace}.dll");
        using var module = ModuleDefinition.ReadModule(assembly);
        return
        [
            .. from type in module.GetTypes()
               from used in TypeUses.Of(type)
               where used.Scope == module
               let use = new Use(Outermost(type), Outermost(used))
               where RoomOfType(use.From) is { } user && RoomOfType(use.To) is { } room && user != room
               group use by use into uses
               select uses.Key,
        ];
    }

    /// <summary>The room of a type; null for one of another project, and for one that was generated in a namespace without a folder.</summary>
    /// <param name="type">Namespace and name.</param>
    public string? RoomOfType(string type)
    {
        string declaring = type[..Math.Max(0, type.LastIndexOf('.'))];
        if (declaring == _namespace)
        {
            return Roof;
        }

        string? room = declaring.StartsWith(_namespace + ".", StringComparison.Ordinal) ? declaring[(_namespace.Length + 1)..].Replace('.', '/') : null;
        return room is not null && Directory.Exists(Path.Combine(_folder, room)) ? room : null;
    }

    /// <summary>Directives by which a file names a room: constants and references of comments are not seen in what was built.</summary>
    public IEnumerable<(string File, string From, string To)> Directives() =>
        from file in Sources()
        from Match directive in Directive().Matches(File.ReadAllText(file))
        let to = RoomOfType(directive.Groups["name"].Value + ".Any")
        where to is not null
        select (Path.GetRelativePath(_folder, file).Replace('\\', '/'), RoomOf(file), to);

    private IEnumerable<string> Sources() => Directory.EnumerateFiles(_folder, "*.cs", SearchOption.AllDirectories)
        .Where(file => !BuildOutput().IsMatch(Path.GetRelativePath(_folder, file)));

    private string RoomOf(string file) => Path.GetRelativePath(_folder, Path.GetDirectoryName(file)!).Replace('\\', '/') is var room and not "." ? room : Roof;

    private static string Outermost(TypeReference type)
    {
        TypeReference outermost = type.GetElementType();
        while (outermost.DeclaringType is { } declaring)
        {
            outermost = declaring;
        }

        return outermost.FullName;
    }

    [GeneratedRegex(@"^\| `(?<room>[A-Za-z/]+)/` \|")]
    private static partial Regex Row();

    [GeneratedRegex(@"^namespace (?<name>[\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Namespace();

    [GeneratedRegex(@"^using (?:static )?(?<name>[\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Directive();

    [GeneratedRegex(@"^(bin|obj)[\\/]")]
    private static partial Regex BuildOutput();
}
