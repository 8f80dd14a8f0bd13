using SigmaFunctions.Archives.Bodies;

namespace SigmaFunctions.Archives.Unpacking;

/// <summary>
/// How much a file may unpack to. What is unpacked goes through a buffer and never fills the memory; but a small file must not be work without
/// end.
/// </summary>
internal sealed class UnpackingBudget
{
    /// <summary>Bytes that any file may unpack to.</summary>
    public const long FreeBytes = 1L << 30;

    /// <summary>Highest ratio beyond these; telemetry is packed 5 to 100 times.</summary>
    public const int MaxRatio = 200;

    private long _unpacked;

    /// <summary>Bytes of the file that were read so far.</summary>
    public long Packed { get; set; }

    /// <summary>Counts what was unpacked, of all layers and all files of an archive together.</summary>
    /// <exception cref="BodyFileException">It is too much.</exception>
    public void Spend(long bytes)
    {
        _unpacked += bytes;
        if (_unpacked > FreeBytes + (MaxRatio * Packed))
        {
            throw new BodyFileException("unpacks to more than 1 GiB and 200 times its size, so the rest was not read: unpack it yourself if that is meant");
        }
    }
}
