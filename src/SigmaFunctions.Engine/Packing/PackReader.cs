using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;
using SigmaFunctions.Engine.Compilation;
using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Logic;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.RegularExpressions;
using SigmaFunctions.Engine.Rules;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Engine.Values;
using SigmaFunctions.Engine.Yaml;

namespace SigmaFunctions.Engine.Packing;

/// <summary>
/// Reads what <see cref="PackWriter"/> wrote. A pack is data that may come from anywhere, whatever its hash says: every count is
/// bounded by the bytes that are left, every index by its table, every depth, and what the compiler refuses is refused here, so that a
/// pack gives a rule set as YAML could give it, or a <see cref="PackException"/>.
/// </summary>
internal sealed class PackReader
{
    private const RegexOptions Options = RegexOptions.IgnoreCase | RegexOptions.Multiline | RegexOptions.Singleline;
    private const int MaxPath = 4_096;

    private readonly byte[] _pack;
    private readonly int _end;

    // What most is read with; a delegate made anew for each list would be as large as the list.
    private readonly Func<string> _text;
    private readonly Func<PatternPart> _part;
    private readonly Func<RelatedRule> _related;
    private int _next;
    private int[] _starts = [];
    private bool[] _isUtf16 = [];
    private string?[] _strings = [];
    private string[] _files = [];
    private LogSource[] _logSources = [];
    private PredicateExpression[] _tests = [];
    private int _regexes;
    private int _triedRegexes;
    private int _references;
    private long _items;

    /// <summary>Checks that this is an undamaged pack of this format.</summary>
    /// <exception cref="PackException">It is not.</exception>
    public PackReader(byte[] pack)
    {
        _pack = pack;
        _end = PackFormat.HeaderSize + PackFormat.Unframe(pack).Length;
        _next = PackFormat.HeaderSize;
        (_text, _part, _related) = (Text, ReadPart, () => new RelatedRule(Text(), Text()));
    }

    /// <summary>The rule set.</summary>
    /// <param name="file">The pack's path.</param>
    /// <param name="placeholders">The placeholders that rules are to be compiled with.</param>
    /// <param name="roots">
    /// The paths of its YAML: empty if there is none; null for those that the pack names, which are given back as far as they exist.
    /// </param>
    /// <exception cref="PackException">The pack cannot be used.</exception>
    public RuleSet Read(string file, PlaceholderSet? placeholders, ref string[]? roots)
    {
        ReadStrings();
        string revision = Text();
        int rejected = Number();
        bool usesPlaceholders = Boolean();
        ulong placeholderHash = Hash();
        string[] named = ReadArray(Text);
        PackSource[] sources = ReadArray(ReadSource);
        roots ??= Locate(named, RulePack.FolderOf(file), out named);
        if (!PackFormat.IsOfThisBuild(_pack))
        {
            throw PackFormat.Foreign();
        }

        foreach (PackSource? source in sources)
        {
            Require(source.Root < named.Length);
        }

        if (usesPlaceholders && placeholderHash != PackWriter.HashOf(placeholders))
        {
            throw new PackException(DiagnosticCode.OtherPlaceholders, "it was made with other values of placeholders");
        }

        string[] shown = roots.Length > 0 ? roots : named;
        if (shown.Length != named.Length)
        {
            throw new PackException(DiagnosticCode.StalePack, "it was made of other files and folders");
        }

        string[] paths = roots;
        Task<string?> difference = paths.Length == 0 ? Task.FromResult<string?>(null) : Task.Run(() => PackSource.Difference(sources, paths));
        try
        {
            _files = new string[sources.Length];
            for (int i = 0; i < sources.Length; i++)
            {
                _files[i] = sources[i].PathBelow(shown[sources[i].Root]);
            }

            RuleSet rules = ReadRules(revision, rejected, usesPlaceholders);
            if (difference.GetAwaiter().GetResult() is { } changed)
            {
                throw new PackException(DiagnosticCode.StalePack, $"what it was made of is no longer the same: {changed}");
            }

            return rules.From(file);
        }
        finally
        {
            difference.Wait();
        }
    }

    /// <summary>The paths that a pack names, as far as they exist.</summary>
    private static string[] Locate(string[] named, string folder, out string[] full)
    {
        foreach (string path in named)
        {
            Require(path.Length is > 0 and <= MaxPath && !path.Contains('\0', StringComparison.Ordinal));
        }

        full = [.. named.Select(path => Path.GetFullPath(path, folder))];
        return [.. full.Where(Path.Exists)];
    }

    private RuleSet ReadRules(string revision, int rejected, bool usesPlaceholders)
    {
        _logSources = ReadArray(() => new LogSource(OptionalText(), OptionalText(), OptionalText()));
        _tests = ReadArray(() => new PredicateExpression(ReadPredicate()));
        SigmaFilter[] filters = ReadArray(ReadFilter);
        RequireOrder(filters, filter => filter.Id, strictly: false);
        CompiledFilter[] applied = ReadArray(() => ReadCompiledFilter(filters));
        CompiledRule[] rules = ReadArray(() => ReadRule(applied));
        RequireOrder(rules, rule => rule.Rule.Id, strictly: true);
        SigmaCorrelation[] correlations = ReadArray(ReadCorrelation);
        RequireOrder(correlations, correlation => correlation.Id, strictly: true);
        Diagnostic[] diagnostics = ReadArray(ReadDiagnostic);
        Require(_next == _end);
        return new RuleSet(
            ImmutableCollectionsMarshal.AsImmutableArray(rules),
            ImmutableCollectionsMarshal.AsImmutableArray(filters),
            ImmutableCollectionsMarshal.AsImmutableArray(correlations),
            ImmutableCollectionsMarshal.AsImmutableArray(diagnostics),
            rejected,
            revision,
            usesPlaceholders);
    }

    private void ReadStrings()
    {
        int count = Count();
        _starts = new int[count + 1];
        _isUtf16 = new bool[count];
        _strings = new string?[count];
        long length = 0;
        for (int i = 0; i < count; i++)
        {
            int encoded = Number();
            _isUtf16[i] = (encoded & 1) == 1;
            length += encoded >> 1;
            Require(length <= _end);
            _starts[i + 1] = (int)length;
        }

        Require(length <= _end - _next);
        for (int i = 0; i <= count; i++)
        {
            _starts[i] += _next;
        }

        _next += (int)length;
    }

    private PackSource ReadSource() => new(Number(), Text(), Hash());

    private Predicate ReadPredicate()
    {
        var kind = (PredicateKind)Number();
        string? field = OptionalText();
        Require(field is null || (field.Length <= SearchReader.MaxFieldName && field.AsSpan().Count('.') <= YamlDocumentReader.MaxDepth));
        switch (kind)
        {
            case PredicateKind.Text:
                bool cased = Boolean();
                ImmutableArray<PatternPart> parts = List(_part);
                // Before they are put together.
                Require(parts.Sum(part => Math.Max(part.Text.Length, 1L)) <= LinearSearch.MaxLength);
                var pattern = new TextPattern(parts);
                Require(MatchingCost.Of(pattern) <= MatchingCost.MaxOfPattern);
                return new TextPredicate(field, pattern, cased);
            case PredicateKind.Number:
                string text = Text();
                return new NumberPredicate(Field(), SigmaNumber(text), text);
            case PredicateKind.Null:
                return new NullPredicate(Field());
            case PredicateKind.Exists:
                return new ExistsPredicate(Field(), Boolean());
            case PredicateKind.Regex:
                return ReadRegex(field);
            case PredicateKind.Network:
                return new NetworkPredicate(field, IPNetworkPrefix.Parse(Text()).Network ?? throw Damaged());
            case PredicateKind.Comparison:
                return new ComparisonPredicate(field, Enumeration(NumericOperator.LessThanOrEqual), SigmaNumber(Text()));
            case PredicateKind.Timestamp:
                return new TimestampPredicate(Field(), Enumeration(TimestampPart.Year), Enumeration(NumericOperator.LessThanOrEqual), SigmaNumber(Text()));
            case PredicateKind.FieldReference:
                return new FieldReferencePredicate(Field(), Text(), Enumeration(TextRelation.EndsWith), Boolean());
            default:
                throw Damaged();
        }

        string Field() => field ?? throw Damaged();
    }

    private PatternPart ReadPart() => Number() switch
    {
        0 => PatternPart.AnyOne,
        1 => PatternPart.AnyRun,
        var index => PatternPart.Literal(TextAt(index - 1)),
    };

    private RegexPredicate ReadRegex(string? field)
    {
        Require(++_regexes <= PackFormat.MaxRegexes);
        string pattern = Text();
        var options = (RegexOptions)Number();
        Require(pattern.Length > 0 && (options & ~Options) == 0);
        if (RegexSyntax.Read(pattern, options) is not { Constructs: true })
        {
            Require(++_triedRegexes <= PackFormat.MaxTriedRegexes);
        }

        try
        {
            RegexPredicate predicate = RegexCompiler.Compile(field, pattern, options);
            Require(predicate.Cost <= MatchingCost.MaxOfPattern);
            return predicate;
        }
        catch (TransformationException)
        {
            throw Damaged();
        }
    }

    private SigmaFilter ReadFilter()
    {
        var filter = new SigmaFilter
        {
            Id = Text(),
            Title = Text(),
            Name = OptionalText(),
            Description = OptionalText(),
            LogSource = ReadLogSource(),
            Rules = List(_text),
            File = FileName(),
            Line = Line(),
        };
        return filter;
    }

    private CompiledFilter ReadCompiledFilter(SigmaFilter[] filters)
    {
        SigmaFilter filter = filters[Index(filters.Length)];
        (ImmutableArray<CompiledIdentifier> identifiers, Expression? condition) = ReadDetection();
        return new CompiledFilter(filter, identifiers, condition);
    }

    private CompiledRule ReadRule(CompiledFilter[] filters)
    {
        var rule = new SigmaRule
        {
            Id = Text(),
            Title = Text(),
            Name = OptionalText(),
            Level = OptionalText(),
            Status = OptionalText(),
            Description = OptionalText(),
            Author = OptionalText(),
            License = OptionalText(),
            Date = OptionalText(),
            Modified = OptionalText(),
            Taxonomy = OptionalText(),
            LogSource = ReadLogSource(),
            Tags = List(_text),
            References = List(_text),
            Fields = List(_text),
            FalsePositives = List(_text),
            Scope = List(_text),
            Related = List(_related),
            CustomAttributes = ReadMap(),
            File = FileName(),
            Line = Line(),
        };
        (ImmutableArray<CompiledIdentifier> identifiers, Expression? condition) = ReadDetection();
        var compiled = new CompiledRule(rule, identifiers, condition);
        int count = Count();
        if (count == 0)
        {
            return compiled;
        }

        var applied = new CompiledFilter[count];
        for (int i = 0; i < count; i++)
        {
            applied[i] = filters[Index(filters.Length)];
        }

        return compiled.With(ImmutableCollectionsMarshal.AsImmutableArray(applied));
    }

    private SigmaCorrelation ReadCorrelation()
    {
        SigmaCorrelation correlation = ReadWrittenCorrelation();
        Require(correlation.Expression is not { } terms
            || (!terms.Positive.IsEmpty && terms.Terms.SelectMany(term => term.Present).Concat(terms.Positive).Concat(terms.Negative).All(place => place < correlation.Rules.Length)
                && terms.Terms.SelectMany(term => term.Absent).All(terms.Negative.Contains)));
        return correlation;
    }

    private SigmaCorrelation ReadWrittenCorrelation() => new()
    {
        Id = Text(),
        Title = Text(),
        Name = OptionalText(),
        Description = OptionalText(),
        Level = OptionalText(),
        Status = OptionalText(),
        Tags = List(_text),
        Author = OptionalText(),
        Date = OptionalText(),
        Modified = OptionalText(),
        License = OptionalText(),
        References = List(_text),
        FalsePositives = List(_text),
        Type = Enumeration(CorrelationType.ValueMedian),
        Rules = List(_text),
        GroupBy = List(_text),
        Timespan = Timespan(),
        Bounds = List(() => new CorrelationBound(Enumeration(CorrelationOperator.Neq), Decimal(Text()))),
        Fields = List(_text),
        Percentile = OptionalText() is { } percentile ? Decimal(percentile) : null,
        Aliases = List(() => new CorrelationAlias(Text(), ReadMap())),
        Generate = Boolean(),
        Condition = OptionalText(),
        Expression = List(() => new CorrelationTerm(Places(), Places())) is { Length: > 0 } terms ? new CorrelationTerms(terms, Places(), Places()) : null,
        File = FileName(),
        Line = Line(),
    };

    private ImmutableArray<int> Places() => List(() => Index(CorrelationExpressionReader.MaxRules));

    private Diagnostic ReadDiagnostic()
    {
        string code = Text();
        DiagnosticSeverity severity = Enumeration(DiagnosticSeverity.Error);
        return new Diagnostic(code, severity, FileName(), Line(), Line(), Text());
    }

    private (ImmutableArray<CompiledIdentifier> Identifiers, Expression Condition) ReadDetection()
    {
        int count = Count();
        var identifiers = new CompiledIdentifier[count];
        var references = new IdentifierExpression[count];
        for (int i = 0; i < count; i++)
        {
            identifiers[i] = new CompiledIdentifier(Text(), ReadExpression([], depth: 0));
            references[i] = new IdentifierExpression(identifiers[i]);
        }

        _references = 0;
        ImmutableArray<CompiledIdentifier> all = ImmutableCollectionsMarshal.AsImmutableArray(identifiers);
        Require(MatchingCost.Of(all) <= MatchingCost.MaxOfRule);
        return (all, ReadExpression(references, depth: 0));
    }

    private Expression ReadExpression(IdentifierExpression[] identifiers, int depth)
    {
        Require(depth <= PackFormat.MaxDepth);
        switch ((ExpressionKind)Number())
        {
            case ExpressionKind.Predicate:
                return _tests[Index(_tests.Length)];
            case ExpressionKind.And:
                return new AndExpression(ReadOperands(identifiers, depth));
            case ExpressionKind.Or:
                return new OrExpression(ReadOperands(identifiers, depth));
            case ExpressionKind.Not:
                return new NotExpression(ReadExpression(identifiers, depth + 1));
            case ExpressionKind.Identifier:
                Require(++_references <= ConditionBinder.MaxReferences);
                return identifiers[Index(identifiers.Length)];
            default:
                throw Damaged();
        }
    }

    private ImmutableArray<Expression> ReadOperands(IdentifierExpression[] identifiers, int depth)
    {
        int count = Count();
        Require(count >= 2);
        var operands = new Expression[count];
        for (int i = 0; i < count; i++)
        {
            operands[i] = ReadExpression(identifiers, depth + 1);
        }

        return ImmutableCollectionsMarshal.AsImmutableArray(operands);
    }

    private LogSource ReadLogSource() => _logSources[Index(_logSources.Length)];

    private ImmutableSortedDictionary<string, string> ReadMap()
    {
        int count = Count();
        if (count == 0)
        {
            return SigmaRule.NoCustomAttributes;
        }

        var map = SigmaRule.NoCustomAttributes.ToBuilder();
        for (int i = 0; i < count; i++)
        {
            Require(map.TryAdd(Text(), Text()));
        }

        return map.ToImmutable();
    }

    private string FileName() => _files[Index(_files.Length)];

    private int Line()
    {
        int line = Number();
        Require(line >= 1);
        return line;
    }

    private TimeSpan Timespan()
    {
        Require(long.TryParse(Text(), NumberStyles.None, CultureInfo.InvariantCulture, out long ticks) && ticks > 0);
        return TimeSpan.FromTicks(ticks);
    }

    private static decimal Decimal(string text)
    {
        Require(decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number));
        return number;
    }

    private static SigmaNumber SigmaNumber(string text)
    {
        Require(Values.SigmaNumber.TryParse(text, out SigmaNumber number));
        return number;
    }

    /// <summary>A value of an enumeration that is numbered from 0 without gaps.</summary>
    private T Enumeration<T>(T last)
        where T : struct, Enum
    {
        int value = Index(Unsafe.As<T, int>(ref last) + 1);
        return Unsafe.As<int, T>(ref value);
    }

    private ImmutableArray<T> List<T>(Func<T> read) => ImmutableCollectionsMarshal.AsImmutableArray(ReadArray(read));

    private T[] ReadArray<T>(Func<T> read)
    {
        int count = Count();
        if (count == 0)
        {
            return [];
        }

        var items = new T[count];
        for (int i = 0; i < count; i++)
        {
            items[i] = read();
        }

        return items;
    }

    private string Text() => TextAt(Number());

    private string? OptionalText() => Number() is > 0 and var index ? TextAt(index) : null;

    private string TextAt(int index)
    {
        Require(index >= 1 && index <= _strings.Length);
        return _strings[index - 1] ??= Decode(index - 1);
    }

    private string Decode(int index)
    {
        Span<byte> bytes = _pack.AsSpan(_starts[index].._starts[index + 1]);
        if (!_isUtf16[index])
        {
            return Encoding.UTF8.GetString(bytes);
        }

        Require(bytes.Length % 2 == 0);
        return new string(MemoryMarshal.Cast<byte, char>(bytes));
    }

    private ulong Hash()
    {
        Require(_end - _next >= 8);
        _next += 8;
        return BinaryPrimitives.ReadUInt64LittleEndian(_pack.AsSpan(_next - 8));
    }

    private bool Boolean() => Index(2) == 1;

    private int Index(int length)
    {
        int index = Number();
        Require(index < length);
        return index;
    }

    /// <summary>
    /// A number of items that follow. Each takes at least one byte that no other item takes, so that all lists together have no more items than there are
    /// bytes, and what is allocated for them is bounded by the pack's size.
    /// </summary>
    private int Count()
    {
        int count = Number();
        Require(count <= _end - _next && (_items += count) <= _end);
        return count;
    }

    private int Number()
    {
        uint number = 0;
        for (int shift = 0; shift < 35; shift += 7)
        {
            Require(_next < _end);
            byte part = _pack[_next++];
            number |= (uint)(part & 0x7F) << shift;
            if (part < 0x80)
            {
                Require(number <= int.MaxValue);
                return (int)number;
            }
        }

        throw Damaged();
    }

    private static void RequireOrder<T>(T[] items, Func<T, string> id, bool strictly)
    {
        for (int i = 1; i < items.Length; i++)
        {
            int order = string.CompareOrdinal(id(items[i - 1]), id(items[i]));
            Require(order < 0 || (order == 0 && !strictly));
        }
    }

    private static void Require([System.Diagnostics.CodeAnalysis.DoesNotReturnIf(false)] bool holds)
    {
        if (!holds)
        {
            throw Damaged();
        }
    }

    private static PackException Damaged() => new(DiagnosticCode.DamagedPack, "its content is not that of a pack");
}
