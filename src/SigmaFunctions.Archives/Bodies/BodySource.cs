namespace SigmaFunctions.Archives.Bodies;

/// <summary>A text that bodies were cut from: a file, what it unpacks to, or a file in an archive.</summary>
/// <param name="Name">What people call it: the path as it was given; of a file in an archive, the archive's path, a colon and its own.</param>
/// <param name="FirstLine">The number of its first line over all that is read, from 0.</param>
public sealed record BodySource(string Name, long FirstLine);
