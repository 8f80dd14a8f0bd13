using System.Net;
using System.Net.Sockets;
using SigmaFunctions.LocalHost.Live;
using SigmaFunctions.Storage;

namespace SigmaFunctions.LocalHost.Tests.Live;

/// <summary>The site over HTTP.</summary>
public sealed class LiveSiteTests : IAsyncLifetime
{
    private readonly HttpClient _client = new();
    private LiveSite _site = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync() => _site = await LiveSite.StartAsync(0, [LocalPaths.AppRules], Token);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _site.DisposeAsync();
    }

    [Theory]
    [InlineData("localhost", HttpStatusCode.OK)]
    [InlineData("LOCALHOST:7070", HttpStatusCode.OK)]
    [InlineData("127.0.0.1:80", HttpStatusCode.OK)]
    [InlineData("[::1]:7070", HttpStatusCode.OK)]
    [InlineData("rebound.example", HttpStatusCode.MisdirectedRequest)]
    [InlineData("localhost.example:7070", HttpStatusCode.MisdirectedRequest)]
    [InlineData("127.0.0.1.example", HttpStatusCode.MisdirectedRequest)]
    [InlineData("10.0.0.1", HttpStatusCode.MisdirectedRequest)]
    public async Task Answers_to_names_of_loopback_only(string host, HttpStatusCode expected)
    {
        foreach (string path in new[] { "", "assets/live.js", "detection?id=x", "catalog/" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_site.Address, path));
            request.Headers.Host = host;
            using HttpResponseMessage response = await _client.SendAsync(request, Token);

            Assert.Equal(expected == HttpStatusCode.MisdirectedRequest, response.StatusCode == expected && expected != HttpStatusCode.OK);
            Assert.Equal("nosniff", string.Join(',', response.Headers.GetValues("X-Content-Type-Options")));
            Assert.Contains("default-src 'none'", string.Join(',', response.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
            Assert.False(response.Headers.Contains("Access-Control-Allow-Origin"));
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
            _site.Show(Some(i), null);
        string[] first = await ReadAsync(lastEventId: null, events: 3);
        _site.Show(Some(3), null);

        string[] second = await ReadAsync(IdOf(first[1]), events: 2);

        Assert.Equal(["0", "1", "2"], first.Select(TitleOf));
        Assert.Equal(["2", "3"], second.Select(TitleOf));
    }

    [Fact]
    public async Task The_catalogue_is_said_to_be_under_way_and_then_there()
    {
        using HttpResponseMessage before = await _client.GetAsync(_site.CatalogAddress, Token);
        string told = await before.Content.ReadAsStringAsync(Token);

        await _site.BuildCatalogueAsync(TimeSpan.Zero, Token);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
        limit.CancelAfter(TimeSpan.FromMinutes(1));
        while (true)
        {
            using HttpResponseMessage after = await _client.GetAsync(_site.CatalogAddress, limit.Token);
            if (after.StatusCode == HttpStatusCode.OK)
                break;
            await Task.Delay(50, limit.Token);
        }
        using HttpResponseMessage outside = await _client.GetAsync(new Uri(_site.Address, "catalog/..%2f..%2fetc/hosts"), Token);

        Assert.Contains("is being built", told, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, outside.StatusCode);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_said_and_the_default_gives_way()
    {
        LocalHostException taken = await Assert.ThrowsAsync<LocalHostException>(() => LiveSite.StartAsync(_site.Address.Port, [], Token));
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
        await using LiveSite other = await LiveSite.StartAsync(null, [], Token);
        Assert.NotEqual(LiveSite.DefaultPort, other.Address.Port);
    }

    private static Alert Some(int number)
    {
        var identity = new EventIdentity("ns", "events", "0", new DateTimeOffset(2026, 11, 26, 9, 0, 0, TimeSpan.Zero), number, 0);
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
            request.Headers.Add("Last-Event-ID", lastEventId);
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
                messages.Add(message);
            message = "";
        }
        return [.. messages];
    }
}
