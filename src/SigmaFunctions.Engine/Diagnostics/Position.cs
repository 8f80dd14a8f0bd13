namespace SigmaFunctions.Engine.Diagnostics;

/// <summary>A place in a file: line and column from 1.</summary>
internal readonly record struct Position(int Line, int Column);
