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
    /// <param name="body">The body.</param>
    /// <param name="offset">Where the record, or the fault in it, is in the body, in bytes.</param>
    /// <param name="record">Its index in the body.</param>
    public static InputPlace Of(BodyLine body, long offset, int record) =>
        new(body.Source.Name, body.SourceLineAt(offset), body.LineAt(offset), body.FirstRecord + record);

    /// <summary>File and line, as tools that open files take them.</summary>
    public override string ToString() => $"{File}:{FileLine}";
}
