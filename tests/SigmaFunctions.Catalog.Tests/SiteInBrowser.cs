using Microsoft.Playwright;
using SigmaFunctions.Catalog.Building;
using SigmaFunctions.Catalog.Coverage;
using SigmaFunctions.Catalog.Model;
using SigmaFunctions.Catalog.Site;

namespace SigmaFunctions.Catalog.Tests;

/// <summary>
/// Chromium with sites opened as files: that which the environment variable <c>CHROMIUM</c> names, or the system's. Tests are skipped
/// where there is none.
/// </summary>
public sealed class SiteInBrowser : IAsyncLifetime
{
    private static readonly string[] Arguments =
    [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    ];

    private readonly string _folder = Directory.CreateTempSubdirectory("catalogue-").FullName;
    private readonly Lock _lock = new();
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    private static string? Executable => new[] { Environment.GetEnvironmentVariable("CHROMIUM"), "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome" }
        .FirstOrDefault(path => path is { Length: > 0 } && File.Exists(path));

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        if (Executable is { } executable)
        {
            _playwright = await Playwright.CreateAsync();
            _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = executable, Args = Arguments });
        }
    }

    /// <summary>The site of SigmaHQ's rules; skips the test where they are absent.</summary>
    public string Corpus()
    {
        string[] sources = ["sigmahq/rules", "sigmahq/rules-emerging-threats", "sigmahq/rules-threat-hunting"];
        return Site("corpus", [.. sources.Select(SigmaFunctions.Tests.Corpus.Require)]);
    }

    /// <summary>The site of a rule whose every text is markup.</summary>
    public string Hostile()
    {
        const string Evil = "<img src=x onerror=document.title=''hit''></script><script>document.title=''hit''</script>";
        string rules = Path.Combine(_folder, "hostile-rules");
        Directory.CreateDirectory(rules);
        File.WriteAllText(
            Path.Combine(rules, "hostile.yml"),
            $"""
            title: 'Hostile {Evil}'
            id: aaaaaaaa-0000-4000-8000-000000000001
            description: '{Evil}'
            author: '{Evil}'
            references: ['{Evil}', 'javascript:document.title=1']
            falsepositives: ['{Evil}']
            tags: ['{Evil}']
            level: high
            logsource:
                category: '{Evil}'
            detection:
                '{Evil}':
                    '{Evil}': '{Evil}'
                condition: 1 of them
            """);
        return Site("hostile", [rules]);
    }

    /// <summary>The site of a rule, a correlation of it and a filter for it.</summary>
    public string Kinds()
    {
        string rules = Path.Combine(_folder, "kinds-rules");
        Directory.CreateDirectory(rules);
        File.WriteAllText(
            Path.Combine(rules, "kinds.yml"),
            """
            title: A Logon Fails
            id: aaaaaaaa-0000-4000-8000-000000000001
            level: low
            status: test
            tags: [attack.t1110]
            logsource: {product: windows, service: security}
            detection: {selection: {EventID: 4625}, condition: selection}
            ---
            title: Many Logons Fail
            id: aaaaaaaa-0000-4000-8000-000000000002
            level: high
            status: test
            tags: [attack.t1110.003]
            correlation:
                type: event_count
                rules: [aaaaaaaa-0000-4000-8000-000000000001]
                group-by: [TargetUserName]
                timespan: 5m
                condition: {gte: 20}
            ---
            title: Not Those Of The Scanner
            id: aaaaaaaa-0000-4000-8000-000000000003
            logsource: {product: windows, service: security}
            filter:
                rules: [aaaaaaaa-0000-4000-8000-000000000001]
                selection: {TargetUserName: svc-scanner}
                condition: not selection
            """);
        return Site("kinds", [rules]);
    }

    /// <summary>The site of a rule whose tags name what ATT&amp;CK retired.</summary>
    public string Retired()
    {
        string rules = Path.Combine(_folder, "retired-rules");
        Directory.CreateDirectory(rules);
        File.WriteAllText(
            Path.Combine(rules, "retired.yml"),
            """
            title: A Log Is Cleared
            id: aaaaaaaa-0000-4000-8000-000000000001
            level: high
            status: test
            tags: [attack.defense-evasion, attack.t1070.001, attack.t1064]
            logsource: {product: windows, service: security}
            detection: {selection: {EventID: 1102}, condition: selection}
            """);
        return Site("retired", [rules]);
    }

    /// <summary>A page at a size, in a browsing context of its own.</summary>
    public async Task<IPage> OpenAsync(string site, string path, int width = 1440, ColorScheme scheme = ColorScheme.Light, bool javaScript = true)
    {
        IBrowserContext context = await _browser!.NewContextAsync(new BrowserNewContextOptions
        {
            ViewportSize = new ViewportSize { Width = width, Height = 900 },
            ColorScheme = scheme,
            JavaScriptEnabled = javaScript,
        });
        IPage page = await context.NewPageAsync();
        await page.GotoAsync($"file://{site}/{path}");
        return page;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        _playwright?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private string Site(string name, string[] sources)
    {
        Assert.SkipWhen(_browser is null, "There is no Chromium; set CHROMIUM to its path.");
        string site = Path.Combine(_folder, name);
        lock (_lock)
        {
            if (!Directory.Exists(site))
            {
                SiteWriter.Write(CatalogueBuilder.Load(RuleSource.Parse(sources), coverage: rules => new TelemetryCoverage(rules)).Catalogue, site);
            }
        }

        return site;
    }
}
