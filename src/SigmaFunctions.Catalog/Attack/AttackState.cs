namespace SigmaFunctions.Catalog.Attack;

/// <summary>Whether a technique, or the name of a tactic, is still in force.</summary>
public enum AttackState
{
    /// <summary>In force.</summary>
    Current,

    /// <summary>A technique that another one replaces.</summary>
    Revoked,

    /// <summary>A technique that is no longer maintained and has no replacement.</summary>
    Deprecated,

    /// <summary>The former name of a tactic, for which others stand.</summary>
    Renamed,
}
