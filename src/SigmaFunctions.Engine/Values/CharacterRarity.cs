namespace SigmaFunctions.Engine.Values;

/// <summary>
/// Which characters stand at many places of events: a guess, from paths and command lines. It decides by which character a text is looked for
/// first, never a verdict.
/// </summary>
internal static class CharacterRarity
{
    // The most common first. Most paths have a colon, but only one: few places are found by looking for it.
    private const string Common = "e\\sionratcwdl mpu.-hf0gx32\"/v146";

    /// <summary>How common a character is, in lower case: the more, the higher; 0 for one that few values have.</summary>
    public static int CommonnessOf(char lower)
    {
        int place = Common.IndexOf(lower, StringComparison.Ordinal);
        return place < 0 ? 0 : Common.Length - place;
    }
}
