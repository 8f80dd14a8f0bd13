using SigmaFunctions.Engine.Matching.Indexing;

namespace SigmaFunctions.Engine.Matching.Compiling;

/// <summary>
/// Puts the operands that an index decides first, as predicates: conditions often have hundreds, and these need no more than a look at
/// what was found.
/// </summary>
internal static class OperandPlacement
{
    /// <summary>Places the operands of every node; those that are alike keep their order.</summary>
    /// <param name="lowered">The conditions of a group.</param>
    /// <param name="isIndexed">By predicate, whether an index answers it.</param>
    public static (ConditionNode[] Nodes, Operand[] Operands) Place(LoweredConditions lowered, bool[] isIndexed)
    {
        var nodes = new ConditionNode[lowered.Nodes.Count];
        var operands = new Operand[lowered.Operands.Count];
        var excluding = new List<PredicateId>();
        var others = new List<NodeId>();
        for (int i = 0; i < nodes.Length; i++)
        {
            (NodeKind kind, int first, int count) = lowered.Nodes[i];
            if (kind is not (NodeKind.And or NodeKind.Or))
            {
                nodes[i] = new ConditionNode(kind, first, count, Indexed: 0, Excluded: 0);
                continue;
            }

            int next = first;
            for (int place = first; place < first + count; place++)
            {
                NodeId operand = lowered.Operands[place];
                LoweredNode node = lowered.Nodes[operand.Index];
                if (node.Kind == NodeKind.Test && isIndexed[node.Predicate.Index])
                {
                    operands[next++] = new Operand(node.Predicate);
                }
                else if (node.Kind == NodeKind.NotTest && kind == NodeKind.And && isIndexed[node.Predicate.Index])
                {
                    excluding.Add(node.Predicate);
                }
                else
                {
                    others.Add(operand);
                }
            }

            nodes[i] = new ConditionNode(kind, first, count, next - first, excluding.Count);
            foreach (PredicateId predicate in excluding)
            {
                operands[next++] = new Operand(predicate);
            }

            foreach (NodeId operand in others)
            {
                operands[next++] = new Operand(operand);
            }

            excluding.Clear();
            others.Clear();
        }

        return (nodes, operands);
    }
}
