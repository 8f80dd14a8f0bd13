namespace SigmaFunctions.Engine.Values;

/// <summary>Which part of a timestamp is looked at.</summary>
internal enum TimestampPart
{
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Year,
}
