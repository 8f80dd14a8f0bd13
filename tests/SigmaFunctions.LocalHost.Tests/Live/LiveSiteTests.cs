using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.LocalHost.Live;
using SigmaFunctions.LocalHost.Processes;
using SigmaFunctions.LocalHost.Trigger;
using SigmaFunctions.LocalHost.Worker;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.LocalHost.Tests.Live;

/// <summary>The site over HTTP.</summary>
public sealed class LiveSiteTests : IAsyncLifetime
{
    private readonly HttpClient _client = new();
    private LiveSite _site = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync() => _site = await StartAsync(0);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _site.DisposeAsync();
    }

    [Fact]
    public async Task The_page_has_the_levels_of_the_engine_in_their_order()
    {
        using HttpResponseMessage script = await GetAsync("assets/live.js");

        Assert.Contains(
            $"const Levels = ['{string.Join("', '", RuleLevels.Names)}'];", await script.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("localhost", true)]
    [InlineData("LOCALHOST:7070", true)]
    [InlineData("127.0.0.1:80", true)]
    [InlineData("[::1]:7070", true)]
    [InlineData("rebound.example", false)]
    [InlineData("localhost.example:7070", false)]
    [InlineData("127.0.0.1.example", false)]
    [InlineData("127.0.0.2", false)]
    [InlineData("10.0.0.1", false)]
    [InlineData("localhost.", false)]
    [InlineData("[::2]", false)]
    public async Task Answers_to_names_of_loopback_only(string host, bool answers)
    {
        (string Path, HttpStatusCode Answer)[] paths =
        [
            ("", HttpStatusCode.OK),
            ("assets/live.js", HttpStatusCode.OK),
            ("assets/catalog.css", HttpStatusCode.OK),
            ("events", HttpStatusCode.OK),
            ("detection?id=x", HttpStatusCode.NotFound),
            ("catalog/", HttpStatusCode.ServiceUnavailable),
            ("elsewhere", HttpStatusCode.NotFound),
        ];
        foreach ((string path, HttpStatusCode answer) in paths)
        {
            using HttpResponseMessage response = await GetAsync(path, ("Host", host));

            Assert.Equal((path, answers ? answer : HttpStatusCode.MisdirectedRequest), (path, response.StatusCode));
            Assert.Equal("nosniff", string.Join(',', response.Headers.GetValues("X-Content-Type-Options")));
            Assert.Contains("default-src 'none'", string.Join(',', response.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
            Assert.Equal("same-origin", string.Join(',', response.Headers.GetValues("Cross-Origin-Resource-Policy")));
            Assert.False(response.Headers.Contains("Access-Control-Allow-Origin"));
        }
    }

    [Theory]
    [InlineData("cross-site", "no-cors", HttpStatusCode.Forbidden)]
    [InlineData("same-site", "cors", HttpStatusCode.Forbidden)]
    [InlineData("cross-site", "navigate", HttpStatusCode.OK)]
    [InlineData("same-origin", "cors", HttpStatusCode.OK)]
    [InlineData("none", "navigate", HttpStatusCode.OK)]
    public async Task Pages_of_others_may_lead_here_and_load_nothing(string site, string mode, HttpStatusCode expected)
    {
        foreach (string path in new[] { "", "events", "assets/live.js" })
        {
            using HttpResponseMessage response = await GetAsync(path, ("Sec-Fetch-Site", site), ("Sec-Fetch-Mode", mode));

            Assert.Equal((path, expected), (path, response.StatusCode));
        }
    }

    [Fact]
    public async Task More_readers_than_there_is_room_for_are_turned_away_until_one_goes()
    {
        var readers = new List<HttpResponseMessage>();
        for (int i = 0; i < 16; i++)
        {
            readers.Add(await GetAsync("events"));
        }

        Assert.All(readers, reader => Assert.Equal(HttpStatusCode.OK, reader.StatusCode));

        using (HttpResponseMessage turnedAway = await GetAsync("events"))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, turnedAway.StatusCode);
        }

        readers.ForEach(reader => reader.Dispose());
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
        limit.CancelAfter(TimeSpan.FromMinutes(1));
        while (true)
        {
            using HttpResponseMessage again = await GetAsync("events");
            if (again.StatusCode == HttpStatusCode.OK)
            {
                break;
            }

            await Task.Delay(50, limit.Token);
        }
    }

    [Fact]
    public async Task Is_only_read()
    {
        using HttpResponseMessage response = await _client.PostAsync(_site.Address, null, Token);

        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
    }

    [Fact]
    public async Task A_browser_that_comes_back_gets_what_it_missed_and_nothing_twice()
    {
        for (int i = 0; i < 3; i++)
        {
            _site.Show(Some(i), null);
        }

        string[] first = await ReadAsync(lastEventId: null, events: 3);
        _site.Show(Some(3), null);

        string[] second = await ReadAsync(IdOf(first[1]), events: 2);

        Assert.Equal(["0", "1", "2"], first.Select(TitleOf));
        Assert.Equal(["2", "3"], second.Select(TitleOf));
    }

    [Fact]
    public async Task What_a_new_reader_did_not_get_shows_in_the_numbers_and_what_was_there_before_it_is_told()
    {
        for (int i = 0; i < 1_003; i++)
        {
            _site.Show(Some(i), null);
        }

        using HttpResponseMessage response = await GetAsync("events");
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Token));

        Assert.Equal(["event: reset", "data: 1003", ""], [await reader.ReadLineAsync(Token), await reader.ReadLineAsync(Token), await reader.ReadLineAsync(Token)]);
        Assert.EndsWith("-4", await reader.ReadLineAsync(Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_table_that_does_not_answer_is_said()
    {
        Alert alert = Some(1);
        _site.Show(alert, null);
        _site.Attach(new LiveRun(() => new RunCounters(0, 0, []), (_, _) => throw new Azure.RequestFailedException("no"), "", (_, _) => Task.FromResult<HttpReply?>(null)));

        using HttpResponseMessage response = await GetAsync($"detection?id={alert.Id}");

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "The table cannot be read now."), (response.StatusCode, await response.Content.ReadAsStringAsync(Token)));
    }

    [Fact]
    public async Task The_catalogue_is_of_the_rules_as_they_run()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("live-");
        try
        {
            string rules = Write("rules.yml", string.Join("---\n", Enumerable.Range(1, 3).Select(i =>
                $"title: Rule {i}\nid: aaaaaaaa-0000-4000-8000-00000000000{i}\nlevel: low\nlogsource: {{category: test}}\ndetection: {{s: {{'F|expand': '%name%'}}, condition: s}}\n")));
            string placeholders = Write("placeholders.yml", "name: value");
            string overrides = Write("overrides.yml", "aaaaaaaa-0000-4000-8000-000000000001: { enabled: false }\naaaaaaaa-0000-4000-8000-000000000002: { level: high }\n");
            await using LiveSite site = await LiveSite.StartAsync(0, new RuleSettings([rules], placeholders, overrides), TimeProvider.System, Token);
            string home = await CatalogueAsync(site);
            string second = await _client.GetStringAsync(new Uri(site.CatalogAddress, "rules/aaaaaaaa-0000-4000-8000-000000000002.html"), Token);
            using HttpResponseMessage first = await _client.GetAsync(new Uri(site.CatalogAddress, "rules/aaaaaaaa-0000-4000-8000-000000000001.html"), Token);

            Assert.Contains("2 rules over 1 log source", home, StringComparison.Ordinal);
            Assert.Contains("overrides switch off 1, which are left out, and give 1 another level", home, StringComparison.Ordinal);
            Assert.Contains("<span class=\"level l3\">high</span>", second, StringComparison.Ordinal);
            Assert.Equal(HttpStatusCode.NotFound, first.StatusCode);
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        string Write(string name, string text)
        {
            string path = Path.Combine(folder.FullName, name);
            File.WriteAllText(path, text);
            return path;
        }
    }

    [Theory]
    [InlineData("none.yml", "none.yml")]
    [InlineData("rules.pack", "a pack, which does not hold their text")]
    public async Task Why_there_is_no_catalogue_is_said(string rules, string reason)
    {
        string path = Path.Combine(Path.GetTempPath(), rules);
        await using LiveSite site = await LiveSite.StartAsync(0, new RuleSettings([path]), TimeProvider.System, Token);
        await site.BuildCatalogueAsync(TimeSpan.Zero, Token);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
        limit.CancelAfter(TimeSpan.FromMinutes(1));
        while (true)
        {
            using HttpResponseMessage response = await _client.GetAsync(site.CatalogAddress, limit.Token);
            string text = await response.Content.ReadAsStringAsync(limit.Token);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
            if (!text.Contains("is being built", StringComparison.Ordinal))
            {
                Assert.Contains(reason, text, StringComparison.Ordinal);
                Assert.False(response.Headers.Contains("Refresh"));
                break;
            }
            await Task.Delay(50, limit.Token);
        }
    }

    [Fact]
    public async Task The_catalogue_is_said_to_be_under_way_and_then_there()
    {
        using HttpResponseMessage before = await _client.GetAsync(_site.CatalogAddress, Token);
        string told = await before.Content.ReadAsStringAsync(Token);

        string home = await CatalogueAsync(_site);
        using HttpResponseMessage outside = await _client.GetAsync(new Uri(_site.Address, "catalog/..%2f..%2fetc/hosts"), Token);

        using HttpResponseMessage compressed = await GetAsync("catalog/", ("Accept-Encoding", "br, gzip"));
        using HttpResponseMessage refusing = await GetAsync("catalog/", ("Accept-Encoding", "gzip;q=0"));
        using var unpacked = new StreamReader(new GZipStream(await compressed.Content.ReadAsStreamAsync(Token), CompressionMode.Decompress));

        Assert.Contains("is being built", told, StringComparison.Ordinal);
        Assert.Contains("<li><a href=\"/\">Live</a></li>", home, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, outside.StatusCode);
        Assert.Equal(["gzip"], compressed.Content.Headers.ContentEncoding);
        Assert.Equal(home, await unpacked.ReadToEndAsync(Token));
        Assert.Equal(home, await refusing.Content.ReadAsStringAsync(Token));
    }

    [Fact]
    public async Task A_port_that_is_taken_is_said_and_the_default_gives_way()
    {
        LocalHostException taken = await Assert.ThrowsAsync<LocalHostException>(() => StartAsync(_site.Address.Port));
        Assert.Contains("--http-port", taken.Message, StringComparison.Ordinal);

        using var listener = new TcpListener(IPAddress.Loopback, LiveSite.DefaultPort);
        try
        {
            listener.Start();
        }
        catch (SocketException)
        {
            // Taken by another: as good.
        }
        await using LiveSite other = await StartAsync(null);
        Assert.NotEqual(LiveSite.DefaultPort, other.Address.Port);
    }

    private static Task<LiveSite> StartAsync(int? port) => LiveSite.StartAsync(port, new RuleSettings([LocalPaths.AppRules]), TimeProvider.System, Token);

    /// <summary>The first page of the catalogue, built for it.</summary>
    private async Task<string> CatalogueAsync(LiveSite site)
    {
        await site.BuildCatalogueAsync(TimeSpan.Zero, Token);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
        limit.CancelAfter(TimeSpan.FromMinutes(1));
        while (true)
        {
            using HttpResponseMessage response = await _client.GetAsync(site.CatalogAddress, limit.Token);
            if (response.StatusCode == HttpStatusCode.OK)
            {
                return await response.Content.ReadAsStringAsync(limit.Token);
            }

            await Task.Delay(50, limit.Token);
        }
    }

    private async Task<HttpResponseMessage> GetAsync(string path, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_site.Address, path));
        foreach ((string name, string value) in headers)
        {
            request.Headers.Add(name, value);
        }

        return await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token);
    }

    private static Alert Some(int number)
    {
        var identity = new HubEventIdentity("ns", "events", "0", new DateTimeOffset(2026, 11, 26, 9, 0, 0, TimeSpan.Zero), number, 0);
        return Alert.From(new Detection { Identity = identity, RuleId = "rule", RuleTitle = $"{number}", Original = "{}" }, "Detections");
    }

    private static string IdOf(string message) => message.Split('\n').Single(line => line.StartsWith("id: ", StringComparison.Ordinal))["id: ".Length..];

    private static string TitleOf(string message)
    {
        string data = message.Split('\n').Single(line => line.StartsWith("data: ", StringComparison.Ordinal))["data: ".Length..];
        return System.Text.Json.JsonDocument.Parse(data).RootElement.GetProperty("title").GetString()!;
    }

    /// <summary>The first detections of the stream, as they were written.</summary>
    private async Task<string[]> ReadAsync(string? lastEventId, int events)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_site.Address, "events"));
        if (lastEventId is not null)
        {
            request.Headers.Add("Last-Event-ID", lastEventId);
        }

        using HttpResponseMessage response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Token));
        var messages = new List<string>();
        string message = "";
        while (messages.Count < events)
        {
            string line = await reader.ReadLineAsync(Token) ?? throw new EndOfStreamException();
            if (line.Length > 0)
            {
                message += line + "\n";
                continue;
            }
            if (message.StartsWith("id: ", StringComparison.Ordinal))
            {
                messages.Add(message);
            }

            message = "";
        }
        return [.. messages];
    }
}
