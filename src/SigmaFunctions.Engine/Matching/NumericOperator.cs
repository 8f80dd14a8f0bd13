namespace SigmaFunctions.Engine.Matching;

/// <summary>How two numbers compare.</summary>
internal enum NumericOperator
{
    Equal,
    GreaterThan,
    GreaterThanOrEqual,
    LessThan,
    LessThanOrEqual,
}
