using SigmaFunctions.Engine.Logic;
using SigmaFunctions.Engine.RegularExpressions;

namespace SigmaFunctions.Engine.Matching.Indexing;

/// <summary>How a predicate is tested on the values of its field where no index has the answer.</summary>
internal enum TestKind : byte
{
    /// <summary>An index tells when it holds; where it was not told, it does not hold.</summary>
    Indexed,

    /// <summary>The bytes stand anywhere in a value.</summary>
    Contains,

    /// <summary>A value begins with the bytes.</summary>
    StartsWith,

    /// <summary>A value ends with the bytes.</summary>
    EndsWith,

    /// <summary>A value is the bytes.</summary>
    Equals,

    /// <summary>Several literals stand in a value one after another.</summary>
    Pieces,

    /// <summary>By <see cref="ValueTest"/>, on a value as UTF-16.</summary>
    Value,

    /// <summary>The field is absent, or a value is null.</summary>
    Null,

    /// <summary>The field is present.</summary>
    Exists,

    /// <summary>The field is absent.</summary>
    Absent,

    /// <summary>By <see cref="ValueTest"/>, on the values of two fields.</summary>
    Reference,
}

/// <summary>What spares a test on most values.</summary>
[Flags]
internal enum TestTraits : byte
{
    /// <summary>Nothing does.</summary>
    None = 0,

    /// <summary>The bytes are compared with the value as it is, rather than folded.</summary>
    Cased = 1,

    /// <summary>No ASCII text satisfies it.</summary>
    NeedsMoreThanAscii = 2,

    /// <summary>An index tells when it may hold.</summary>
    Hinted = 4,

    /// <summary>What it needs is known of ASCII texts only.</summary>
    NeedsKnownForAsciiOnly = 8,
}

/// <summary>A predicate as a rule group tests it.</summary>
internal sealed class CompiledTest
{
    /// <summary>How it is tested.</summary>
    public required TestKind Kind { get; init; }

    /// <summary>The predicate.</summary>
    public required Predicate Predicate { get; init; }

    /// <summary>Its field.</summary>
    public required FieldId Field { get; init; }

    /// <summary>Of a <see cref="TestKind.Reference"/> the field that it refers to; else its field.</summary>
    public required FieldId OtherField { get; init; }

    /// <summary>What spares the test.</summary>
    public TestTraits Traits { get; init; }

    /// <summary>The bytes that are compared, where bytes are; folded unless cased.</summary>
    public byte[] Literal { get; init; } = [];

    /// <summary>Folded literals of which one stands in every value that satisfies it; none if unknown.</summary>
    public byte[][] Needed { get; init; } = [];

    /// <summary>Least length of a value that satisfies it, in UTF-16 units.</summary>
    public int MinLength { get; init; }

    /// <summary>Bytes that stand in every value that satisfies it, folded unless cased; none if there are none that all have.</summary>
    public byte[] Sought { get; init; } = [];

    /// <summary>What stands in every ASCII value that satisfies it; null if nothing is known.</summary>
    public RegexOutline? Outline { get; init; }

    /// <summary>Of a <see cref="TestKind.Pieces"/>, whether a value begins with the first.</summary>
    public bool IsFirstAtStart { get; init; }

    /// <summary>Of a <see cref="TestKind.Pieces"/>, whether a value ends with the last.</summary>
    public bool IsLastAtEnd { get; init; }

    /// <summary>Of a <see cref="TestKind.Pieces"/>, the bytes that stand in a value one after another with anything between; folded unless cased.</summary>
    public byte[][] Pieces { get; init; } = [];
}

/// <summary>Kinds of nodes of a condition from which every negation but those of single predicates is gone.</summary>
internal enum NodeKind : byte
{
    /// <summary>All operands hold.</summary>
    And,

    /// <summary>Some operand holds.</summary>
    Or,

    /// <summary>The predicate holds.</summary>
    Test,

    /// <summary>The predicate does not hold.</summary>
    NotTest,
}

/// <summary>A node of a condition.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="First">Place of the first operand among the group's operands; of a test, its predicate (<see cref="Predicate"/>).</param>
/// <param name="Count">Number of operands.</param>
/// <param name="Indexed">How many operands from the first on are predicates that an index decides, rather than nodes: one that holds decides
/// an "or", one that does not an "and".</param>
/// <param name="Excluded">How many operands after these are predicates that an index decides too, negated: one that holds decides an "and".</param>
internal readonly record struct ConditionNode(NodeKind Kind, int First, int Count, int Indexed, int Excluded)
{
    /// <summary>The predicate of a <see cref="NodeKind.Test"/> or <see cref="NodeKind.NotTest"/>.</summary>
    public PredicateId Predicate => new(First);
}

/// <summary>An operand of a <see cref="ConditionNode"/>, which tells what it is.</summary>
internal readonly record struct Operand
{
    private readonly int _index;

    /// <summary>An operand that an index decides.</summary>
    public Operand(PredicateId predicate) => _index = predicate.Index;

    /// <summary>Any other.</summary>
    public Operand(NodeId node) => _index = node.Index;

    /// <summary>The predicate, of one that an index decides.</summary>
    public PredicateId Predicate => new(_index);

    /// <summary>The node, of any other.</summary>
    public NodeId Node => new(_index);
}

/// <summary>A predicate that is tested wherever its field is present, and what spares that on most values.</summary>
/// <param name="Predicate">The predicate.</param>
/// <param name="MinLength">Least length of a value that satisfies it, in bytes.</param>
/// <param name="First">A folded ASCII character that every satisfying value holds; 0 for none.</param>
/// <param name="Second">Another.</param>
/// <param name="IsKnownForAsciiOnly">Whether the characters are needed in ASCII values only.</param>
internal readonly record struct TestedPredicate(PredicateId Predicate, int MinLength, byte First, byte Second, bool IsKnownForAsciiOnly);

/// <summary>What is known of one field of a group.</summary>
/// <param name="Field">Field name; null for the event's own values.</param>
/// <param name="Literals">The literals that are looked for in its values.</param>
/// <param name="Endings">The literals that its values may end with.</param>
/// <param name="Texts">The texts that its values may equal.</param>
/// <param name="Numbers">The numbers that its values may equal, as <see cref="NumberText"/> has them.</param>
/// <param name="Tested">The predicates to test wherever the field is present, having nothing that an index could look for.</param>
/// <param name="RulesIfPresent">The rules to evaluate wherever the field is present.</param>
/// <param name="RulesIfNotAscii">The rules to evaluate where a value is not ASCII.</param>
internal sealed record FieldIndex(
    string? Field,
    LiteralIndex? Literals,
    EndingIndex? Endings,
    EqualityIndex? Texts,
    EqualityIndex? Numbers,
    TestedPredicate[] Tested,
    GroupRuleId[] RulesIfPresent,
    GroupRuleId[] RulesIfNotAscii);
