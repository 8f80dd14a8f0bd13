using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace SigmaFunctions.Storage.Erasing;

/// <summary>
/// Looks for words in text and in bytes of unknown form, in bounded memory. Text is looked at as it stands and with the escapes of JSON and XML
/// resolved; bytes as UTF-8, as UTF-16 of either order and at either offset, and where they are gzip as what they unpack to.
/// </summary>
internal sealed class TextSearch
{
    /// <summary>Most bytes that packed bytes are unpacked to: as many as the app unpacks of a body.</summary>
    public const int MaxUnpacked = 64 * 1024 * 1024;

    // XML's longest form of a character; JSON's is shorter. Two of them decide whether a word ends, and where a part of a text begins one may be cut.
    private const int LongestEscape = 10;
    private const int Before = LongestEscape;
    private const int After = 2 * LongestEscape;
    private const int Stride = 64 * 1024;

    // GZipStream takes the end of its input for the end of the data. Only if the last member is whole does a member of our own come out behind it.
    // However two of its bytes are put together, they are no letter.
    private static readonly byte[] EndMark = " !! ! !!!  !"u8.ToArray();
    private static readonly byte[] EndMember = Pack(EndMark);

    private readonly IReadOnlyList<SearchedWord> _words;
    private readonly bool[] _found;

    private TextSearch(IReadOnlyList<SearchedWord> words)
    {
        _words = words;
        _found = new bool[words.Count];
    }

    private bool IsDone => Array.TrueForAll(_found, found => found);

    // Whatever stands too near to the end of one part is far enough from both ends of the next.
    private int Overlap => Before + _words.Max(word => word.Text.Length) * LongestEscape + After;

    /// <summary>Whether all words stand in some texts, each of which is whole.</summary>
    public static bool AreIn(IReadOnlyList<SearchedWord> words, IEnumerable<string> texts)
    {
        var search = new TextSearch(words);
        foreach (string text in texts)
        {
            search.Look(text, 0, 0);
        }

        return search.IsDone;
    }

    /// <summary>Whether all words stand in some bytes.</summary>
    /// <exception cref="IOException">The bytes could not be read.</exception>
    public static async Task<ErasureFinding> FindAsync(IReadOnlyList<SearchedWord> words, Stream bytes, CancellationToken cancellationToken)
    {
        var search = new TextSearch(words);
        byte[] magic = new byte[2];
        int length = await bytes.ReadAtLeastAsync(magic, 2, throwOnEndOfStream: false, cancellationToken);
        var begin = new MemoryStream(magic, 0, length);
        if (magic is not [0x1f, 0x8b])
        {
            await search.LookAsync(new JoinedStream([begin, bytes]), long.MaxValue, cancellationToken);
            return search.IsDone ? ErasureFinding.OfSubject : ErasureFinding.Other;
        }

        await using var unpacked = new GZipStream(new JoinedStream([begin, bytes, new MemoryStream(EndMember)]), CompressionMode.Decompress);
        bool isWhole = (await search.LookAsync(unpacked, MaxUnpacked, cancellationToken)).AsSpan().EndsWith(EndMark);
        return search.IsDone ? ErasureFinding.OfSubject : isWhole ? ErasureFinding.Other : ErasureFinding.Unsearchable;
    }

    /// <summary>Looks until all is found, or there is no more, or it is too much, or cannot be unpacked any further.</summary>
    /// <returns>The last bytes.</returns>
    private async Task<byte[]> LookAsync(Stream bytes, long maximum, CancellationToken cancellationToken)
    {
        Reading[] readings =
        [
            new(Encoding.UTF8, 0), new(Encoding.Unicode, 0), new(Encoding.Unicode, 1), new(Encoding.BigEndianUnicode, 0), new(Encoding.BigEndianUnicode, 1),
        ];
        byte[] buffer = new byte[Stride];
        byte[] last = [];
        long total = 0;
        while (!IsDone && total <= maximum)
        {
            int read = await FillAsync(bytes, buffer, cancellationToken);
            total += read;
            last = [.. last, .. buffer.AsSpan(Math.Max(0, read - EndMark.Length), Math.Min(read, EndMark.Length))];
            foreach (Reading reading in readings)
            {
                Look(reading.Next(buffer.AsSpan(0, read), Overlap, isEnd: read < Stride), total == read ? 0 : Before, read < Stride ? 0 : After);
            }

            if (read < Stride)
            {
                break;
            }

            last = last[^EndMark.Length..];
        }
        return last;
    }

    private static async Task<int> FillAsync(Stream bytes, byte[] buffer, CancellationToken cancellationToken)
    {
        int filled = 0;
        try
        {
            int read;
            while (filled < buffer.Length && (read = await bytes.ReadAsync(buffer.AsMemory(filled), cancellationToken)) > 0)
            {
                filled += read;
            }
        }
        catch (InvalidDataException)
        {
            // Damaged: what came out before counts, and no end mark comes.
        }
        return filled;
    }

    private static byte[] Pack(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
        {
            gzip.Write(bytes);
        }

        return packed.ToArray();
    }

    private void Look(ReadOnlySpan<char> text, int before, int after)
    {
        LookPlainly(text, before, after);
        if (!IsDone && text.ContainsAny('\\', '&'))
        {
            string once = Unescape(text);
            LookPlainly(once, before, after);

            // JSON is often the value of a string in other JSON.
            if (!IsDone && once.AsSpan().ContainsAny('\\', '&'))
            {
                LookPlainly(Unescape(once), before, after);
            }
        }
    }

    private void LookPlainly(ReadOnlySpan<char> text, int before, int after)
    {
        for (int i = 0; i < _words.Count; i++)
        {
            _found[i] = _found[i] || _words[i].IsIn(text, before, after);
        }
    }

    private static string Unescape(ReadOnlySpan<char> text)
    {
        var plain = new StringBuilder(text.Length);
        while (!text.IsEmpty)
        {
            int next = text.IndexOfAny('\\', '&');
            plain.Append(next < 0 ? text : text[..next]);
            if (next < 0)
            {
                break;
            }

            text = text[next..];
            (string meant, int length) = text[0] == '\\' ? OfJson(text) : OfXml(text);
            plain.Append(meant);
            text = text[length..];
        }
        return plain.ToString();
    }

    private static (string Meant, int Length) OfJson(ReadOnlySpan<char> text) => text switch
    {
        [_, 'u', ..] when text.Length >= 6 && ushort.TryParse(text[2..6], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort unit) => (((char)unit).ToString(), 6),
        [_, '\\' or '/' or '"', ..] => (text[1].ToString(), 2),
        [_, 'n' or 'r' or 't' or 'b' or 'f', ..] => (" ", 2),
        _ => ("\\", 1),
    };

    private static (string Meant, int Length) OfXml(ReadOnlySpan<char> text)
    {
        int end = text[..Math.Min(text.Length, LongestEscape)].IndexOf(';');
        string? meant = end < 2 ? null : text[1..end] switch
        {
            "amp" => "&",
            "lt" => "<",
            "gt" => ">",
            "quot" => "\"",
            "apos" => "'",
            ['#', 'x' or 'X', .. var digits] when int.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int value) && Rune.IsValid(value) => new Rune(value).ToString(),
            ['#', .. var digits] when int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && Rune.IsValid(value) => new Rune(value).ToString(),
            _ => null,
        };
        return meant is null ? ("&", 1) : (meant, end + 1);
    }

    /// <summary>Bytes read as text of one encoding, in parts that overlap.</summary>
    private sealed class Reading(Encoding encoding, int skipped)
    {
        private readonly Decoder _decoder = encoding.GetDecoder();
        private readonly char[] _text = new char[2 * Stride + 2];
        private int _skipped = skipped;
        private int _length;

        public ReadOnlySpan<char> Next(ReadOnlySpan<byte> bytes, int overlap, bool isEnd)
        {
            int skip = Math.Min(_skipped, bytes.Length);
            _skipped -= skip;
            int kept = Math.Min(overlap, _length);
            _text.AsSpan(_length - kept, kept).CopyTo(_text);
            _length = kept + _decoder.GetChars(bytes[skip..], _text.AsSpan(kept), flush: isEnd);
            return _text.AsSpan(0, _length);
        }
    }

    /// <summary>Streams one after the other; they stay open.</summary>
    private sealed class JoinedStream(Stream[] parts) : Stream
    {
        private int _part;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            int read = 0;
            while (_part < parts.Length && !buffer.IsEmpty && (read = parts[_part].Read(buffer)) == 0)
            {
                _part++;
            }

            return read;
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            int read = 0;
            while (_part < parts.Length && !buffer.IsEmpty && (read = await parts[_part].ReadAsync(buffer, cancellationToken)) == 0)
            {
                _part++;
            }

            return read;
        }

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
