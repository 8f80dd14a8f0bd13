using System.Collections.Immutable;
using SigmaFunctions.Telemetry.Events;
using SigmaFunctions.Telemetry.Json;
using SigmaFunctions.Telemetry.Windows;

namespace SigmaFunctions.Telemetry.Shapes.Elastic;

/// <summary>
/// Elastic's module for Sysmon. Not restored, since too little is left of them: <c>QueryResults</c> and <c>QueryStatus</c>, the names
/// of ports, <c>QWORD</c> values of the registry, and the case of letters in hashes.
/// </summary>
internal sealed class EcsSysmon : IEcsModule
{
    private const int StreamHash = 15;
    private const int Tampering = 25;

    private static readonly ImmutableArray<int> OfOneProcess =
        [1, 2, 3, 5, 7, 9, 11, 12, 13, 14, 15, 17, 18, 22, 23, 24, 25, 26, 27, 28, 29];

    private readonly Dictionary<int, List<EcsField>> _fields = [];
    private readonly Name _user;
    private readonly RecordPath _userDomain;
    private readonly RecordPath _userName;
    private readonly Name _hashes;
    private readonly HashFields _hashFields;
    private readonly Name _hash;
    private readonly ImmutableArray<HashPlaces> _hashPlaces;
    private readonly Name _initiated;
    private readonly RecordPath _direction;
    private readonly Name _details;
    private readonly RecordPath _dataType;
    private readonly RecordPath _dataStrings;
    private readonly Name _type;
    private readonly Name _message;

    public EcsSysmon(NameTable.Builder names)
    {
        Add("RuleName", "rule.name", [.. Enumerable.Range(1, 29)]);
        Add("ProcessGuid", "process.entity_id", OfOneProcess);
        Add("ProcessId", "process.pid", OfOneProcess);
        Add("Image", "process.executable", OfOneProcess);
        Add("CommandLine", "process.command_line", [1]);
        Add("CurrentDirectory", "process.working_directory", [1]);
        Add("ParentProcessGuid", "process.parent.entity_id", [1]);
        Add("ParentProcessId", "process.parent.pid", [1]);
        Add("ParentImage", "process.parent.executable", [1]);
        Add("ParentCommandLine", "process.parent.command_line", [1]);
        Add("OriginalFileName", "process.pe.original_file_name", [1]);
        Add("FileVersion", "process.pe.file_version", [1]);
        Add("Description", "process.pe.description", [1]);
        Add("Product", "process.pe.product", [1]);
        Add("Company", "process.pe.company", [1]);
        Add("OriginalFileName", "file.pe.original_file_name", [7]);
        Add("FileVersion", "file.pe.file_version", [7]);
        Add("Description", "file.pe.description", [7]);
        Add("Product", "file.pe.product", [7]);
        Add("Company", "file.pe.company", [7]);
        Add("Signature", "file.code_signature.subject_name", [6, 7]);
        Add("SignatureStatus", "file.code_signature.status", [6, 7]);
        Add("ImageLoaded", "file.path", [6, 7]);
        Add("SourceProcessGuid", "process.entity_id", [8]);
        Add("SourceProcessGUID", "process.entity_id", [10]);
        Add("SourceProcessId", "process.pid", [8, 10]);
        Add("SourceThreadId", "process.thread.id", [10]);
        Add("SourceImage", "process.executable", [8, 10]);
        Add("Destination", "process.executable", [20]);
        Add("Device", "file.path", [9]);
        Add("TargetFilename", "file.path", [2, 11, 15, 23, 26, 27, 28, 29]);
        Add("PipeName", "file.name", [17, 18]);
        Add("IsExecutable", "sysmon.file.is_executable", [23, 26, 28]);
        Add("Archived", "sysmon.file.archived", [23, 24]);
        Add("Protocol", "network.transport", [3]);
        Add("SourceIp", "source.ip", [3]);
        Add("SourceHostname", "source.domain", [3]);
        Add("SourcePort", "source.port", [3]);
        Add("DestinationIp", "destination.ip", [3]);
        Add("DestinationHostname", "destination.domain", [3]);
        Add("DestinationPort", "destination.port", [3]);
        Add("QueryName", "dns.question.name", [22]);
        Add("TargetObject", "registry.path", [12, 13, 14]);
        Add("ID", "error.code", [255]);

        _user = names.Add("User");
        _userDomain = new RecordPath(names, "user.domain");
        _userName = new RecordPath(names, "user.name");
        _hashes = names.Add("Hashes");
        _hashFields = new HashFields(names);
        _hash = names.Add("Hash");
        _hashPlaces = [new HashPlaces(names, "process."), new HashPlaces(names, "file."), new HashPlaces(names, "")];
        _initiated = names.Add("Initiated");
        _direction = new RecordPath(names, "network.direction");
        _details = names.Add("Details");
        _dataType = new RecordPath(names, "registry.data.type");
        _dataStrings = new RecordPath(names, "registry.data.strings");
        _type = names.Add("Type");
        _message = names.Add("message");

        void Add(string field, string path, ImmutableArray<int> eventIds)
        {
            var moved = new EcsField(names.Add(field), new RecordPath(names, path));
            foreach (int eventId in eventIds)
            {
                if (!_fields.TryGetValue(eventId, out List<EcsField>? ofEvent))
                {
                    _fields.Add(eventId, ofEvent = []);
                }

                ofEvent.Add(moved);
            }
        }
    }

    public void Restore(RecordValue record, RecordValue eventId, EventSink sink)
    {
        int id = NumberOf(eventId);
        if (_fields.TryGetValue(id, out List<EcsField>? fields))
        {
            foreach (EcsField field in fields)
            {
                field.Restore(record, sink);
            }
        }

        // Of this event the module moves Type to where otherwise the rendered text is, which has several lines.
        if (id == Tampering && !sink[_type].Exists && !record[_message].Text.Contains((byte)'\n'))
        {
            sink.Map(_type, record[_message]);
        }
    }

    public void Compose(RecordValue record, RecordValue eventId, EventSink sink)
    {
        if (sink.Wants(_user) && !sink[_user].Exists)
        {
            sink.Map(_user, sink.Joined(_userDomain.In(record).IfStated(), _userName.In(record).IfStated()));
        }

        Name hashes = NumberOf(eventId) == StreamHash ? _hash : _hashes;
        if ((sink.Wants(hashes) || _hashFields.AreWanted(sink)) && !sink[hashes].Exists)
        {
            sink.Map(hashes, HashesOf(record, sink.Tape));
        }

        if (sink.Wants(_initiated) && !sink[_initiated].Exists)
        {
            sink.Map(_initiated, _direction.In(record).Text switch
            {
                var text when text.SequenceEqual("egress"u8) => sink.Tape.Compose("true"u8),
                var text when text.SequenceEqual("ingress"u8) => sink.Tape.Compose("false"u8),
                _ => default,
            });
        }

        if (sink.Wants(_details) && !sink[_details].Exists)
        {
            sink.Map(_details, DetailsOf(record, sink.Tape));
        }
    }

    private static int NumberOf(RecordValue eventId) =>
        EventIds.TryRead(eventId.Text, out int number) ? number : -1;

    private RecordValue HashesOf(RecordValue record, RecordTape tape)
    {
        foreach (HashPlaces places in _hashPlaces)
        {
            RecordValue hashes = places.Compose(record, tape);
            if (hashes.Exists)
            {
                return hashes;
            }
        }

        return default;
    }

    /// <summary>The data of a registry value as Sysmon writes them.</summary>
    private RecordValue DetailsOf(RecordValue record, RecordTape tape)
    {
        RecordValue value = _dataStrings.In(record);
        foreach (RecordValue first in value.Children)
        {
            value = first;
            break;
        }

        ReadOnlySpan<byte> type = _dataType.In(record).Text;
        if (type.EndsWith("_QWORD"u8))
        {
            return default;
        }

        return type.EndsWith("_DWORD"u8) ? WindowsNumbers.Dword(tape, value) : value.HasText ? value : default;
    }

    /// <summary>Where the hashes of one file are.</summary>
    private sealed class HashPlaces(NameTable.Builder names, string parent)
    {
        private readonly RecordPath _sha1 = new(names, $"{parent}hash.sha1");
        private readonly RecordPath _md5 = new(names, $"{parent}hash.md5");
        private readonly RecordPath _sha256 = new(names, $"{parent}hash.sha256");
        private readonly RecordPath _imphash = new(names, $"{parent}hash.imphash");
        private readonly RecordPath _peImphash = new(names, $"{parent}pe.imphash");

        public RecordValue Compose(RecordValue record, RecordTape tape)
        {
            RecordValue imphash = _imphash.In(record);
            return SysmonHashes.Compose(
                tape, _sha1.In(record), _md5.In(record), _sha256.In(record), imphash.Exists ? imphash : _peImphash.In(record));
        }
    }
}
