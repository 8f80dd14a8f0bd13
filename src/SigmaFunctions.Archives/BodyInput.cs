namespace SigmaFunctions.Archives;

/// <summary>A file of bodies that is to be read.</summary>
/// <param name="Name">What messages call it.</param>
/// <param name="Open">Opens it; the stream is closed when it was read.</param>
public sealed record BodyInput(string Name, Func<Stream> Open)
{
    /// <summary>Whether it is one body as a whole, of one line.</summary>
    public bool IsWhole { get; init; }

    /// <summary>Whether it can be opened only once. What cannot be sought in is read only once, too.</summary>
    public bool IsOnce { get; init; }

    /// <summary>A file on the disk, called by its path.</summary>
    public static BodyInput OfFile(string path) =>
        new(path, () => new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1, FileOptions.SequentialScan));
}
