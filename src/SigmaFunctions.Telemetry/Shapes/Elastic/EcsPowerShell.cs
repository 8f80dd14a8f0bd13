using System.Collections.Immutable;
using System.Text;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Telemetry.Events;
using SigmaFunctions.Telemetry.Json;
using SigmaFunctions.Telemetry.Windows;

namespace SigmaFunctions.Telemetry.Shapes.Elastic;

/// <summary>
/// Elastic's module for both of PowerShell's logs, which takes texts of several lines apart. They are put together again of the lines
/// that are left, as PowerShell writes them in English.
/// </summary>
internal sealed class EcsPowerShell(NameTable.Builder names) : IEcsModule
{
    private readonly Name _contextInfo = names.Add("ContextInfo");
    private readonly Name _payload = names.Add("Payload");
    private readonly Name _data = names.Add("Data");
    private readonly RecordPath _invocations = new(names, "powershell.command.invocation_details");
    private readonly Name _type = names.Add("type");
    private readonly Name _command = names.Add("related_command");
    private readonly Name _name = names.Add("name");
    private readonly Name _value = names.Add("value");

    private readonly ImmutableArray<EcsField> _scriptBlock =
    [
        new(names.Add("ScriptBlockText"), new RecordPath(names, "powershell.file.script_block_text")),
        new(names.Add("ScriptBlockId"), new RecordPath(names, "powershell.file.script_block_id")),
        new(names.Add("MessageNumber"), new RecordPath(names, "powershell.sequence")),
        new(names.Add("MessageTotal"), new RecordPath(names, "powershell.total")),
        new(names.Add("Path"), new RecordPath(names, "file.path")),
    ];

    /// <summary>The lines of event 4103's <c>ContextInfo</c>.</summary>
    private readonly ImmutableArray<Line> _context =
    [
        new(names, "        Host Name = ", "process.title"),
        new(names, "        Host Version = ", "powershell.process.executable_version"),
        new(names, "        Host ID = ", "process.entity_id"),
        new(names, "        Host Application = ", "process.command_line"),
        new(names, "        Engine Version = ", "powershell.engine.version"),
        new(names, "        Runspace ID = ", "powershell.runspace_id"),
        new(names, "        Pipeline ID = ", "powershell.pipeline_id"),
        new(names, "        Command Name = ", "powershell.command.name"),
        new(names, "        Command Type = ", "powershell.command.type"),
        new(names, "        Script Name = ", "file.path"),
        new(names, "        Command Path = ", "powershell.command.path"),
        new(names, "        Sequence Number = ", "event.sequence"),
        new(names, "        Shell ID = ", "powershell.id"),
    ];

    /// <summary>The lines of the classic log's data.</summary>
    private readonly ImmutableArray<Line> _classic =
    [
        new(names, "\tProviderName=", "powershell.provider.name"),
        new(names, "\tNewProviderState=", "powershell.provider.new_state"),
        new(names, "\tNewEngineState=", "powershell.engine.new_state"),
        new(names, "\tPreviousEngineState=", "powershell.engine.previous_state"),
        new(names, "\tSequenceNumber=", "event.sequence"),
        new(names, "\tHostName=", "process.title"),
        new(names, "\tHostVersion=", "powershell.process.executable_version"),
        new(names, "\tHostId=", "process.entity_id"),
        new(names, "\tHostApplication=", "process.command_line"),
        new(names, "\tEngineVersion=", "powershell.engine.version"),
        new(names, "\tRunspaceId=", "powershell.runspace_id"),
        new(names, "\tPipelineId=", "powershell.pipeline_id"),
        new(names, "\tCommandName=", "powershell.command.name"),
        new(names, "\tCommandType=", "powershell.command.type"),
        new(names, "\tScriptName=", "file.path"),
        new(names, "\tCommandPath=", "powershell.command.path"),
        new(names, "\tCommandLine=", "powershell.command.value"),
    ];

    private static ReadOnlySpan<byte> NewLine => "\r\n"u8;

    public void Restore(RecordValue record, RecordValue eventId, EventSink sink)
    {
        if (EventIds.TryRead(eventId.Text, out int id) && id == 4104)
        {
            foreach (EcsField field in _scriptBlock)
            {
                field.Restore(record, sink);
            }
        }
    }

    public void Compose(RecordValue record, RecordValue eventId, EventSink sink)
    {
        if (!EventIds.TryRead(eventId.Text, out int id))
        {
            return;
        }

        if (id == 4103)
        {
            if (sink.Wants(_contextInfo) && !sink[_contextInfo].Exists)
            {
                sink.Map(_contextInfo, Together(record, _context, default, sink.Tape));
            }

            if (sink.Wants(_payload) && !sink[_payload].Exists)
            {
                sink.Map(_payload, Together(record, [], _invocations.In(record), sink.Tape));
            }
        }
        else if (id is >= 100 and < 1000 && sink.Wants(_data) && !sink[_data].Exists)
        {
            sink.Map(_data, Together(record, _classic, _invocations.In(record), sink.Tape));
        }
    }

    /// <summary>Lines with values and details of invocations; absent where there are neither.</summary>
    private RecordValue Together(RecordValue record, ImmutableArray<Line> lines, RecordValue invocations, RecordTape tape)
    {
        // Measuring also decodes the texts, which must not happen between reserving and taking.
        int length = Write(record, lines, invocations, default);
        if (length == 0)
        {
            return default;
        }

        Write(record, lines, invocations, tape.Reserve(length));
        return tape.Take(length);
    }

    private int Write(RecordValue record, ImmutableArray<Line> lines, RecordValue invocations, Span<byte> target)
    {
        int length = 0;
        foreach (Line line in lines)
        {
            RecordValue value = line.Path.In(record);
            if (value.HasText)
            {
                Append(line.Label, target, ref length);
                Append(value.Text, target, ref length);
                Append(NewLine, target, ref length);
            }
        }

        foreach (RecordValue invocation in invocations.Children)
        {
            WriteInvocation(invocation, target, ref length);
        }

        return length;
    }

    /// <summary><c>Type(command): value</c>, or <c>Type(command): name=…; value=…</c> for a parameter; a line of another form is the value.</summary>
    private void WriteInvocation(RecordValue invocation, Span<byte> target, ref int length)
    {
        if (invocation[_type].HasText)
        {
            Append(invocation[_type].Text, target, ref length);
            Append("("u8, target, ref length);
            Append(invocation[_command].Text, target, ref length);
            Append("): "u8, target, ref length);
            if (invocation[_name].Kind == FieldValueKind.Text)
            {
                Append("name="u8, target, ref length);
                Append(invocation[_name].Text, target, ref length);
                Append("; value="u8, target, ref length);
            }
        }

        Append(invocation[_value].Text, target, ref length);
        Append(NewLine, target, ref length);
    }

    /// <summary>Appends text, or only counts it where there is no target.</summary>
    private static void Append(ReadOnlySpan<byte> text, Span<byte> target, ref int length)
    {
        if (!target.IsEmpty)
        {
            text.CopyTo(target[length..]);
        }

        length += text.Length;
    }

    private sealed class Line(NameTable.Builder names, string label, string path)
    {
        public byte[] Label { get; } = Encoding.UTF8.GetBytes(label);

        public RecordPath Path { get; } = new(names, path);
    }
}
