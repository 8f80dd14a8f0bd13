using System.Collections.Immutable;
using SigmaFunctions.Telemetry.Events;
using SigmaFunctions.Telemetry.Json;
using SigmaFunctions.Telemetry.Windows;

namespace SigmaFunctions.Telemetry.Shapes.Elastic;

/// <summary>
/// Elastic's module for the Security log, which leaves most of the event data where they are. Not restored: the prefix that marks an IPv4
/// address in IPv6 (<c>::ffff:</c>), and <c>ClientAddress</c>.
/// </summary>
internal sealed class EcsSecurity(NameTable.Builder names) : IEcsModule
{
    private readonly Name _processId = names.Add("ProcessId");
    private readonly Name _newProcessId = names.Add("NewProcessId");
    private readonly RecordPath _pid = new(names, "process.pid");

    private readonly ImmutableArray<EcsField> _creation =
    [
        new(names.Add("NewProcessName"), new RecordPath(names, "process.executable")),
        new(names.Add("ParentProcessName"), new RecordPath(names, "process.parent.executable")),
        new(names.Add("CommandLine"), new RecordPath(names, "process.command_line")),
    ];

    private readonly ImmutableArray<EcsField> _other =
    [
        new(names.Add("ProcessName"), new RecordPath(names, "process.executable")),
        new(names.Add("IpAddress"), new RecordPath(names, "source.ip")),
        new(names.Add("IpPort"), new RecordPath(names, "source.port")),
        new(names.Add("WorkstationName"), new RecordPath(names, "source.domain")),
    ];

    public void Restore(RecordValue record, RecordValue eventId, EventSink sink)
    {
        foreach (EcsField field in IsCreation(eventId) ? _creation : _other)
        {
            field.Restore(record, sink);
        }

        // Before the views, since the view as a process creation takes it from here.
        Name processId = IsCreation(eventId) ? _newProcessId : _processId;
        if (!sink[processId].Exists)
        {
            sink.Map(processId, WindowsNumbers.Hexadecimal(sink.Tape, _pid.In(record)));
        }
    }

    public void Compose(RecordValue record, RecordValue eventId, EventSink sink)
    {
        // Nothing is put together.
    }

    private static bool IsCreation(RecordValue eventId) => EventIds.TryRead(eventId.Text, out int id) && id == 4688;
}
