namespace SigmaFunctions.Engine.Files;

/// <summary>Something that is expected to hold rules.</summary>
/// <param name="Path">Its name in diagnostics.</param>
/// <param name="ReadText">
/// Its text; null where there is nothing to read. Throws <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/> where it cannot be
/// read.
/// </param>
internal sealed record LayerFile(string Path, Func<string?> ReadText);
