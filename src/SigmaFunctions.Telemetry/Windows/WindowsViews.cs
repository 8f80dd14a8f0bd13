using SigmaFunctions.Telemetry.Events;
using SigmaFunctions.Telemetry.Json;

namespace SigmaFunctions.Telemetry.Windows;

/// <summary>
/// Writes the views of an event of the Windows event log, in whatever shape it came: the shape sets the fields under the names of the
/// event's own schema.
/// </summary>
internal sealed class WindowsViews(NameTable.Builder names)
{
    private readonly SecurityProcessCreation _processCreation = new(names);
    private readonly Name _channel = names.Add("Channel");
    private readonly Name _provider = names.Add("Provider_Name");
    private readonly HashFields _hashes = new(names);
    private readonly Name _threatName = names.Add("ThreatName");
    private readonly Name _path = names.Add("Path");
    private readonly Name _signature = names.Add("Signature");
    private readonly Name _filename = names.Add("Filename");
    private readonly Name _user = names.Add("User");
    private readonly Name _subjectDomain = names.Add("SubjectDomainName");
    private readonly Name _subjectName = names.Add("SubjectUserName");
    private readonly Name _targetDomain = names.Add("TargetDomainName");
    private readonly Name _targetName = names.Add("TargetUserName");

    /// <summary>
    /// One view with the event's own fields for its service and the categories that share its names, and one for each category
    /// whose names differ.
    /// </summary>
    /// <param name="kind">What the event is; null where that is not known.</param>
    /// <param name="sink">Where to; its fields are the event's own.</param>
    public void Write(WindowsEventKind? kind, EventSink sink)
    {
        Begin(kind, sink);
        End(kind, sink);
    }

    /// <summary>Begins the view with the event's own fields, for shapes that compose some of them; <see cref="End"/> must follow.</summary>
    /// <returns>Whether anybody looks at it.</returns>
    public bool Begin(WindowsEventKind? kind, EventSink sink)
    {
        sink.AddWithoutSpaces();
        sink.StateOrigin(sink[_channel].Text, sink[_provider].Text);
        return sink.BeginView(kind?.Own ?? WindowsLogSources.Unknown);
    }

    /// <summary>Ends the view with the event's own fields and writes the others.</summary>
    public void End(WindowsEventKind? kind, EventSink sink)
    {
        _hashes.Map(sink);
        sink.EndView();
        if (kind?.ProcessCreation is { } processCreation)
        {
            if (sink.BeginView(processCreation))
            {
                _processCreation.Map(sink);
            }

            sink.EndView();
        }

        if (kind?.Antivirus is { } antivirus)
        {
            if (sink.BeginView(antivirus))
            {
                sink.Map(_signature, sink[_threatName]);
                sink.Map(_filename, sink[_path]);
            }

            sink.EndView();
        }
    }

    /// <summary>
    /// The account: Sysmon's <c>User</c>, else the subject's, else the target's, as <c>domain\name</c>; absent where none is stated.
    /// </summary>
    public RecordValue AccountOf(EventSink fields)
    {
        RecordValue user = IfNamed(fields[_user]);
        if (user.Exists)
        {
            return user;
        }

        RecordValue subject = fields.Joined(IfNamed(fields[_subjectDomain]), IfNamed(fields[_subjectName]));
        return subject.Exists ? subject : fields.Joined(IfNamed(fields[_targetDomain]), IfNamed(fields[_targetName]));
    }

    /// <summary>The value unless it is absent, empty or the dash that Windows writes for nothing.</summary>
    public static RecordValue IfNamed(RecordValue value) =>
        value.Text is { IsEmpty: false } text && !text.SequenceEqual("-"u8) ? value : default;
}
