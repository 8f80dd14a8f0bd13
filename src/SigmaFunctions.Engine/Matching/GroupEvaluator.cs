using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Logic;
using SigmaFunctions.Engine.Matching.Indexing;

namespace SigmaFunctions.Engine.Matching;

/// <summary>
/// Finds the rules of a group that hold on a view of an event: asks the indexes about every value, and evaluates the conditions of the rules
/// that this woke. Not safe for concurrent use.
/// </summary>
internal sealed class GroupEvaluator(ValueBuffer values)
{
    private readonly Findings _findings = new();
    private readonly PredicateTester _tester = new(values);

    /// <summary>How often a predicate was tested on a value, so far: what indexes answer is not counted.</summary>
    public long ValueTests => _tester.ValueTests;

    /// <summary>Makes room for the groups of a route.</summary>
    public void Prepare(Route route) => _findings.Prepare(route.MostTests, route.MostRules);

    /// <summary>Finds the rules of a group that hold on the view in the buffer, which is folded.</summary>
    /// <param name="group">The group.</param>
    /// <param name="slots">By field of the group, the slot.</param>
    /// <param name="matched">The rules that were found to hold on the event; those found are added.</param>
    public void Match(RuleGroup group, Slot[] slots, MatchedRules matched)
    {
        _findings.Begin(group);
        ReadOnlySpan<ValueId> firstBySlot = values.FirstBySlot;
        for (int field = 0; field < slots.Length; field++)
        {
            ValueId first = firstBySlot[slots[field].Index];
            if (!first.IsAbsent)
            {
                Look(group, slots, group.Fields[field], first);
            }
        }

        foreach (GroupRuleId rule in _findings.Awake)
        {
            int index = group.Rules[rule.Index];
            if (!matched.Contains(index) && Holds(group, slots, group.Conditions[rule.Index]))
            {
                matched.Add(index);
            }
        }

        _findings.End();
    }

    /// <summary>Asks the indexes of a field about its values.</summary>
    private void Look(RuleGroup group, Slot[] slots, FieldIndex field, ValueId first)
    {
        _findings.Wake(field.RulesIfPresent);
        if (field.Tested.Length > 0)
        {
            Test(group, slots, field.Tested, first);
        }

        for (ValueId value = first; value.IsValue; value = values.Next(value))
        {
            FieldValueKind kind = values.KindOf(value);
            if (!ValueTest.HasText(kind))
            {
                continue;
            }

            Span<byte> folded = values.FoldedOf(value);
            ref byte text = ref MemoryMarshal.GetReference(folded);
            field.Literals?.Scan(ref text, folded.Length, _findings);
            field.Endings?.Find(ref text, folded.Length, _findings);
            field.Texts?.Find(ref text, folded.Length, isNumber: false, _findings);
            if (field.Numbers is { } numbers && kind != FieldValueKind.Boolean
                && NumberText.TryNormalize(folded, out int normalLength, out bool isNegativeZero))
            {
                FindNumber(numbers, ref text, normalLength, kind == FieldValueKind.Number, isNegativeZero);
            }

            if (field.RulesIfNotAscii.Length > 0 && !values.IsAscii(value))
            {
                _findings.Wake(field.RulesIfNotAscii);
            }
        }
    }

    /// <summary>Tests predicates that no index looks for, where a value has the length and the rarest characters that they need.</summary>
    private void Test(RuleGroup group, Slot[] slots, TestedPredicate[] tested, ValueId first)
    {
        // Nearly every field has one value, whose text is looked up once for all of them.
        bool isOne = first.IsValue && !values.Next(first).IsValue;
        ReadOnlySpan<byte> only = isOne ? values.FoldedOf(first) : default;
        foreach (ref readonly TestedPredicate test in tested.AsSpan())
        {
            if ((isOne ? _tester.MayHold(test, first, only) : _tester.MayHold(test, first)) && Holds(group, slots, test.Predicate))
            {
                _findings.WakeRulesOf(test.Predicate);
            }
        }
    }

    private void FindNumber(EqualityIndex numbers, ref byte text, int length, bool isNumber, bool isNegativeZero)
    {
        // A zero stands right behind its sign.
        if (isNegativeZero)
        {
            numbers.Find(ref Unsafe.Add(ref text, 1), 1, isNumber, _findings);
        }
        else
        {
            numbers.Find(ref text, length, isNumber, _findings);
        }
    }

    private bool Holds(RuleGroup group, Slot[] slots, NodeId node)
    {
        ref readonly ConditionNode condition = ref group.Nodes[node.Index];
        return condition.Kind switch
        {
            NodeKind.And => HoldsAll(group, slots, condition),
            NodeKind.Or => HoldsOne(group, slots, condition),
            var kind => Holds(group, slots, condition.Predicate) == (kind == NodeKind.Test),
        };
    }

    private bool HoldsAll(RuleGroup group, Slot[] slots, in ConditionNode node)
    {
        byte[] state = _findings.State;
        ReadOnlySpan<Operand> operands = group.Operands.AsSpan(node.First, node.Count);
        int excluded = node.Indexed + node.Excluded;
        for (int i = 0; i < operands.Length; i++)
        {
            bool holds = i < node.Indexed ? state[operands[i].Predicate.Index] == Findings.True
                : i < excluded ? state[operands[i].Predicate.Index] != Findings.True
                : Holds(group, slots, operands[i].Node);
            if (!holds)
            {
                return false;
            }
        }

        return true;
    }

    private bool HoldsOne(RuleGroup group, Slot[] slots, in ConditionNode node)
    {
        byte[] state = _findings.State;
        ReadOnlySpan<Operand> operands = group.Operands.AsSpan(node.First, node.Count);
        foreach (Operand operand in operands[..node.Indexed])
        {
            if (state[operand.Predicate.Index] == Findings.True)
            {
                return true;
            }
        }

        foreach (Operand operand in operands[node.Indexed..])
        {
            if (Holds(group, slots, operand.Node))
            {
                return true;
            }
        }

        return false;
    }

    private bool Holds(RuleGroup group, Slot[] slots, PredicateId predicate)
    {
        byte state = _findings.State[predicate.Index];
        if (state is Findings.True or Findings.False)
        {
            return state == Findings.True;
        }

        if (group.IsIndexed[predicate.Index])
        {
            return false;
        }

        CompiledTest test = group.Tests[predicate.Index];
        bool isRuledOut = (test.Traits & TestTraits.Hinted) != 0 && state == Findings.Unknown
            && ((test.Traits & TestTraits.NeedsKnownForAsciiOnly) == 0 || values.AreAscii(values.FirstOf(slots[test.Field.Index])));
        bool holds = !isRuledOut && _tester.Holds(test, slots);
        _findings.Decide(predicate, holds);
        return holds;
    }
}
