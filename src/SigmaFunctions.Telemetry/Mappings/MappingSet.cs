using System.Collections.Immutable;
using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.Yaml;

namespace SigmaFunctions.Telemetry.Mappings;

/// <summary>Mappings in the order in which they are asked, and what was wrong with those that are missing among them.</summary>
public sealed class MappingSet
{
    private MappingSet(ImmutableArray<Mapping> mappings, ImmutableArray<Diagnostic> diagnostics)
    {
        Mappings = mappings;
        Diagnostics = diagnostics;
    }

    /// <summary>The mappings that can be used.</summary>
    public ImmutableArray<Mapping> Mappings { get; }

    /// <summary>What is wrong, by file and place; each error costs one mapping.</summary>
    public ImmutableArray<Diagnostic> Diagnostics { get; }

    /// <summary>Reads files, and the <c>.yml</c> and <c>.yaml</c> files below folders in the order of their names.</summary>
    /// <exception cref="FileNotFoundException">There is nothing at one of the paths.</exception>
    public static MappingSet LoadPaths(IEnumerable<string> paths)
    {
        ArgumentNullException.ThrowIfNull(paths);
        var loader = new Loader();
        foreach (string file in paths
            .SelectMany(path => RuleFiles.Find(path).Select(found => found.Path).Order(StringComparer.Ordinal))
            .Distinct(StringComparer.Ordinal))
        {
            string text;
            try
            {
                text = File.ReadAllText(file);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                loader.ReportUnreadable(file, exception.Message);
                continue;
            }

            loader.Add(new RuleFile(file, text));
        }

        return loader.Build();
    }

    /// <summary>Reads files already in memory; each holds one mapping a YAML document.</summary>
    public static MappingSet Load(IEnumerable<RuleFile> files)
    {
        ArgumentNullException.ThrowIfNull(files);
        var loader = new Loader();
        foreach (RuleFile file in files)
        {
            loader.Add(file);
        }

        return loader.Build();
    }

    private sealed class Loader
    {
        private readonly Dictionary<string, Mapping> _mappings = new(StringComparer.Ordinal);
        private readonly List<Mapping> _inOrder = [];
        private readonly List<Diagnostic> _diagnostics = [];

        public void ReportUnreadable(string file, string reason)
        {
            var sink = new DiagnosticSink(file);
            sink.Report(DiagnosticCode.UnreadableFile, default, $"The file cannot be read: {reason}");
            _diagnostics.AddRange(sink.Diagnostics);
        }

        public void Add(RuleFile file)
        {
            foreach (YamlDocument document in YamlDocumentReader.Read(file))
            {
                Add(document);
                _diagnostics.AddRange(document.Diagnostics.Diagnostics);
            }
        }

        public MappingSet Build() => new([.. _inOrder], [.. _diagnostics]);

        private void Add(YamlDocument document)
        {
            if (document.Diagnostics.HasErrors || document.Root is YamlScalar { IsNull: true })
            {
                return;
            }

            if (document.Root is not YamlMapping map)
            {
                document.Diagnostics.Report(
                    DiagnosticCode.NotAMapping, document.Root.Position, "A mapping is a YAML map with 'name', 'when' and 'logsource'. Write it as one.");
                return;
            }

            Mapping? mapping = new MappingReader(map, document.Diagnostics).Read();
            if (mapping is null)
            {
                return;
            }

            if (!_mappings.TryAdd(mapping.Name, mapping))
            {
                Mapping other = _mappings[mapping.Name];
                document.Diagnostics.Report(
                    DiagnosticCode.DuplicateMapping,
                    map["name"]!.Position,
                    $"The name '{mapping.Name}' is taken by the mapping at {other.File}({other.Line}). Give this one another.");
                return;
            }

            _inOrder.Add(mapping);
        }
    }
}
