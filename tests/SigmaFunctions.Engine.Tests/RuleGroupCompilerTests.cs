using System.Text;
using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.Logic;
using SigmaFunctions.Engine.Matching.Compiling;
using SigmaFunctions.Engine.Matching.Indexing;
using SigmaFunctions.Engine.RuleSets;

namespace SigmaFunctions.Engine.Tests;

/// <summary>
/// What each pass of the compiler of rule groups makes of rules; the cases are in the files under <c>Cases/</c>. Left is a selection, or the
/// conditions of several rules with <c>/</c> between, over the identifiers below, each of which is one predicate on the field of its name.
/// </summary>
public sealed class RuleGroupCompilerTests
{
    private static readonly string[] Identifiers =
    [
        "a: {a: 'value of a'}",
        "b: {b: 'value of b'}",
        "c: {c: 'value of c'}",
        "d: {d: 'value of d'}",
        "null: {'null': null}",
        "absent: {absent|exists: false}",
        "exists: {exists|exists: true}",
        "common: {common|contains: '.exe'}",
        "short: {short|contains: 'ab'}",
        "long: {long|contains: 'rare literal'}",
        "regex: {regex|re: 'needed[0-9]+'}",
    ];

    public static TheoryData<int, string, string, string, string> Numbering => CaseFile.Read("numbering.cases");

    public static TheoryData<int, string, string, string, string> Lowering => CaseFile.Read("lowering.cases");

    public static TheoryData<int, string, string, string, string> Waking => CaseFile.Read("waking.cases");

    public static TheoryData<int, string, string, string, string> Choice => CaseFile.Read("index-choice.cases");

    public static TheoryData<int, string, string, string, string> Placement => CaseFile.Read("operand-placement.cases");

    public static TheoryData<int, string, string, string, string> Tests => CaseFile.Read("test-building.cases");

    public static TheoryData<int, string, string, string, string> Indexes => CaseFile.Read("field-indexing.cases");

    /// <summary>Right are the fields, and the predicates with the indices of their fields.</summary>
    [Theory]
    [MemberData(nameof(Numbering))]
    public void Predicates_and_fields_are_numbered_as_they_are_named(int line, string group, string rules, string arrow, string expected)
    {
        NumberedPredicates predicates = new Compilation(rules).Predicates;
        Assert.Equal(Enumerable.Range(0, predicates.All.Count), predicates.All.Select(one => one.Id.Index));
        string shown = string.Join(' ', predicates.Fields.Select(field => field ?? "(own)")) + " | "
            + string.Join(", ", predicates.All.Select(one =>
                PredicateDescription.Of(one.Predicate) + $" @{one.Field.Index}" + (one.OtherField == one.Field ? "" : $"+{one.OtherField.Index}")));
        Check("numbering", line, group, arrow, expected, shown);
    }

    /// <summary>Right are the conditions, by their predicates' fields.</summary>
    [Theory]
    [MemberData(nameof(Lowering))]
    public void Conditions_are_lowered(int line, string group, string rules, string arrow, string expected)
    {
        var compilation = new Compilation(rules);
        Check("lowering", line, group, arrow, expected, string.Join(" / ", compilation.Lowered.Roots.Select(compilation.Show)));
    }

    /// <summary>Right are, rule by rule, the signs that wake it.</summary>
    [Theory]
    [MemberData(nameof(Waking))]
    public void Rules_are_woken_by_what_is_rare(int line, string group, string rules, string arrow, string expected)
    {
        var compilation = new Compilation(rules);
        LoweredConditions lowered = compilation.Lowered;
        WakeTable table = WakeBuilding.Build(compilation.Predicates, lowered.Signals);
        Assert.All(compilation.Predicates.All, one => Assert.Distinct(table.Of(one.Id).ToArray()));
        var shown = new List<string>();
        for (int i = 0; i < lowered.Roots.Length; i++)
        {
            var rule = new GroupRuleId(i);
            if (lowered.AlwaysEvaluated.Contains(rule))
            {
                Assert.DoesNotContain(lowered.Signals, wake => wake.Rule == rule);
                shown.Add("always");
                continue;
            }

            Signal[] own = [.. lowered.Signals.Where(wake => wake.Rule == rule).Select(wake => wake.Signal)];
            PredicateId[] waking = [.. compilation.Predicates.All.Select(one => one.Id).Where(id => table.Of(id).Contains(rule))];
            Assert.Equal(
                own.Where(signal => signal.Kind is not (SignalKind.NotAscii or SignalKind.Present)).Select(signal => signal.Predicate.Index).Distinct().Order(),
                waking.Select(id => id.Index));
            shown.Add(string.Join(", ", own.Select(signal => compilation.NameOf(signal.Predicate) + Suffix(signal))));
        }

        Check("waking", line, group, arrow, expected, string.Join(" / ", shown));
    }

    /// <summary>Right are the fields of those predicates that an index answers.</summary>
    [Theory]
    [MemberData(nameof(Choice))]
    public void What_is_rare_or_a_witness_is_indexed(int line, string group, string rules, string arrow, string expected)
    {
        var compilation = new Compilation(rules);
        IEnumerable<string> indexed = compilation.Predicates.All.Where(one => compilation.IsIndexed[one.Id.Index]).Select(one => compilation.NameOf(one.Id));
        Check("index-choice", line, group, arrow, expected, string.Join(' ', indexed.DefaultIfEmpty("-")));
    }

    /// <summary>Right are the nodes' operands: in brackets those that an index decides, <c>!</c> before the excluding ones.</summary>
    [Theory]
    [MemberData(nameof(Placement))]
    public void Operands_that_an_index_decides_come_first(int line, string group, string rules, string arrow, string expected)
    {
        var compilation = new Compilation(rules);
        (ConditionNode[] nodes, Operand[] operands) = OperandPlacement.Place(compilation.Lowered, compilation.IsIndexed);
        string Show(NodeId id)
        {
            ConditionNode node = nodes[id.Index];
            return node.Kind switch
            {
                NodeKind.Test => compilation.NameOf(node.Predicate),
                NodeKind.NotTest => $"not {compilation.NameOf(node.Predicate)}",
                _ => $"{node.Kind.ToString().ToLowerInvariant()}({string.Join(", ", Enumerable.Range(0, node.Count).Select(place => ShowOperand(node, place)))})",
            };
        }

        string ShowOperand(ConditionNode node, int place)
        {
            Operand operand = operands[node.First + place];
            return place < node.Indexed ? $"[{compilation.NameOf(operand.Predicate)}]"
                : place < node.Indexed + node.Excluded ? $"![{compilation.NameOf(operand.Predicate)}]"
                : Show(operand.Node);
        }

        Check("operand-placement", line, group, arrow, expected, string.Join(" / ", compilation.Lowered.Roots.Select(Show)));
    }

    /// <summary>Right is how each predicate is tested.</summary>
    [Theory]
    [MemberData(nameof(Tests))]
    public void Tests_are_built(int line, string group, string rules, string arrow, string expected)
    {
        var compilation = new Compilation(rules);
        CompiledTest[] tests = TestBuilding.Build(compilation.Predicates, compilation.IsIndexed);
        Assert.Equal(compilation.Predicates.All.Select(one => one.Predicate), tests.Select(test => test.Predicate));
        string shown = string.Join(", ", tests.Select(test => test.Kind + (test.Traits == TestTraits.None ? "" : $" ({test.Traits})") + (test.MinLength > 0 ? $" from {test.MinLength}" : "")));
        Check("test-building", line, group, arrow, expected, shown);
    }

    /// <summary>Right is, field by field, what is looked for in it.</summary>
    [Theory]
    [MemberData(nameof(Indexes))]
    public void Fields_have_the_indexes_that_they_need(int line, string group, string rules, string arrow, string expected)
    {
        var compilation = new Compilation(rules);
        FieldIndex[] fields = FieldIndexing.Build(compilation.Predicates, compilation.IsIndexed, compilation.Lowered.Signals);
        var shown = new List<string>();
        foreach (FieldIndex field in fields)
        {
            string[] parts =
            [
                .. Named("literals", field.Literals is not null),
                .. Named("endings", field.Endings is not null),
                .. Named("texts", field.Texts is not null),
                .. Named("numbers", field.Numbers is not null),
                .. field.Tested.Select(test => $"tested '{Character(test.First)}{Character(test.Second)}' from {test.MinLength}" + (test.IsKnownForAsciiOnly ? " if ASCII" : "")),
                .. Named("present " + Rules(field.RulesIfPresent), field.RulesIfPresent.Length > 0),
                .. Named("not ASCII " + Rules(field.RulesIfNotAscii), field.RulesIfNotAscii.Length > 0),
            ];
            shown.Add($"{field.Field ?? "(own)"}: {string.Join(", ", parts.DefaultIfEmpty("-"))}");
        }

        Check("field-indexing", line, group, arrow, expected, string.Join("; ", shown));
    }

    private static string Suffix(Signal signal) => signal.Kind switch
    {
        SignalKind.Indexed => "",
        SignalKind.Literal => $" '{Encoding.UTF8.GetString(signal.Literal!)}'",
        SignalKind.NotAscii => " not ASCII",
        SignalKind.Tested => " tested",
        _ => " present",
    };

    private static string[] Named(string name, bool isThere) => isThere ? [name] : [];

    private static string Character(byte value) => value == 0 ? "" : $"{(char)value}";

    private static string Rules(GroupRuleId[] rules) => string.Join(' ', rules.Select(rule => rule.Index));

    private static void Check(string file, int line, string group, string arrow, string expected, string actual)
    {
        Assert.Equal("=>", arrow);
        Assert.True(expected == actual, $"{file}.cases({line}) {group}: expected\n{expected}\nwas\n{actual}");
    }

    /// <summary>Rules, and what the first passes make of them.</summary>
    private sealed class Compilation
    {
        private readonly bool _isSelection;

        public Compilation(string rules)
        {
            _isSelection = rules[0] is '{' or '[';
            string[] texts = _isSelection
                ? [RuleText.WithSelection(rules)]
                : [.. rules.Split(" / ").Select(condition => RuleText.WithDetection(string.Join('\n', Identifiers) + $"\ncondition: {condition}"))];
            var ruleSet = RuleSet.Load(texts.Select((text, i) => new RuleFile($"{i}.yml", text.Replace("id: 1", $"id: {i}", StringComparison.Ordinal))));
            Assert.DoesNotContain(ruleSet.Diagnostics, diagnostic => diagnostic.Severity == DiagnosticSeverity.Error);
            Assert.Equal(texts.Length, ruleSet.Compiled.Length);
            Expression[] conditions = [.. ruleSet.Compiled.Select(rule => rule.Expression)];
            Predicates = PredicateNumbering.Number(conditions);
            Lowered = ConditionLowering.Lower(conditions, Predicates);
            IsIndexed = IndexChoice.Choose(Predicates, Lowered.Signals);
        }

        public NumberedPredicates Predicates { get; }

        public LoweredConditions Lowered { get; }

        public bool[] IsIndexed { get; }

        /// <summary>A predicate: by its field, where that has only one.</summary>
        public string NameOf(PredicateId id) =>
            _isSelection ? PredicateDescription.Of(Predicates[id].Predicate).ToString() : Predicates[id].Predicate.Field!;

        public string Show(NodeId id)
        {
            LoweredNode node = Lowered.Nodes[id.Index];
            return node.Kind switch
            {
                NodeKind.Test => NameOf(node.Predicate),
                NodeKind.NotTest => $"not {NameOf(node.Predicate)}",
                _ => $"{node.Kind.ToString().ToLowerInvariant()}({string.Join(", ", Enumerable.Range(0, node.Count).Select(place => Show(Lowered.Operands[node.First + place])))})",
            };
        }
    }
}
