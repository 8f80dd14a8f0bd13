using System.Globalization;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.Storage.Blobs;

/// <summary>
/// The middle of the name of a blob that belongs to a hub's event: <c>{sequence number}-{record}</c>. <c>body</c> in place of a record is the whole message.
/// </summary>
internal static class HubEventName
{
    private const string BodyWord = "body";

    /// <summary>The middle for an event.</summary>
    public static string Create(HubEventIdentity identity)
    {
        string record = identity.Record == HubEventIdentity.WholeBody ? BodyWord : identity.Record.ToString(CultureInfo.InvariantCulture);
        return string.Create(CultureInfo.InvariantCulture, $"{identity.SequenceNumber}-{record}");
    }

    /// <summary>Reads a middle; false where it is not one of a hub's event.</summary>
    /// <param name="middle">The middle.</param>
    /// <param name="sequenceNumber">Sequence number of the message.</param>
    /// <param name="record">Index of the record, or <see cref="HubEventIdentity.WholeBody"/>.</param>
    public static bool TryParse(string middle, out long sequenceNumber, out int record)
    {
        sequenceNumber = 0;
        record = HubEventIdentity.WholeBody;
        return middle.Split('-') is [var number, var rest]
            && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out sequenceNumber)
            && (rest == BodyWord || int.TryParse(rest, NumberStyles.None, CultureInfo.InvariantCulture, out record));
    }
}
