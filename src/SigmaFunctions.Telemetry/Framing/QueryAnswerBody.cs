using System.Text.Json;

namespace SigmaFunctions.Telemetry.Framing;

/// <summary>
/// Turns answers to queries into arrays of rows: those of Log Analytics (<c>{"tables":[{"columns":[{"name":…}],"rows":[[…]]}]}</c>) and of advanced
/// hunting (<c>{"schema":[{"name":…}],"results":[{…}]}</c>, in older versions <c>Schema</c>, <c>Results</c>). What was turned is good until the
/// next body.
/// </summary>
internal sealed class QueryAnswerBody
{
    // What is kept between bodies.
    private const int KeptBytes = 4 * 1024 * 1024;

    // A row repeats the names of its columns, which are mostly longer than the values.
    private const int MaxRatio = 16;

    // More than any table has.
    private const int MaxColumns = 4_096;

    private readonly List<byte[]> _columns = [];
    private byte[] _rows = [];
    private int _length;
    private int _maxLength;

    // What is known of the answer at hand.
    private bool _hasTable;
    private bool _hasSchema;
    private bool _hasResults;

    // Whether something names more columns than any table has: an answer is not read then, and anything else is as it is.
    private bool _hasTooManyColumns;

    // Where the rows end that were written whole, and where they do in the body.
    private int _whole;
    private int _wholeFrom;

    /// <summary>Most bytes that the rows of an answer of a length take.</summary>
    public static long MaxLength(int length) => Math.Min(GzipBody.MaxBytes, (long)length * MaxRatio);

    /// <summary>Whether a body begins as an answer does: with one of the properties that answers have.</summary>
    public static bool MayBe(ReadOnlySpan<byte> body)
    {
        body = (body.StartsWith("\uFEFF"u8) ? body[3..] : body).TrimStart(" \t\r\n"u8);
        if (body is not [(byte)'{', .. var inner])
        {
            return false;
        }

        inner = inner.TrimStart(" \t\r\n"u8);
        return inner.StartsWith("\"tables\""u8) || inner.StartsWith("\"Tables\""u8)
            || inner.StartsWith("\"schema\""u8) || inner.StartsWith("\"Schema\""u8)
            || inner.StartsWith("\"results\""u8) || inner.StartsWith("\"Results\""u8)
            || inner.StartsWith("\"stats\""u8) || inner.StartsWith("\"Stats\""u8)
            || inner.StartsWith("\"@odata.context\""u8);
    }

    /// <summary>Turns a body into its rows where it is an answer.</summary>
    /// <param name="body">The body in UTF-8; where it was turned, an array of its rows, and what stood behind the answer as it was.</param>
    /// <param name="maxLength">Most bytes that the rows may take.</param>
    /// <param name="cancellationToken">Ends the turning.</param>
    /// <param name="reason">Why the rows cannot be read, where they take too much room.</param>
    /// <returns>Whether it was turned. Where not, and without a reason, it is no answer, or not valid JSON.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public bool TryConvert(ref ReadOnlyMemory<byte> body, long maxLength, CancellationToken cancellationToken, out string? reason)
    {
        reason = null;
        if (!MayBe(body.Span))
        {
            return false;
        }

        _maxLength = (int)Math.Min(GzipBody.MaxBytes, maxLength);
        (_length, _whole, _wholeFrom) = (0, 0, 0);
        (_hasTable, _hasSchema, _hasResults, _hasTooManyColumns) = (false, false, false, false);
        ReadOnlySpan<byte> bytes = body.Span.StartsWith("\uFEFF"u8) ? body.Span[3..] : body.Span;
        try
        {
            try
            {
                if (!Convert(bytes, cancellationToken, out int end) || !IsAnswer)
                {
                    return false;
                }

                Write("]"u8);
                Write(bytes[end..]);
            }
            catch (JsonException) when (IsAnswer && _whole > 0)
            {
                // The rows before the damage, and then the damage as it is.
                _length = _whole;
                Write(bytes[_wholeFrom..]);
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // Whoever reads it tells where it is damaged. A name with half a surrogate pair cannot be compared.
            return false;
        }
        catch (TooLongException)
        {
            reason = "the rows of this answer to a query take too much room; export them as rows";
            return false;
        }

        body = _rows.AsMemory(0, _length);
        return true;
    }

    /// <summary>Gives up what was turned, but for what is kept.</summary>
    public void Trim()
    {
        if (_rows.Length > KeptBytes)
        {
            _rows = [];
        }

        _columns.Clear();
    }

    private bool IsAnswer => _hasTable || (_hasResults && _hasSchema);

    /// <summary>Writes the rows of an answer; false where it is none.</summary>
    private bool Convert(ReadOnlySpan<byte> bytes, CancellationToken cancellationToken, out int end)
    {
        end = 0;
        var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { AllowMultipleValues = true });
        reader.Read();
        Write("["u8);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isTables = reader.ValueTextEquals("tables"u8) || reader.ValueTextEquals("Tables"u8);
            bool isResults = reader.ValueTextEquals("results"u8) || reader.ValueTextEquals("Results"u8);
            bool isSchema = reader.ValueTextEquals("schema"u8) || reader.ValueTextEquals("Schema"u8);
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartArray || !(isTables || isResults || isSchema))
            {
                reader.Skip();
                continue;
            }

            if (isSchema)
            {
                // Without the names of columns it is something else that is called so.
                ReadColumns(ref reader);
                _hasSchema = _columns.TrueForAll(column => column.Length > 0);
                continue;
            }

            _hasResults |= isResults;
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (isResults)
                {
                    WriteValue(ref reader, bytes);
                }
                else if (reader.TokenType != JsonTokenType.StartObject || !ConvertTable(ref reader, bytes, cancellationToken))
                {
                    return false;
                }
            }
        }

        if (IsAnswer)
        {
            RefuseTooManyColumns();
        }

        end = (int)reader.BytesConsumed;
        return true;
    }

    private void RefuseTooManyColumns()
    {
        if (_hasTooManyColumns)
        {
            throw new TooLongException();
        }
    }

    /// <summary>Writes the rows of a table; false where it is none.</summary>
    private bool ConvertTable(ref Utf8JsonReader reader, ReadOnlySpan<byte> bytes, CancellationToken cancellationToken)
    {
        _columns.Clear();
        bool hasRows = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isColumns = reader.ValueTextEquals("columns"u8) || reader.ValueTextEquals("Columns"u8);
            bool isRows = reader.ValueTextEquals("rows"u8) || reader.ValueTextEquals("Rows"u8);
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartArray || !(isColumns || isRows))
            {
                reader.Skip();
                continue;
            }

            if (isColumns)
            {
                ReadColumns(ref reader);
                continue;
            }

            if (_columns.Count == 0)
            {
                return false;
            }

            RefuseTooManyColumns();
            hasRows = _hasTable = true;
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                cancellationToken.ThrowIfCancellationRequested();
                WriteRow(ref reader, bytes);
            }
        }

        return hasRows;
    }

    private void ReadColumns(ref Utf8JsonReader reader)
    {
        _columns.Clear();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            byte[] column = [];
            if (reader.TokenType == JsonTokenType.StartObject)
            {
                while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                {
                    bool isName = reader.ValueTextEquals("name"u8) || reader.ValueTextEquals("Name"u8) || reader.ValueTextEquals("ColumnName"u8);
                    reader.Read();
                    if (isName && reader.TokenType == JsonTokenType.String)
                    {
                        // With its escapes, as it is written again.
                        column = reader.ValueSpan.ToArray();
                    }
                    else
                    {
                        reader.Skip();
                    }
                }
            }
            else
            {
                reader.Skip();
            }

            if (_columns.Count == MaxColumns)
            {
                _hasTooManyColumns = true;
            }
            else
            {
                _columns.Add(column);
            }
        }
    }

    /// <summary>Writes a row as an object, without what it leaves empty. One that is no array is written as it is: it is no record then.</summary>
    private void WriteRow(ref Utf8JsonReader reader, ReadOnlySpan<byte> bytes)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            WriteValue(ref reader, bytes);
            return;
        }

        Separate();
        Write("{"u8);
        bool isFirst = true;
        for (int column = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; column++)
        {
            int start = (int)reader.TokenStartIndex;
            bool isNull = reader.TokenType == JsonTokenType.Null;
            reader.Skip();
            if (isNull || column >= _columns.Count || _columns[column].Length == 0)
            {
                continue;
            }

            Write(isFirst ? "\""u8 : ",\""u8);
            Write(_columns[column]);
            Write("\":"u8);
            Write(bytes[start..(int)reader.BytesConsumed]);
            isFirst = false;
        }

        Write("}"u8);
        EndRow(reader);
    }

    private void WriteValue(ref Utf8JsonReader reader, ReadOnlySpan<byte> bytes)
    {
        int start = (int)reader.TokenStartIndex;
        reader.Skip();
        Separate();
        Write(bytes[start..(int)reader.BytesConsumed]);
        EndRow(reader);
    }

    private void EndRow(in Utf8JsonReader reader) => (_whole, _wholeFrom) = (_length, (int)reader.BytesConsumed);

    private void Separate()
    {
        if (_length > 1)
        {
            Write(","u8);
        }
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        long needed = (long)_length + bytes.Length;
        if (needed > _maxLength)
        {
            throw new TooLongException();
        }

        if (needed > _rows.Length)
        {
            Array.Resize(ref _rows, (int)Math.Min(_maxLength, Math.Max(needed, Math.Max(64 * 1024L, _rows.Length * 2L))));
        }

        bytes.CopyTo(_rows.AsSpan(_length));
        _length += bytes.Length;
    }

    /// <summary>There are more rows than may be.</summary>
    private sealed class TooLongException : Exception;
}
