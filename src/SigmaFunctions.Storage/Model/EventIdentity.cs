namespace SigmaFunctions.Storage.Model;

/// <summary>
/// Where a detection came from, from which its id and its keys are derived: the same event has the same identity however often and by whatever way it
/// arrives, so that everything that follows from it is written once. It is one of a few kinds, which all are in this project: see <see cref="ByKind"/>.
/// </summary>
public abstract record EventIdentity
{
    private protected EventIdentity()
    {
    }

    /// <summary>The time (UTC) by which detections are ordered, found and removed: of a hub's event when the hub took it in.</summary>
    public abstract DateTimeOffset Time { get; }

    /// <summary>
    /// What somebody makes of an identity. Each kind has a parameter of its own, so that nothing that depends on the kind compiles before it deals with all.
    /// </summary>
    /// <typeparam name="T">What is made.</typeparam>
    /// <param name="hubEvent">What to make of an event of a hub's message.</param>
    public abstract T ByKind<T>(Func<HubEventIdentity, T> hubEvent);

    /// <summary>
    /// Encodes what many events have in common, which therefore share partitions of the table: of a hub's event namespace, hub and partition.
    /// Kinds must not encode alike: a hub's event begins with the length of a text, any other with a negative number that no other begins with.
    /// </summary>
    internal abstract void EncodeOrigin(IdentityEncoding encoding);

    /// <summary>Encodes the rest, which tells this event from all others of its origin.</summary>
    internal abstract void EncodeEvent(IdentityEncoding encoding);
}
