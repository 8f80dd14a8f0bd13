using Microsoft.Playwright;
using SigmaFunctions.LocalHost.Live;
using SigmaFunctions.LocalHost.Processes;
using SigmaFunctions.LocalHost.Worker;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.LocalHost.Tests.Live;

/// <summary>The live view when thousands of detections land at once; skipped where there is no Chromium.</summary>
public sealed class BurstInBrowserTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_page_stays_bounded_and_tells_what_it_does_not_show()
    {
        Assert.SkipWhen(LiveViewInBrowserTests.Executable is null, "There is no Chromium; set CHROMIUM to its path.");
        await using LiveSite site = await LiveSite.StartAsync(0, new RuleSettings([LocalPaths.AppRules]), TimeProvider.System, Token);
        using IPlaywright playwright = await Playwright.CreateAsync();
        await using IBrowser browser = await playwright.Chromium.LaunchAsync(
            new BrowserTypeLaunchOptions { ExecutablePath = LiveViewInBrowserTests.Executable, Args = ["--no-sandbox", "--disable-gpu"] });
        IPage page = await browser.NewPageAsync();
        var trouble = new List<string>();
        page.Console += (_, message) => trouble.Add($"{message.Type}: {message.Text}");
        page.PageError += (_, error) => trouble.Add(error);
        ILocator rows = page.Locator("#list > li");
        ILocator shown = page.Locator("#shown");

        Show(0, 20);
        await page.GotoAsync(site.Address.AbsoluteUri);
        await Assertions.Expect(rows).ToHaveCountAsync(20);
        await Assertions.Expect(shown).ToHaveTextAsync("20 shown, newest first");
        Assert.Equal(0, await page.Locator("#list > li.new").CountAsync());
        await page.EvaluateAsync("() => { window.tasks = []; new PerformanceObserver(list => tasks.push(...list.getEntries().map(one => one.duration))).observe({ entryTypes: ['longtask'] }); }");

        Show(20, 5_000);
        await Assertions.Expect(rows.First).ToContainTextAsync("Detection 4999", new LocatorAssertionsToContainTextOptions { Timeout = 60_000 });
        await Assertions.Expect(rows).ToHaveCountAsync(1_000);
        await Assertions.Expect(shown).ToHaveTextAsync("1,000 shown, newest first; 4,000 more are in the table only");
        TestContext.Current.SendDiagnosticMessage(
            $"burst: long tasks {await page.EvaluateAsync<int>("() => tasks.length")}, longest {await page.EvaluateAsync<double>("() => Math.max(0, ...tasks)"):F0} ms, "
            + $"heap {await page.EvaluateAsync<double>("() => performance.memory.usedJSHeapSize / 1e6"):F1} MB");

        await page.ClickAsync("#pause");
        Show(5_000, 6_500);
        await Assertions.Expect(page.Locator("#pause")).ToHaveTextAsync(new System.Text.RegularExpressions.Regex(@"^Resume \([0-9,]+\)$"));
        await Assertions.Expect(page.Locator("#detections")).ToHaveTextAsync("6,500");
        await Assertions.Expect(rows.First).ToContainTextAsync("Detection 4999");
        await page.ClickAsync("#pause");
        await Assertions.Expect(rows.First).ToContainTextAsync("Detection 6499");
        await Assertions.Expect(shown).ToHaveTextAsync("1,000 shown, newest first; 5,500 more are in the table only");

        await page.FillAsync("#query", "detection 649");
        await Assertions.Expect(shown).ToHaveTextAsync("11 of 1,000 shown; 5,500 more are in the table only");
        Show(6_500, 6_501);
        await Assertions.Expect(shown).ToHaveTextAsync("11 of 1,000 shown; 5,501 more are in the table only");
        await page.ClickAsync("#clear");
        await Assertions.Expect(rows.First).ToContainTextAsync("Detection 6500");
        Assert.Equal("", string.Join('\n', trouble));

        void Show(int from, int to)
        {
            for (int i = from; i < to; i++)
            {
                var identity = new HubEventIdentity("ns", "events", "0", new DateTimeOffset(2026, 11, 26, 9, 0, 0, TimeSpan.Zero), i, 0);
                var detection = new Detection
                {
                    Identity = identity,
                    RuleId = "rule",
                    RuleTitle = $"Detection {i}",
                    Level = "high",
                    Original = "{}",
                    Fields = [new DetectedField("CommandLine", new string('x', 400)), new DetectedField("Image", @"C:\Windows\System32\cmd.exe")],
                };
                site.Show(Alert.From(detection, "Detections"), detection);
            }
        }
    }
}
