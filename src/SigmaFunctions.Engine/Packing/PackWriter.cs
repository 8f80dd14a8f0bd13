using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Logic;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.RegularExpressions;
using SigmaFunctions.Engine.RuleSets;

namespace SigmaFunctions.Engine.Packing;

/// <summary>
/// Writes the content of a pack: strings, sources, log sources, predicates, filters, rules, correlations, diagnostics. Numbers are of variable
/// length; texts are indices into the strings, from 1, and 0 is null. <see cref="PackReader"/> reads it.
/// </summary>
internal sealed class PackWriter
{
    private readonly ArrayBufferWriter<byte> _content = new();
    private readonly Dictionary<string, int> _strings = new(StringComparer.Ordinal);
    private readonly Dictionary<Predicate, int> _predicates = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<string, int> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<LogSource, int> _logSources = [];
    private int _regexes;
    private int _triedRegexes;

    private PackWriter()
    {
    }

    /// <summary>A whole pack.</summary>
    /// <param name="rules">The rules, as YAML gave them.</param>
    /// <param name="roots">The paths that were packed, from the pack's folder.</param>
    /// <param name="sources">The files that were read.</param>
    /// <param name="placeholders">The placeholders that the rules were compiled with.</param>
    /// <exception cref="InvalidDataException">The rules are too much for a pack.</exception>
    public static byte[] Write(
        RuleSet rules, IReadOnlyList<string> roots, IReadOnlyDictionary<string, PackSource> sources, PlaceholderSet placeholders)
    {
        var writer = new PackWriter();
        writer.WriteSources(rules, roots, sources, placeholders);
        writer.WriteLogSources(rules);
        writer.WritePredicates(rules);
        Dictionary<CompiledFilter, int> filters = writer.WriteFilters(rules);
        writer.WriteAll(rules.Compiled, rule => writer.WriteRule(rule, filters));
        writer.WriteAll(rules.Correlations, writer.WriteCorrelation);
        writer.WriteAll(rules.Diagnostics, writer.WriteDiagnostic);
        return writer.Assemble();
    }

    /// <summary>Identifies the values that placeholders have.</summary>
    public static ulong HashOf(PlaceholderSet? placeholders)
    {
        var text = new StringBuilder();
        foreach ((string? name, ImmutableArray<string> values) in placeholders?.Values ?? [])
        {
            text.Append(CultureInfo.InvariantCulture, $"{name.Length}:{name}{values.Length}:");
            foreach (string value in values)
            {
                text.Append(CultureInfo.InvariantCulture, $"{value.Length}:{value}");
            }
        }

        return PackFormat.HashOf(MemoryMarshal.AsBytes(text.ToString().AsSpan()));
    }

    private byte[] Assemble()
    {
        if (_regexes > PackFormat.MaxRegexes)
        {
            throw new InvalidDataException($"More than {PackFormat.MaxRegexes} regular expressions are too many for a pack.");
        }

        if (_triedRegexes > PackFormat.MaxTriedRegexes)
        {
            throw new InvalidDataException($"More than {PackFormat.MaxTriedRegexes} regular expressions are not plain enough to be packed.");
        }

        var strings = new ArrayBufferWriter<byte>();
        WriteStrings(strings);
        long size = (long)PackFormat.HeaderSize + strings.WrittenCount + _content.WrittenCount;
        if (size > PackFormat.MaxSize)
        {
            throw new InvalidDataException($"The pack would be larger than {PackFormat.MaxSize / (1024 * 1024)} MiB.");
        }

        byte[] pack = new byte[size];
        strings.WrittenSpan.CopyTo(pack.AsSpan(PackFormat.HeaderSize));
        _content.WrittenSpan.CopyTo(pack.AsSpan(PackFormat.HeaderSize + strings.WrittenCount));
        PackFormat.Frame(pack);
        return pack;
    }

    /// <summary>All lengths, then all texts: UTF-8, or UTF-16 for what that cannot hold (a message that was cut within a character).</summary>
    private void WriteStrings(ArrayBufferWriter<byte> into)
    {
        var strict = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
        var texts = new List<byte[]>(_strings.Count);
        WriteNumber(into, _strings.Count);
        foreach (string text in _strings.Keys)
        {
            byte[] bytes;
            bool isUtf16 = false;
            try
            {
                bytes = strict.GetBytes(text);
            }
            catch (EncoderFallbackException)
            {
                bytes = MemoryMarshal.AsBytes(text.AsSpan()).ToArray();
                isUtf16 = true;
            }

            texts.Add(bytes);
            WriteNumber(into, (bytes.Length << 1) | (isUtf16 ? 1 : 0));
        }

        foreach (byte[] text in texts)
        {
            into.Write(text);
        }
    }

    private void WriteSources(
        RuleSet rules, IReadOnlyList<string> roots, IReadOnlyDictionary<string, PackSource> sources, PlaceholderSet placeholders)
    {
        Write(rules.Revision);
        Write(rules.Rejected);
        Write(rules.UsesPlaceholders);
        Write(rules.UsesPlaceholders ? HashOf(placeholders) : 0);
        WriteAll(roots, Write);
        WriteAll(sources.OrderBy(source => source.Key, StringComparer.Ordinal), source =>
        {
            _files.Add(source.Key, _files.Count);
            Write(source.Value.Root);
            Write(source.Value.Name);
            Write(source.Value.Hash);
        });
    }

    private void WritePredicates(RuleSet rules)
    {
        foreach (CompiledRule rule in rules.Compiled)
        {
            foreach (CompiledFilter filter in rule.Filters)
            {
                Collect(filter.Identifiers);
            }

            Collect(rule.Identifiers);
        }

        WriteAll(_predicates.Keys, WritePredicate);
    }

    private void Collect(ImmutableArray<CompiledIdentifier> identifiers)
    {
        foreach (CompiledIdentifier identifier in identifiers)
        {
            Collect(identifier.Expression);
        }
    }

    private void Collect(Expression expression)
    {
        switch (expression)
        {
            case AndExpression and:
                foreach (Expression operand in and.Operands)
                {
                    Collect(operand);
                }

                break;
            case OrExpression or:
                foreach (Expression operand in or.Operands)
                {
                    Collect(operand);
                }

                break;
            case NotExpression not:
                Collect(not.Operand);
                break;
            case PredicateExpression test:
                _predicates.TryAdd(test.Predicate, _predicates.Count);
                break;
        }
    }

    private void WritePredicate(Predicate predicate)
    {
        switch (predicate)
        {
            case TextPredicate text:
                Start(PredicateKind.Text);
                Write(text.Cased);
                WriteAll(text.Pattern.Parts, part =>
                {
                    // A literal is its text; the wildcards have none.
                    Write(part.Kind switch { PatternPartKind.AnyOne => 0, PatternPartKind.AnyRun => 1, _ => 1 + IndexOf(part.Text) });
                });
                break;
            case NumberPredicate number:
                Start(PredicateKind.Number);
                Write(number.Text);
                break;
            case NullPredicate:
                Start(PredicateKind.Null);
                break;
            case ExistsPredicate exists:
                Start(PredicateKind.Exists);
                Write(exists.Expected);
                break;
            case RegexPredicate regex:
                Start(PredicateKind.Regex);
                Write(regex.Pattern);
                Write((int)regex.Options);
                _regexes++;
                if (RegexSyntax.Read(regex.Pattern, regex.Options) is not { Constructs: true })
                {
                    _triedRegexes++;
                }

                break;
            case NetworkPredicate network:
                Start(PredicateKind.Network);
                Write(network.Network.ToString());
                break;
            case ComparisonPredicate comparison:
                Start(PredicateKind.Comparison);
                Write((int)comparison.Operator);
                Write(comparison.Number.ToString());
                break;
            case TimestampPredicate timestamp:
                Start(PredicateKind.Timestamp);
                Write((int)timestamp.Part);
                Write((int)timestamp.Operator);
                Write(timestamp.Number.ToString());
                break;
            case FieldReferencePredicate reference:
                Start(PredicateKind.FieldReference);
                Write(reference.Other);
                Write((int)reference.Relation);
                Write(reference.Cased);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(predicate));
        }

        void Start(PredicateKind kind)
        {
            Write((int)kind);
            Write(predicate.Field);
        }
    }

    private Dictionary<CompiledFilter, int> WriteFilters(RuleSet rules)
    {
        WriteAll(rules.Filters, WriteFilter);
        var applied = new Dictionary<CompiledFilter, int>(ReferenceEqualityComparer.Instance);
        foreach (CompiledFilter? filter in rules.Compiled.SelectMany(rule => rule.Filters))
        {
            applied.TryAdd(filter, applied.Count);
        }

        WriteAll(applied.Keys, filter =>
        {
            Write(rules.Filters.IndexOf(filter.Filter));
            WriteDetection(filter.Identifiers, filter.Condition);
        });
        return applied;
    }

    private void WriteFilter(SigmaFilter filter)
    {
        Write(filter.Id);
        Write(filter.Title);
        Write(filter.Name);
        Write(filter.Description);
        Write(filter.LogSource);
        WriteAll(filter.Rules, Write);
        WritePlace(filter.File, filter.Line);
    }

    private void WriteRule(CompiledRule compiled, Dictionary<CompiledFilter, int> filters)
    {
        SigmaRule rule = compiled.Rule;
        Write(rule.Id);
        Write(rule.Title);
        Write(rule.Name);
        Write(rule.Level);
        Write(rule.Status);
        Write(rule.Description);
        Write(rule.Author);
        Write(rule.License);
        Write(rule.Date);
        Write(rule.Modified);
        Write(rule.Taxonomy);
        Write(rule.LogSource);
        WriteAll(rule.Tags, Write);
        WriteAll(rule.References, Write);
        WriteAll(rule.Fields, Write);
        WriteAll(rule.FalsePositives, Write);
        WriteAll(rule.Scope, Write);
        WriteAll(rule.Related, related =>
        {
            Write(related.Id);
            Write(related.Type);
        });
        WriteMap(rule.CustomAttributes);
        WritePlace(rule.File, rule.Line);
        WriteDetection(compiled.Identifiers, compiled.Condition);
        WriteAll(compiled.Filters, filter => Write(filters[filter]));
    }

    private void WriteCorrelation(SigmaCorrelation correlation)
    {
        Write(correlation.Id);
        Write(correlation.Title);
        Write(correlation.Name);
        Write(correlation.Description);
        Write(correlation.Level);
        Write(correlation.Status);
        WriteAll(correlation.Tags, Write);
        Write(correlation.Author);
        Write(correlation.Date);
        Write(correlation.Modified);
        Write(correlation.License);
        WriteAll(correlation.References, Write);
        WriteAll(correlation.FalsePositives, Write);
        Write((int)correlation.Type);
        WriteAll(correlation.Rules, Write);
        WriteAll(correlation.GroupBy, Write);
        Write(correlation.Timespan.Ticks.ToString(CultureInfo.InvariantCulture));
        WriteAll(correlation.Bounds, bound =>
        {
            Write((int)bound.Operator);
            Write(bound.Value.ToString(CultureInfo.InvariantCulture));
        });
        WriteAll(correlation.Fields, Write);
        Write(correlation.Percentile?.ToString(CultureInfo.InvariantCulture));
        WriteAll(correlation.Aliases, alias =>
        {
            Write(alias.Name);
            WriteMap(alias.FieldByRule);
        });
        Write(correlation.Generate);
        Write(correlation.Condition);
        WriteAll(correlation.Expression?.Terms ?? [], term =>
        {
            WriteAll(term.Present, Write);
            WriteAll(term.Absent, Write);
        });
        if (correlation.Expression is { } expression)
        {
            WriteAll(expression.Positive, Write);
            WriteAll(expression.Negative, Write);
        }

        WritePlace(correlation.File, correlation.Line);
    }

    private void WriteDiagnostic(Diagnostic diagnostic)
    {
        Write(diagnostic.Code);
        Write((int)diagnostic.Severity);
        WritePlace(diagnostic.File, diagnostic.Line);
        Write(diagnostic.Column);
        Write(diagnostic.Message);
    }

    private void WriteDetection(ImmutableArray<CompiledIdentifier> identifiers, Expression condition)
    {
        WriteAll(identifiers, identifier =>
        {
            Write(identifier.Name);
            Write(identifier.Expression, []);
        });
        Write(condition, identifiers);
    }

    private void Write(Expression expression, ImmutableArray<CompiledIdentifier> identifiers)
    {
        switch (expression)
        {
            case PredicateExpression test:
                Write((int)ExpressionKind.Predicate);
                Write(_predicates[test.Predicate]);
                break;
            case AndExpression and:
                Write((int)ExpressionKind.And);
                WriteAll(and.Operands, operand => Write(operand, identifiers));
                break;
            case OrExpression or:
                Write((int)ExpressionKind.Or);
                WriteAll(or.Operands, operand => Write(operand, identifiers));
                break;
            case NotExpression not:
                Write((int)ExpressionKind.Not);
                Write(not.Operand, identifiers);
                break;
            case IdentifierExpression reference:
                Write((int)ExpressionKind.Identifier);
                int index = 0;
                while (!ReferenceEquals(identifiers[index], reference.Identifier))
                {
                    index++;
                }

                Write(index);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(expression));
        }
    }

    private void WritePlace(string file, int line)
    {
        Write(_files[file]);
        Write(line);
    }

    private void Write(LogSource logSource) => Write(_logSources[logSource]);

    private void WriteLogSources(RuleSet rules)
    {
        foreach (LogSource? logSource in rules.Rules.Select(rule => rule.LogSource).Concat(rules.Filters.Select(filter => filter.LogSource)))
        {
            _logSources.TryAdd(logSource, _logSources.Count);
        }

        WriteAll(_logSources.Keys, logSource =>
        {
            Write(logSource.Category);
            Write(logSource.Product);
            Write(logSource.Service);
        });
    }

    private void WriteMap(IReadOnlyCollection<KeyValuePair<string, string>> map) => WriteAll(map, pair =>
    {
        Write(pair.Key);
        Write(pair.Value);
    });

    private void WriteAll<T>(IEnumerable<T> items, Action<T> write)
    {
        var list = items.ToList();
        Write(list.Count);
        foreach (T? item in list)
        {
            write(item);
        }
    }

    private void Write(string? text) => Write(text is null ? 0 : IndexOf(text));

    private void Write(bool value) => Write(value ? 1 : 0);

    private void Write(ulong hash)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(_content.GetSpan(8), hash);
        _content.Advance(8);
    }

    private void Write(int number) => WriteNumber(_content, number);

    /// <summary>Seven bits a byte, the lowest first; the eighth says that more follow.</summary>
    private static void WriteNumber(ArrayBufferWriter<byte> into, int number)
    {
        uint rest = (uint)number;
        Span<byte> bytes = into.GetSpan(5);
        int length = 0;
        for (; rest >= 0x80; rest >>= 7)
        {
            bytes[length++] = (byte)(rest | 0x80);
        }

        bytes[length++] = (byte)rest;
        into.Advance(length);
    }

    private int IndexOf(string text)
    {
        if (!_strings.TryGetValue(text, out int index))
        {
            _strings.Add(text, index = _strings.Count + 1);
        }

        return index;
    }
}

/// <summary>How a pack writes the kinds of predicates.</summary>
internal enum PredicateKind
{
    Text,
    Number,
    Null,
    Exists,
    Regex,
    Network,
    Comparison,
    Timestamp,
    FieldReference,
}

/// <summary>How a pack writes the kinds of expressions.</summary>
internal enum ExpressionKind
{
    Predicate,
    And,
    Or,
    Not,
    Identifier,
}
