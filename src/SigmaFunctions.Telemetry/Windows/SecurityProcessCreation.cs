using System.Buffers.Text;
using System.Globalization;
using SigmaFunctions.Telemetry.Events;
using SigmaFunctions.Telemetry.Json;

namespace SigmaFunctions.Telemetry.Windows;

/// <summary>Security 4688 ("A new process has been created") under the names of Sigma's <c>process_creation</c>.</summary>
internal sealed class SecurityProcessCreation(NameTable.Builder names)
{
    private readonly Name _newProcessName = names.Add("NewProcessName");
    private readonly Name _parentProcessName = names.Add("ParentProcessName");
    private readonly Name _newProcessId = names.Add("NewProcessId");
    private readonly Name _mandatoryLabel = names.Add("MandatoryLabel");
    private readonly Account _subject = new(names, "Subject");
    private readonly Account _target = new(names, "Target");

    private readonly Name _image = names.Add("Image");
    private readonly Name _parentImage = names.Add("ParentImage");
    private readonly Name _processId = names.Add("ProcessId");
    private readonly Name _parentProcessId = names.Add("ParentProcessId");
    private readonly Name _integrityLevel = names.Add("IntegrityLevel");
    private readonly Name _user = names.Add("User");
    private readonly Name _logonId = names.Add("LogonId");

    /// <summary>Sets the mapped fields over the event's own: <c>ProcessId</c> becomes the new process, as in Sysmon.</summary>
    public void Map(EventSink sink)
    {
        sink.Map(_image, sink[_newProcessName]);
        sink.Map(_parentImage, sink[_parentProcessName]);

        // The event's own ProcessId is the parent's.
        if (sink.Wants(_parentProcessId))
        {
            sink.Map(_parentProcessId, Decimal(sink.Tape, sink[_processId]));
        }

        sink.Remove(_processId);
        if (sink.Wants(_processId))
        {
            sink.Map(_processId, Decimal(sink.Tape, sink[_newProcessId]));
        }

        if (sink.Wants(_integrityLevel) && IntegrityLevelOf(sink[_mandatoryLabel].Text) is { IsEmpty: false } level)
        {
            sink.Map(_integrityLevel, sink.Tape.Compose(level));
        }

        Account account = WindowsViews.IfNamed(sink[_target.UserName]).Exists ? _target : _subject;
        if (sink.Wants(_user))
        {
            sink.Map(
                _user,
                sink[account.UserSid].Text.SequenceEqual("S-1-5-18"u8)
                    ? sink.Tape.Compose(@"NT AUTHORITY\SYSTEM"u8)
                    : sink.Joined(WindowsViews.IfNamed(sink[account.DomainName]), WindowsViews.IfNamed(sink[account.UserName])));
        }

        sink.Map(_logonId, sink[account.LogonId]);
    }

    /// <summary>Integrity levels by their well-known SIDs ([MS-DTYP] 2.4.2.4); empty for any other text.</summary>
    private static ReadOnlySpan<byte> IntegrityLevelOf(ReadOnlySpan<byte> label) => label switch
    {
        _ when label.SequenceEqual("S-1-16-0"u8) => "Untrusted"u8,
        _ when label.SequenceEqual("S-1-16-4096"u8) => "Low"u8,
        _ when label.SequenceEqual("S-1-16-8192"u8) => "Medium"u8,
        _ when label.SequenceEqual("S-1-16-12288"u8) => "High"u8,
        _ when label.SequenceEqual("S-1-16-16384"u8) => "System"u8,
        _ => default,
    };

    /// <summary>A process id as Sysmon writes it; the Security log writes it in hexadecimal.</summary>
    private static RecordValue Decimal(RecordTape tape, RecordValue id)
    {
        if (id.Text is not [(byte)'0', (byte)'x' or (byte)'X', _, ..]
            || !ulong.TryParse(id.Text[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong number))
        {
            return id;
        }

        Span<byte> digits = stackalloc byte[20];
        Utf8Formatter.TryFormat(number, digits, out int length);
        return tape.Compose(digits[..length]);
    }

    /// <summary>The fields of one of the accounts that the event names.</summary>
    private sealed class Account(NameTable.Builder names, string who)
    {
        public Name UserName { get; } = names.Add($"{who}UserName");

        public Name DomainName { get; } = names.Add($"{who}DomainName");

        public Name UserSid { get; } = names.Add($"{who}UserSid");

        public Name LogonId { get; } = names.Add($"{who}LogonId");
    }
}
