namespace SigmaFunctions.Engine.Values;

/// <summary>How two numbers compare.</summary>
internal enum NumericOperator
{
    Equal,
    GreaterThan,
    GreaterThanOrEqual,
    LessThan,
    LessThanOrEqual,
}
