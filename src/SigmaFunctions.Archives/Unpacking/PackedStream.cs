namespace SigmaFunctions.Archives.Unpacking;

/// <summary>A file as it is stored: what is read of it counts for its budget.</summary>
internal sealed class PackedStream(Stream file, UnpackingBudget budget) : ForwardStream
{
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int read = await file.ReadAsync(buffer, cancellationToken);
        budget.Packed += read;
        return read;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            file.Dispose();
        }

        base.Dispose(disposing);
    }
}
