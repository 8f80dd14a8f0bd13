using SigmaFunctions.Engine.Matching.Indexing;
using SigmaFunctions.Engine.Values;

namespace SigmaFunctions.Engine.Matching;

/// <summary>The buffers that looking for keywords in a text needs. Not safe for concurrent use.</summary>
internal sealed class KeywordRoom
{
    // A buffer that an unusually large text made grow beyond this is given back.
    private const int MaxKeptBytes = 2 * 1024 * 1024;
    private const int InitialBytes = 16 * 1024;

    private byte[] _folded = [];

    /// <summary>Room for <see cref="LiteralIndex.AnyStandsIn"/>.</summary>
    public int[] Places { get; } = new int[LiteralIndex.Chunk];

    /// <summary>Gives back what an unusually large text made it grow to.</summary>
    public void Trim()
    {
        if (_folded.Length > MaxKeptBytes)
        {
            _folded = [];
        }
    }

    /// <summary>Folds a text.</summary>
    /// <returns>The first of the folded bytes, with <see cref="FoldedText.Slack"/> behind them; valid until the next text.</returns>
    public ref byte Fold(ReadOnlySpan<byte> text)
    {
        if (_folded.Length < text.Length + FoldedText.Slack)
        {
            _folded = new byte[Math.Max(InitialBytes, (text.Length * 2) + FoldedText.Slack)];
        }

        text.CopyTo(_folded);
        FoldedText.Fold(_folded, _folded, text.Length);
        return ref _folded[0];
    }
}
