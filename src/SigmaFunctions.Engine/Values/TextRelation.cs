namespace SigmaFunctions.Engine.Values;

/// <summary>Where the other field's text must stand in this one's.</summary>
internal enum TextRelation
{
    Equals,
    Contains,
    StartsWith,
    EndsWith,
}
