using SigmaFunctions.Archives.Bodies;

namespace SigmaFunctions.Archives.Cutting;

/// <summary>
/// Cuts a text into bodies: its lines; and where a JSON document or an event of XML spans lines, or is longer than most lines are, the document or
/// event. Each byte is looked at a bounded number of times.
/// </summary>
internal sealed class BodyCutter
{
    private readonly CutText _text;
    private readonly LineCutter _lines;
    private readonly JsonCutter _documents;
    private readonly XmlCutter _events;

    /// <summary>Begins a text.</summary>
    /// <param name="text">The text, in UTF-8 or whatever else has the line ends of ASCII.</param>
    /// <param name="source">What it is called, and where its lines begin.</param>
    public BodyCutter(Stream text, BodySource source)
    {
        _text = new CutText(text, source);
        _lines = new LineCutter(_text);
        _documents = new JsonCutter(_text, _lines);
        _events = new XmlCutter(_text, _lines);
    }

    /// <summary>What ended the text before its end, as it follows the source's name; known when no more can be read.</summary>
    public string? Fault => _text.Fault;

    /// <summary>Reads on, when nothing more can be cut from what was read.</summary>
    /// <returns>Whether there may be more to cut; if not, the text has ended.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public ValueTask<bool> FillAsync(CancellationToken cancellationToken) => _text.FillAsync(cancellationToken);

    /// <summary>Cuts the next body, a blank line or a fault from what was read.</summary>
    public bool TryCut(out BodyLine body)
    {
        while (true)
        {
            if (_documents.IsOpen)
            {
                bool isCut = _documents.TryCut(out body);
                if (isCut || _documents.IsOpen)
                {
                    return isCut;
                }
            }
            else if (_events.IsOpen)
            {
                bool isCut = _events.TryCut(out body);
                if (isCut || _events.IsOpen)
                {
                    return isCut;
                }
            }

            LineStep step = _lines.Cut(out body);
            if (step == LineStep.Document)
            {
                _documents.Begin();
            }
            else if (step == LineStep.Events)
            {
                _events.Begin();
            }
            else
            {
                return step == LineStep.Body;
            }
        }
    }
}
