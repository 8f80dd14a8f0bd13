using System.Collections.Immutable;

namespace SigmaFunctions.Catalog.Attack;

/// <summary>A technique or sub-technique.</summary>
/// <param name="Id">MITRE's id, such as <c>T1059</c> or <c>T1059.001</c>.</param>
/// <param name="Name">Its own name, without its parent's: <c>PowerShell</c>.</param>
/// <param name="Parent">The technique that a sub-technique belongs to; null for a technique.</param>
/// <param name="Tactics">The tactics it serves, in matrix order; of a revoked one those of its replacement.</param>
/// <param name="Platforms">The platforms it is seen on, as MITRE names them.</param>
/// <param name="State">Whether it is in force.</param>
/// <param name="ReplacedBy">The technique in force that replaces a revoked one; else null.</param>
public sealed record AttackTechnique(
    string Id,
    string Name,
    AttackTechnique? Parent,
    ImmutableArray<AttackTactic> Tactics,
    ImmutableArray<string> Platforms,
    AttackState State,
    AttackTechnique? ReplacedBy)
{
    /// <summary>Name with the parent's before it: <c>Command and Scripting Interpreter: PowerShell</c>.</summary>
    public string FullName => Parent is null ? Name : $"{Parent.Name}: {Name}";

    /// <summary>Its page at MITRE.</summary>
    public string Url => $"https://attack.mitre.org/techniques/{Id.Replace('.', '/')}/";
}
