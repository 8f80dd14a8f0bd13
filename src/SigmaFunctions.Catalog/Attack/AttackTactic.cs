namespace SigmaFunctions.Catalog.Attack;

/// <summary>A tactic: what an adversary is after.</summary>
/// <param name="Id">MITRE's id, such as <c>TA0002</c>.</param>
/// <param name="ShortName">Its name in tags, such as <c>credential-access</c>.</param>
/// <param name="Name">Its name for people.</param>
/// <param name="Order">Its place in the matrix, from 0.</param>
public sealed record AttackTactic(string Id, string ShortName, string Name, int Order)
{
    /// <summary>Its page at MITRE.</summary>
    public string Url => $"https://attack.mitre.org/tactics/{Id}/";
}
