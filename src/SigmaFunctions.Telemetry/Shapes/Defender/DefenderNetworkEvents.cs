using SigmaFunctions.Telemetry.Events;
using SigmaFunctions.Telemetry.Json;

namespace SigmaFunctions.Telemetry.Shapes.Defender;

/// <summary>
/// Defender's <c>DeviceNetworkEvents</c>: connections of processes as Sigma's <c>network_connection</c>. What the sensor saw on the wire
/// (<c>…Inspected</c>, <c>ConnectionAttempt</c>, <c>ConnectionAcknowledged</c>) names no process and has no view, name resolution
/// included: rules that leave out the processes that may do so would hold on all of it.
/// </summary>
internal sealed class DefenderNetworkEvents(NameTable.Builder names, DefenderActor actor)
{
    private static readonly DefenderLogSources Connection = new("network_connection");

    private readonly Name _actionType = names.Add("ActionType");
    private readonly Name _localIp = names.Add("LocalIP");
    private readonly Name _localPort = names.Add("LocalPort");
    private readonly Name _remoteIp = names.Add("RemoteIP");
    private readonly Name _remotePort = names.Add("RemotePort");
    private readonly Name _remoteUrl = names.Add("RemoteUrl");
    private readonly Name _protocol = names.Add("Protocol");

    private readonly Name _initiated = names.Add("Initiated");
    private readonly Endpoint _source = new(names, "Source");
    private readonly Endpoint _destination = new(names, "Destination");

    /// <summary>Writes the view, if the row is of any.</summary>
    /// <param name="row">The row.</param>
    /// <param name="sink">Where to.</param>
    public void Write(RecordValue row, EventSink sink)
    {
        ReadOnlySpan<byte> action = row[_actionType].Text;
        if (action.StartsWith("InboundConnection"u8))
        {
            WriteConnection(row, sink, "false"u8);
        }
        else if (action.StartsWith("ConnectionSuccess"u8) || action.StartsWith("ConnectionFailed"u8) || action.SequenceEqual("ConnectionRequest"u8))
        {
            WriteConnection(row, sink, "true"u8);
        }
        else if (action.SequenceEqual("ConnectionFound"u8))
        {
            // It was there before: who began it is not known.
            WriteConnection(row, sink, initiated: default);
        }
        else
        {
            sink.LeaveOut();
        }
    }

    private void WriteConnection(RecordValue row, EventSink sink, ReadOnlySpan<byte> initiated)
    {
        if (!actor.IsNamed(row))
        {
            return;
        }

        DefenderAdditionalFields additional = actor.AdditionalFieldsOf(row);
        DefenderProduct product = actor.ProductOf(row, ref additional);
        if (sink.BeginView(Connection[product]))
        {
            actor.Write(row, sink, product, ref additional);
            if (!initiated.IsEmpty && sink.Wants(_initiated))
            {
                sink.Map(_initiated, sink.Tape.Compose(initiated));
            }

            if (sink.Wants(_protocol))
            {
                sink.Map(_protocol, ProtocolOf(sink.Tape, row[_protocol]));
            }

            // Sysmon's source is who began the connection, whichever side that is.
            bool inbound = initiated.SequenceEqual("false"u8);
            (inbound ? _destination : _source).Map(sink, row[_localIp], row[_localPort], default);
            (inbound ? _source : _destination).Map(sink, row[_remoteIp], row[_remotePort], row[_remoteUrl]);
        }

        sink.EndView();
    }

    /// <summary>The protocol as Sysmon names it; rows say <c>Tcp</c> or <c>TcpV4</c>.</summary>
    private static RecordValue ProtocolOf(RecordTape tape, RecordValue protocol) =>
        protocol.StartsWith("Tcp"u8) ? tape.Compose("tcp"u8)
        : protocol.StartsWith("Udp"u8) ? tape.Compose("udp"u8)
        : protocol;

    /// <summary>The fields of one end of a connection.</summary>
    private sealed class Endpoint(NameTable.Builder names, string end)
    {
        private readonly Name _ip = names.Add($"{end}Ip");
        private readonly Name _port = names.Add($"{end}Port");
        private readonly Name _hostname = names.Add($"{end}Hostname");
        private readonly Name _isIpv6 = names.Add($"{end}IsIpv6");

        public void Map(EventSink sink, RecordValue ip, RecordValue port, RecordValue url)
        {
            sink.Map(_port, port);
            if (sink.Wants(_ip) || sink.Wants(_isIpv6))
            {
                ip = Unmapped(sink.Tape, ip.IfStated());
                sink.Map(_ip, ip);
                if (ip.Exists)
                {
                    sink.Map(_isIpv6, sink.Tape.Compose(ip.Text.Contains((byte)':') ? "true"u8 : "false"u8));
                }
            }

            if (sink.Wants(_hostname))
            {
                sink.Map(_hostname, HostOf(sink.Tape, url.IfStated()));
            }
        }

        /// <summary>The IPv4 address that an IPv4-mapped IPv6 address is (RFC 4291, 2.5.5.2); any other address as it is.</summary>
        private static RecordValue Unmapped(RecordTape tape, RecordValue ip)
        {
            ReadOnlySpan<byte> prefix = "::ffff:"u8;
            ReadOnlySpan<byte> text = ip.Text;
            return Utf8IgnoreCase.StartsWith(text, prefix) && text.Contains((byte)'.') ? tape.Compose(text[prefix.Length..]) : ip;
        }

        /// <summary>The host of a URL; most rows hold the host alone.</summary>
        private static RecordValue HostOf(RecordTape tape, RecordValue url)
        {
            ReadOnlySpan<byte> host = UrlHost.Of(url.Text);
            return host.IsEmpty ? default : host.Length == url.Text.Length ? url : tape.Compose(host);
        }
    }
}
