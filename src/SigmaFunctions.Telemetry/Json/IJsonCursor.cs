using System.Text.Json;

namespace SigmaFunctions.Telemetry.Json;

/// <summary>
/// Goes over JSON text as framing needs it: token by token between records, and a record at once. How it says that the text is
/// not JSON is its own affair.
/// </summary>
internal interface IJsonCursor
{
    /// <summary>Where the token at hand begins.</summary>
    int TokenStart { get; }

    /// <summary>Where the token at hand ends.</summary>
    int Consumed { get; }

    /// <summary>Whether the cursor gave up; nothing it said before counts then.</summary>
    bool Failed { get; }

    /// <summary>Goes to the next token; <see cref="JsonTokenType.None"/> where there is none.</summary>
    JsonTokenType Read();

    /// <summary>Goes to the end of the value at hand.</summary>
    void Skip();

    /// <summary>
    /// Adds the object that the cursor stands at the beginning of to the tape, up to its end or to a property that
    /// <see cref="OpensRecords"/>.
    /// </summary>
    /// <param name="envelope">What the object may be, and where to stop then; none if it is a record.</param>
    /// <param name="index">The object on the tape.</param>
    /// <returns>Whether the object ended.</returns>
    /// <exception cref="RecordTooLargeException">The object is no record: <see cref="SkipRest"/> goes on behind it.</exception>
    bool AppendObject(Envelope envelope, out int index);

    /// <summary>Goes to the end of the object that <see cref="AppendObject"/> has thrown at, or gives up.</summary>
    void SkipRest();

    /// <summary>
    /// Whether the cursor stands on a name such as <c>records</c> with objects behind it, rather than a field of that name that lists
    /// something else.
    /// </summary>
    /// <param name="envelope">What the object is.</param>
    /// <param name="elements">What the objects are behind it.</param>
    bool OpensRecords(Envelope envelope, out Envelope elements);
}
