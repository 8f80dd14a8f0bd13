namespace SigmaFunctions.Archives.Recognising;

/// <summary>How the content of a file is got at.</summary>
internal enum FileKind
{
    /// <summary>UTF-8, or whatever else is cut into lines as it is.</summary>
    Text,

    /// <summary>UTF-16, the lower byte first.</summary>
    Utf16,

    /// <summary>UTF-16, the higher byte first.</summary>
    Utf16BigEndian,

    /// <summary>Packed by gzip.</summary>
    Gzip,

    /// <summary>Packed by zstd.</summary>
    Zstd,

    /// <summary>An archive of files.</summary>
    Zip,

    /// <summary>Known, and not read.</summary>
    Foreign,
}
