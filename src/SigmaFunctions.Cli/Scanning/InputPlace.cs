using SigmaFunctions.Archives.Bodies;

namespace SigmaFunctions.Cli.Scanning;

/// <summary>Where a record stands in the input.</summary>
/// <param name="File">The file, as people call it.</param>
/// <param name="FileLine">The line on which it begins, from 1 in its file.</param>
/// <param name="Line">The same from 0 over all files, blank lines too.</param>
/// <param name="Record">The number of the record on its line or in its document, from 0.</param>
internal readonly record struct InputPlace(string File, long FileLine, long Line, int Record)
{
    /// <summary>The place of a record of a body.</summary>
    /// <param name="places">The body's places.</param>
    /// <param name="offset">Where the record, or the fault in it, is in the body, in bytes.</param>
    /// <param name="record">Its index in the body.</param>
    public static InputPlace Of(ref BodyPlaces places, long offset, int record) =>
        new(places.Body.Source.Name, places.SourceLineAt(offset), places.LineAt(offset), places.Body.FirstRecord + record);

    /// <summary>The place where a body begins.</summary>
    public static InputPlace Of(BodyLine body)
    {
        var places = new BodyPlaces(body);
        return Of(ref places, 0, 0);
    }

    /// <summary>File and line, as tools that open files take them.</summary>
    public override string ToString() => $"{File}:{FileLine}";
}
