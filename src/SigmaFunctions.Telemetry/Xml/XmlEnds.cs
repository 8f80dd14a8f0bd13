namespace SigmaFunctions.Telemetry.Xml;

/// <summary>
/// Places in a text from which on a comment, section or instruction is known not to end, so that the text is not searched to its end
/// for every one of many that begin.
/// </summary>
internal sealed class XmlEnds
{
    private readonly int[] _places = [int.MaxValue, int.MaxValue, int.MaxValue];

    /// <summary>Of comments.</summary>
    public ref int Comment => ref _places[0];

    /// <summary>Of sections of character data.</summary>
    public ref int Section => ref _places[1];

    /// <summary>Of processing instructions.</summary>
    public ref int Instruction => ref _places[2];

    /// <summary>Begins a text.</summary>
    public void Clear() => Array.Fill(_places, int.MaxValue);
}
