using SigmaFunctions.Telemetry.Events;

namespace SigmaFunctions.Telemetry.Tests;

/// <summary>Every body of the corpus decodes whole, in the shape it was written in.</summary>
public sealed class CorpusTests
{
    private readonly EventDecoder _decoder = new();

    [Theory]
    [InlineData("regression/wire/defender_xdr.ndjson", "defender", 69)]
    [InlineData("regression/wire/evtx_json.ndjson", "evtx", 125)]
    [InlineData("regression/wire/flat_json.ndjson", "flat", 125)]
    [InlineData("regression/wire/raw_xml.ndjson", "xml", 125)]
    [InlineData("regression/wire/wad_eventhub.ndjson", "azure-diagnostics", 125)]
    [InlineData("regression/wire/la_Event.ndjson", "log-analytics", 124)]
    [InlineData("regression/wire/la_WindowsEvent.ndjson", "log-analytics", 124)]
    [InlineData("regression/wire/la_SecurityEvent.ndjson", "log-analytics", 1)]
    [InlineData("regression/wire/winlogbeat_raw.ndjson", "winlogbeat", 125)]
    [InlineData("regression/wire/winlogbeat_ecs_sysmon_module.ndjson", "winlogbeat", 69)]
    [InlineData("regression/wire/nxlog_json.ndjson", "nxlog", 125)]
    public void Wire_bodies_decode_to_an_event_with_a_view(string file, string shape, int count)
    {
        int bodies = 0;
        foreach ((byte[] body, string[] expected, _) in Corpus.Wire(file))
        {
            DecodedBody decoded = _decoder.Decode(body);

            Assert.Empty(decoded.Undecoded);
            Assert.All(decoded.Events, decodedEvent =>
            {
                Assert.Equal(shape, decodedEvent.Shape);
                Assert.NotNull(decodedEvent.Time);
                Assert.False(string.IsNullOrEmpty(decodedEvent.Host));
                Assert.NotEmpty(decodedEvent.Event.OwnValues);
                Assert.True(expected.Length == 0 || !decodedEvent.Event.Views.IsEmpty);
            });
            bodies++;
        }

        Assert.Equal(count, bodies);
    }

    [Theory]
    [InlineData("defender/process_events.records.ndjson", "defender", 764, 764)]
    [InlineData("azure_monitor/SecurityEvent_4688_msticpy.ndjson", "log-analytics", 363, 363)]
    [InlineData("azure_monitor/WindowsEvent_sysmon_log4shell.ndjson", "log-analytics", 487, 487)]
    [InlineData("mordor/process_creation.ndjson", "nxlog flat", 1841, 1841)]
    [InlineData("mordor/mixed.ndjson.gz", "nxlog flat", 22835, 22835)]
    public void Rows_decode_line_by_line(string file, string shapes, int events, int withViews)
    {
        List<DecodedEvent> decoded = [];
        foreach (byte[] line in Corpus.Lines(Corpus.Require(file)))
        {
            DecodedBody body = _decoder.Decode(line);
            Assert.Empty(body.Undecoded);
            decoded.AddRange(body.Events);
        }

        Assert.Equal(events, decoded.Count);
        Assert.Equal(shapes.Split(' ').Order(), decoded.Select(one => one.Shape).Distinct().Order());
        Assert.All(decoded, one => Assert.NotNull(one.Time));
        Assert.Equal(withViews, decoded.Count(one => !one.Event.Views.IsEmpty));
    }

    [Theory]
    [InlineData("defender/process_events.records.ndjson", 764)]
    [InlineData("mordor/process_creation.ndjson", 1841)]
    [InlineData("mordor/mixed.ndjson.gz", 22835)]
    public void A_whole_file_is_one_body(string file, int events)
    {
        DecodedBody decoded = _decoder.Decode(File.ReadAllBytes(Corpus.Require(file)));

        Assert.Empty(decoded.Undecoded);
        Assert.Equal(events, decoded.Events.Length);
        Assert.Equal(Enumerable.Range(0, events), decoded.Events.Select(one => one.Record));
    }

    [Fact]
    public void Exported_event_logs_decode()
    {
        foreach (string file in Directory.GetFiles(Corpus.Require("regression/evtx_json"), "*.ndjson"))
        {
            DecodedBody decoded = _decoder.Decode(File.ReadAllBytes(file));

            Assert.Empty(decoded.Undecoded);
            Assert.NotEmpty(decoded.Events);
            Assert.All(decoded.Events, one => Assert.Equal("evtx", one.Shape));
            Assert.All(decoded.Events, one => Assert.NotEmpty(one.Event.Views));
        }
    }
}
