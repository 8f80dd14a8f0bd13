using SigmaFunctions.Engine.Events;
using SigmaFunctions.Telemetry.Json;

namespace SigmaFunctions.Telemetry.Xml;

/// <summary>Reads XML that is the text of a value. Used for one text after another; not safe for concurrent use.</summary>
internal sealed class NestedXml
{
    // The record was counted when it was read, and is bounded.
    private readonly XmlEnds _ends = new(new WorkMeter());

    /// <summary>Reads XML from a place of a text on, its elements as properties of an object.</summary>
    /// <param name="tape">The tape that the text stands on, and the object will.</param>
    /// <param name="text">The text.</param>
    /// <param name="start">Where the XML begins in it.</param>
    /// <param name="firstOnly">Whether only one element is read, whatever follows it.</param>
    /// <param name="parsed">The object.</param>
    /// <returns>Whether it could be read; if not nothing is left behind.</returns>
    /// <exception cref="RecordTooLargeException">It has more than <see cref="RecordTape.MaxValues"/>.</exception>
    public bool TryRead(RecordTape tape, RecordValue text, int start, bool firstOnly, out RecordValue parsed)
    {
        parsed = default;
        if (text.Kind != FieldValueKind.Text)
        {
            return false;
        }

        ReadOnlySpan<byte> xml = text.Text[start..];
        _ends.Clear();
        RecordTape.Nested nested = tape.BeginNested(text);
        var cursor = new XmlCursor(tape, xml, nested.Start + start, _ends);
        int index = -1;
        bool isRead = firstOnly ? !xml.IsEmpty && cursor.TryReadElement(out index) : cursor.TryReadAll(out index);
        return tape.EndNested(nested, isRead, index, out parsed);
    }
}
