using System.Collections.Immutable;
using System.Text;
using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Files;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace SigmaFunctions.Engine.Yaml;

/// <summary>A document of a file and what is already known to be wrong with it.</summary>
internal sealed record YamlDocument(YamlNode Root, DiagnosticSink Diagnostics);

/// <summary>
/// Reads YAML into nodes that know their place, with anchors, aliases and merge keys. Depth and the number of nodes (aliases
/// counted each time they are used) are bounded, so that no file exhausts the process.
/// </summary>
internal sealed class YamlDocumentReader
{
    public const int MaxDepth = 64;
    public const int MaxNodes = 1_000_000;

    private const string StandardTag = "tag:yaml.org,2002:";

    // Up to this many keys of a map are compared one by one.
    private const int MaxSearchedKeys = 16;

    private readonly Parser _parser;
    private readonly string _text;
    private readonly string _file;
    private readonly bool _hidesLineBreaks;
    private readonly Dictionary<AnchorName, YamlNode> _anchors = [];
    private DiagnosticSink _sink;
    private int _nodes;

    private YamlDocumentReader(RuleFile file)
    {
        _text = file.Text;
        string text = HideLineBreaks(file.Text);
        _hidesLineBreaks = !ReferenceEquals(text, file.Text);
        _parser = new Parser(new StringReader(text));
        _file = file.Path;
        _sink = new DiagnosticSink(_file);
    }

    /// <summary>Reads every document up to the first syntax error, which becomes a last document without content.</summary>
    public static IEnumerable<YamlDocument> Read(RuleFile file)
    {
        int nul = file.Text.IndexOf('\0', StringComparison.Ordinal);
        if (nul < 0)
        {
            return new YamlDocumentReader(file).ReadDocuments();
        }

        var sink = new DiagnosticSink(file.Path);
        Position position = PositionOf(file.Text, nul);
        sink.Report(DiagnosticCode.InvalidYaml, position, NotYaml("it holds NUL characters. If it is text, save it as UTF-8."));
        return [new YamlDocument(new YamlScalar("", isPlain: true, position), sink)];
    }

    private List<YamlDocument> ReadDocuments()
    {
        var documents = new List<YamlDocument>();
        try
        {
            _parser.Consume<StreamStart>();
            while (!_parser.Accept<StreamEnd>(out _))
            {
                _sink = new DiagnosticSink(_file);
                _anchors.Clear();
                _nodes = 0;
                _parser.Consume<DocumentStart>();
                YamlNode root = ReadNode(depth: 0);
                _parser.Consume<DocumentEnd>();
                documents.Add(new YamlDocument(root, _sink));
            }
        }
        catch (LimitException exception)
        {
            End(DiagnosticCode.TooLarge, exception.Position, exception.Message);
        }
        catch (YamlException exception)
        {
            NotValid(At(exception.Start), exception.InnerException?.Message ?? exception.Message);
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException or IndexOutOfRangeException or FormatException or OverflowException)
        {
            // The scanner leaves some malformed texts with exceptions of the runtime.
            NotValid(_parser.Current is { } last ? At(last.End) : default, "it is malformed here.");
        }

        return documents;

        void NotValid(Position position, string reason)
        {
            (Position at, string message) = YamlMistakes.Explain(_text, position, reason) ?? (position, reason);
            End(DiagnosticCode.InvalidYaml, at, NotYaml(message));
        }

        void End(DiagnosticCode code, Position position, string message)
        {
            _sink.Report(code, position, message);
            documents.Add(new YamlDocument(new YamlScalar("", isPlain: true, position), _sink));
        }
    }

    private static string NotYaml(string reason) => $"This is not valid YAML: {reason} Nothing from here to the end of the file is read.";

    private YamlNode ReadNode(int depth)
    {
        Position start = At(_parser.Current!.Start);
        if (depth > MaxDepth)
        {
            throw new LimitException(start, $"Values are nested more than {MaxDepth} deep. Flatten them.");
        }

        if (_parser.TryConsume<AnchorAlias>(out AnchorAlias? alias))
        {
            if (!_anchors.TryGetValue(alias.Value, out YamlNode? target))
            {
                throw new YamlException(alias.Start, alias.End, $"The alias '*{alias.Value}' refers to no anchor above it.");
            }

            Count(target.Size, start);
            return target;
        }

        Count(1, start);
        return _parser.Current switch
        {
            Scalar => ReadScalar(start),
            SequenceStart => ReadSequence(start, depth),
            MappingStart => ReadMapping(start, depth),
            _ => throw new YamlException(_parser.Current.Start, _parser.Current.End, "A value is expected here."),
        };
    }

    private YamlScalar ReadScalar(Position start)
    {
        Scalar scalar = _parser.Consume<Scalar>();
        bool isPlain = scalar.Style == ScalarStyle.Plain && scalar.Tag.IsEmpty;
        var read = new YamlScalar(WellFormed(ShowLineBreaks(scalar.Value)), isPlain, start)
        {
            IsDoubleQuoted = scalar.Style == ScalarStyle.DoubleQuoted,
            IsJoined = scalar.Style is ScalarStyle.Plain or ScalarStyle.SingleQuoted or ScalarStyle.DoubleQuoted && scalar.End.Line > scalar.Start.Line,
            IsBlock = scalar.Style is ScalarStyle.Literal or ScalarStyle.Folded,
        };
        if (scalar.Tag is { IsEmpty: false, IsNonSpecific: false } tag && !tag.Value.StartsWith(StandardTag, StringComparison.Ordinal))
        {
            _sink.Report(DiagnosticCode.NotText, start, $"'{Shortened.Of(tag.Value)}' is a tag to YAML, and no part of the text. If it is meant as text, put the value in quotes.");
        }
        else if (!scalar.Anchor.IsEmpty && read is { IsPlain: true, Value: "" })
        {
            _sink.Report(DiagnosticCode.NotText, start, $"'&{Shortened.Of(scalar.Anchor.Value)}' is an anchor to YAML, of a value that is empty. If it is meant as text, put the value in quotes.");
        }

        if (read.Value.Contains('\uFFFD', StringComparison.Ordinal))
        {
            _sink.Report(DiagnosticCode.LostCharacters, start, "Here stands U+FFFD, which bytes become that are not UTF-8: the text will not be found. Save the file as UTF-8 and write the character again.");
        }

        return Anchor(scalar.Anchor, read);
    }

    private YamlSequence ReadSequence(Position start, int depth)
    {
        AnchorName anchor = _parser.Consume<SequenceStart>().Anchor;
        ImmutableArray<YamlNode>.Builder items = ImmutableArray.CreateBuilder<YamlNode>();
        while (!_parser.TryConsume<SequenceEnd>(out _))
        {
            items.Add(ReadNode(depth + 1));
        }

        return Anchor(anchor, new YamlSequence(items.DrainToImmutable(), start));
    }

    private YamlMapping ReadMapping(Position start, int depth)
    {
        AnchorName anchor = _parser.Consume<MappingStart>().Anchor;
        ImmutableArray<YamlEntry>.Builder entries = ImmutableArray.CreateBuilder<YamlEntry>();
        List<YamlEntry>? merged = null;
        HashSet<string>? seen = null;
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            YamlNode key = ReadNode(depth + 1);
            YamlNode value = ReadNode(depth + 1);
            if (key is not YamlScalar scalar)
            {
                _sink.Report(DiagnosticCode.InvalidYaml, key.Position, "A key must be text. Write it as a plain or quoted word.");
            }
            else if (scalar is { Value: "<<", IsPlain: true })
            {
                Merge(value, merged ??= []);
            }
            else if (!IsNew(scalar.Value))
            {
                _sink.Report(DiagnosticCode.DuplicateKey, scalar.Position, $"The key '{scalar.Value}' stands twice in this map. Keep one of them.");
            }
            else
            {
                entries.Add(new YamlEntry(scalar, value));
            }
        }

        foreach (YamlEntry entry in merged ?? [])
        {
            if (IsNew(entry.Key.Value))
            {
                entries.Add(entry);
            }
        }

        return Anchor(anchor, new YamlMapping(entries.DrainToImmutable(), start));

        bool IsNew(string key)
        {
            if (entries.Count >= MaxSearchedKeys)
            {
                seen ??= entries.Select(entry => entry.Key.Value).ToHashSet(StringComparer.Ordinal);
                return seen.Add(key);
            }

            foreach (YamlEntry entry in entries)
            {
                if (entry.Key.Value == key)
                {
                    return false;
                }
            }

            return true;
        }
    }

    /// <summary>YAML 1.1 merge key: a map or a list of maps; keys written out win, then the earlier map.</summary>
    private void Merge(YamlNode value, List<YamlEntry> into)
    {
        IEnumerable<YamlNode> maps = value is YamlSequence list ? list.Items : [value];
        foreach (YamlNode map in maps)
        {
            if (map is YamlMapping mapping)
            {
                into.AddRange(mapping.Entries);
            }
            else
            {
                _sink.Report(DiagnosticCode.InvalidYaml, map.Position, "A merge key '<<' takes a map or a list of maps. Refer to an anchor of a map.");
            }
        }
    }

    private T Anchor<T>(AnchorName anchor, T node)
        where T : YamlNode
    {
        if (!anchor.IsEmpty)
        {
            _anchors[anchor] = node;
        }

        return node;
    }

    private void Count(int nodes, Position position)
    {
        _nodes += nodes;
        if (_nodes > MaxNodes || _nodes < 0)
        {
            throw new LimitException(position, $"This document has more than {MaxNodes} values (aliases counted each time). Split it.");
        }
    }

    private static Position PositionOf(string text, int index)
    {
        ReadOnlySpan<char> before = text.AsSpan(0, index);
        return new Position(before.Count('\n') + 1, index - before.LastIndexOf('\n'));
    }

    // YAML 1.2 has two line breaks; the scanner still has the five of YAML 1.1, so the other three are kept from it.
    private static string HideLineBreaks(string text) => text.AsSpan().ContainsAny('\u0085', '\u2028', '\u2029') && !text.AsSpan().ContainsAny('\uE085', '\uE028', '\uE029')
        ? text.Replace('\u0085', '\uE085').Replace('\u2028', '\uE028').Replace('\u2029', '\uE029')
        : text;

    private string ShowLineBreaks(string text) => _hidesLineBreaks
        ? text.Replace('\uE085', '\u0085').Replace('\uE028', '\u2028').Replace('\uE029', '\u2029')
        : text;

    private static Position At(in Mark mark) => new((int)mark.Line, (int)mark.Column);

    /// <summary>Events hold U+FFFD where they were not well-formed; rules are read the same way.</summary>
    private static string WellFormed(string text)
    {
        int first = text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF');
        for (int i = first < 0 ? text.Length : first; i < text.Length; i++)
        {
            if (char.IsSurrogate(text[i]) && !(char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[++i])))
            {
                return Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
            }
        }

        return text;
    }

    private sealed class LimitException(Position position, string message) : Exception(message)
    {
        public Position Position { get; } = position;
    }
}
