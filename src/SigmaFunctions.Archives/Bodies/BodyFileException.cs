namespace SigmaFunctions.Archives.Bodies;

/// <summary>A file of bodies is damaged, or nothing that is read here.</summary>
/// <param name="message">What is the matter, as it follows the file's name.</param>
/// <param name="inner">What found it.</param>
public sealed class BodyFileException(string message, Exception? inner = null) : IOException(message, inner);
