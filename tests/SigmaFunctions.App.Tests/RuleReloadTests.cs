using System.Diagnostics.Metrics;
using Azure;
using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using SigmaFunctions.App.Options;
using SigmaFunctions.App.Rules;
using SigmaFunctions.App.Starting;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Storage.Rules;
using SigmaFunctions.Tests;
using MsOptions = Microsoft.Extensions.Options.Options;

namespace SigmaFunctions.App.Tests;

/// <summary>The rules of the container: when they are taken, and what happens to those that cannot be.</summary>
public sealed class RuleReloadTests(StorageAccount account) : IDisposable
{
    private readonly DirectoryInfo _package = Directory.CreateTempSubdirectory("rules");
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 26, 10, 0, 0, TimeSpan.Zero));
    private readonly TestLogger<DetectorProvider> _logger = new();
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private BlobContainerClient _container = null!;
    private BlobContainerClient _compiled = null!;
    private TableClient _table = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private RuleStore Store => new(_container, _clock, _compiled);

    public void Dispose()
    {
        _services.Dispose();
        _package.Delete(recursive: true);
    }

    [Fact]
    public async Task Rules_of_the_container_count_beside_and_before_those_of_the_package()
    {
        await PrepareAsync(package: [Rule(1, "package"), Rule(2, "package")]);
        await Store.PushAsync([new("a.yml", Rule(2, "pushed")), new("b.yml", Rule(3, "pushed"))], null, null, 2, Token);

        (RuleWatcher watcher, DetectorProvider provider) = await StartAsync();

        Assert.Equal("1 package, 2 pushed, 3 pushed", Running(provider));
    }

    [Fact]
    public async Task The_package_need_not_have_rules_where_the_container_has()
    {
        await PrepareAsync(package: []);
        await Store.PushAsync([new("a.yml", Rule(2, "pushed"))], null, null, 1, Token);

        Assert.Equal("2 pushed", Running((await StartAsync()).Detectors));
    }

    [Fact]
    public async Task A_pushed_set_is_taken_at_the_next_look_and_the_former_detector_stays_as_it_was()
    {
        await PrepareAsync(package: [Rule(1, "package")]);
        (RuleWatcher watcher, DetectorProvider provider) = await StartAsync();
        Detector former = provider.Current;
        Assert.False(await watcher.CheckAsync(Token));
        Assert.Same(former, provider.Current);

        PushedRuleSet set = await Store.PushAsync(
            [new("a.yml", Rule(2, "pushed"))], new RuleFile("o", $"{Id(2)}: {{ suppressFor: 1h }}"), null, 1, Token);
        Assert.True(await watcher.CheckAsync(Token));
        await watcher.SettleAsync(Token);

        Assert.Equal("1 package, 2 pushed", Running(provider));
        Assert.Equal(TimeSpan.FromHours(1), provider.Overrides[Id(2)]?.SuppressFor);
        Assert.Single(former.Rules);
        RuleSetReport report = (await Reports())[0];
        Assert.Equal((set.Name, 2, 0, null, provider.Current.RuleSet.Revision), (report.Set, report.Rules, report.Rejected, report.Broken, report.Revision));
        Assert.False(await watcher.CheckAsync(Token));
    }

    [Fact]
    public async Task Blobs_that_are_still_being_put_there_are_taken_when_they_have_settled()
    {
        await PrepareAsync(package: [Rule(1, "package")]);
        (RuleWatcher watcher, DetectorProvider provider) = await StartAsync();

        await _container.UploadBlobAsync("a.yml", BinaryData.FromString(Rule(2, "loose")), Token);
        Assert.False(await watcher.CheckAsync(Token));
        await _container.UploadBlobAsync("b.yml", BinaryData.FromString(Rule(3, "loose")), Token);
        Assert.False(await watcher.CheckAsync(Token));
        Assert.Equal("1 package", Running(provider));

        Assert.True(await watcher.CheckAsync(Token));
        Assert.Equal("1 package, 2 loose, 3 loose", Running(provider));
    }

    public static TheoryData<string, string> Broken => new()
    {
        { "archive", "The archive 'sets/" },
        { "pointer", "The blob 'sets/current.json' does not name a set of rules" },
        { "gone", "' is not there." },
        { "overrides", "The file of overrides of the container of rules cannot be used: overrides.yml(1," },
        { "rules", "None of the 1 files of rules in the container " },
        { "placeholders", "The placeholder file of the container of rules cannot be used: placeholders.yml(1," },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public async Task What_cannot_be_used_leaves_the_former_rules_running_and_says_so_once(string fault, string reason)
    {
        await PrepareAsync(package: [Rule(1, "package")]);
        PushedRuleSet good = await Store.PushAsync([new("a.yml", Rule(2, "good"))], null, null, 1, Token);
        (RuleWatcher watcher, DetectorProvider provider) = await StartAsync();
        await watcher.SettleAsync(Token);
        Detector former = provider.Current;
        _clock.Advance(TimeSpan.FromMinutes(1));
        await BreakAsync(fault);

        Assert.False(await watcher.CheckAsync(Token));
        Assert.False(await watcher.CheckAsync(Token));

        Assert.Same(former, provider.Current);
        Assert.Contains(reason, Assert.Single(Messages(31)), StringComparison.Ordinal);
        Assert.Equal(1, Stale());
        if (fault != "pointer")
        {
            Assert.Contains(reason, (await Reports())[0].Broken, StringComparison.Ordinal);
        }

        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.True(await Store.TryPointAsync(good.Name, Token));
        Assert.True(await watcher.CheckAsync(Token));
        await watcher.SettleAsync(Token);
        Assert.Same(former, provider.Current);
        Assert.Equal(0, Stale());
        Assert.Null((await Reports())[0].Broken);
    }

    [Theory]
    [MemberData(nameof(Broken))]
    public async Task An_instance_that_starts_meanwhile_takes_the_last_set_that_ran(string fault, string reason)
    {
        await PrepareAsync(package: [Rule(1, "package")]);
        await Store.PushAsync([new("a.yml", Rule(2, "good"))], null, null, 1, Token);
        await (await StartAsync()).Watcher.SettleAsync(Token);
        _clock.Advance(TimeSpan.FromMinutes(1));
        await BreakAsync(fault);

        (RuleWatcher watcher, DetectorProvider provider) = await StartAsync();

        Assert.Equal("1 package, 2 good", Running(provider));
        Assert.Contains(reason, Assert.Single(Messages(31)), StringComparison.Ordinal);
        Assert.Equal(1, Stale());
        Assert.False(await watcher.CheckAsync(Token));
        Assert.Single(Messages(31));
    }

    [Theory]
    [MemberData(nameof(Broken))]
    public async Task Without_rules_that_ever_ran_the_app_does_not_start(string fault, string reason)
    {
        await PrepareAsync(package: [Rule(1, "package")]);
        await BreakAsync(fault);

        StartException exception = await Assert.ThrowsAsync<StartException>(() => StartAsync());

        Assert.Contains("cannot be used, and no set that was pushed before has run: ", exception.Message, StringComparison.Ordinal);
        Assert.Contains(reason, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_rejected_rule_is_told_in_the_table_and_stops_none_of_the_others()
    {
        await PrepareAsync(package: [Rule(1, "package")]);
        await Store.PushAsync([new("a.yml", Rule(2, "good")), new("bad.yml", "title: [")], null, null, 1, Token);

        (RuleWatcher watcher, DetectorProvider provider) = await StartAsync();
        await watcher.SettleAsync(Token);

        Assert.Equal("1 package, 2 good", Running(provider));
        RuleSetReport report = Assert.Single(await Reports());
        Assert.Equal((2, 1), (report.Rules, report.Rejected));
        Assert.StartsWith("bad.yml(2,", Assert.Single(report.Rejections));
    }

    [Fact]
    public async Task What_was_compiled_is_used_by_the_next_start_and_by_no_start_with_other_rules()
    {
        await PrepareAsync(package: [Rule(1, "package")]);
        await Store.PushAsync([new("a.yml", Rule(2, "good").Replace("{F: ", "{F|expand: ", StringComparison.Ordinal))], null, new RuleFile("p", "x: [y]"), 1, Token);
        await (await StartAsync()).Watcher.SettleAsync(Token);
        Assert.Empty(Messages(6));

        (RuleWatcher watcher, DetectorProvider provider) = await StartAsync();
        Assert.Equal("1 package, 2 good", Running(provider));
        Assert.Single(Messages(6));

        await File.WriteAllTextAsync(Path.Combine(_package.FullName, "0.yml"), Rule(1, "another package"), Token);
        Assert.Equal("1 another package, 2 good", Running((await StartAsync()).Detectors));
        Assert.Single(Messages(6));

        await foreach (BlobItem blob in _compiled.GetBlobsAsync(cancellationToken: Token))
        {
            await _compiled.GetBlobClient(blob.Name).UploadAsync(BinaryData.FromString("damaged"), overwrite: true, Token);
        }

        Assert.Equal("1 another package, 2 good", Running((await StartAsync()).Detectors));
        Assert.Single(Messages(6));
        Assert.All(await _container.GetBlobsAsync(cancellationToken: Token).ToListAsync(Token), blob => Assert.StartsWith("sets/", blob.Name, StringComparison.Ordinal));

        await _compiled.DeleteAsync(cancellationToken: Token);
        (RuleWatcher watcherWithoutContainer, DetectorProvider withoutContainer) = await StartAsync();
        Assert.True(await watcherWithoutContainer.SettleAsync(Token));
        Assert.Equal("1 another package, 2 good", Running(withoutContainer));
        Assert.Contains(_compiled.Name, Assert.Single(Messages(34)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_selection_counts_for_all_layers()
    {
        await PrepareAsync(package: [Rule(1, "package")]);
        await Store.PushAsync([new("a.yml", Rule(2, "pushed"))], null, null, 1, Token);

        Assert.Equal("2 pushed", Running((await StartAsync(new RuleOptions { Ids = $"!{Id(1)}" })).Detectors));
        Assert.Contains("None of the 2 rules in ", (await Assert.ThrowsAsync<StartException>(() => StartAsync(new RuleOptions { Levels = "low" }))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_container_that_is_not_there_stops_the_start_and_no_running_app()
    {
        await PrepareAsync(package: [Rule(1, "package")]);
        (RuleWatcher watcher, DetectorProvider provider) = await StartAsync();
        await _container.DeleteAsync(cancellationToken: Token);

        Assert.Equal("ContainerNotFound", (await Assert.ThrowsAsync<RequestFailedException>(() => watcher.CheckAsync(Token))).ErrorCode);
        Assert.Equal("1 package", Running(provider));
        Assert.Contains("(Rules__BlobContainer) in the storage account of DetectionStorage cannot be read: ContainerNotFound (status 404).", (await Assert.ThrowsAsync<StartException>(() => StartAsync())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_table_that_is_not_there_is_logged_and_stops_nothing()
    {
        await PrepareAsync(package: [Rule(1, "package")]);
        await _table.DeleteAsync(Token);

        (RuleWatcher watcher, DetectorProvider provider) = await StartAsync();
        Assert.False(await watcher.SettleAsync(Token));

        Assert.Equal("1 package", Running(provider));
        Assert.Single(Messages(33));
        await _table.CreateAsync(Token);
        Assert.True(await watcher.SettleAsync(Token));
        Assert.Single(await Reports());
    }

    private async Task PrepareAsync(string[] package)
    {
        for (int i = 0; i < package.Length; i++)
        {
            await File.WriteAllTextAsync(Path.Combine(_package.FullName, $"{i}.yml"), package[i], Token);
        }

        _container = await account.CreateContainerAsync();
        _compiled = await account.CreateContainerAsync();
        _table = await account.CreateTableAsync();
    }

    private async Task<(RuleWatcher Watcher, DetectorProvider Detectors)> StartAsync(RuleOptions? options = null)
    {
        options ??= new RuleOptions();
        options.Path = _package.FullName;
        options.BlobContainer = _container.Name;
        options.TableName = _table.Name;
        var detectors = new DetectorProvider();
        var reports = new RuleSetTable(_table);
        var watcher = new RuleWatcher(
            detectors,
            new RuleSetLoader(MsOptions.Create(options), _logger, Store),
            new RuleTeller(MsOptions.Create(options), new RuleMetrics(_services.GetRequiredService<IMeterFactory>()), _clock, _logger, reports),
            MsOptions.Create(options),
            _clock,
            Store,
            reports);
        await watcher.StartAsync(Token);
        return (watcher, detectors);
    }

    private async Task BreakAsync(string fault)
    {
        RuleFile[] files = [new("b.yml", Rule(3, "broken"))];
        switch (fault)
        {
            case "overrides":
                await Store.PushAsync(files, new RuleFile("o", "x: [1]"), null, 1, Token);
                break;
            case "placeholders":
                await Store.PushAsync(files, null, new RuleFile("p", "- x"), 1, Token);
                break;
            case "rules":
                await Store.PushAsync([new("b.yml", "title: [")], null, null, 1, Token);
                break;
            case "pointer":
                await _container.GetBlobClient("sets/current.json").UploadAsync(BinaryData.FromString("{}"), overwrite: true, Token);
                break;
            default:
                BlobClient set = _container.GetBlobClient((await Store.PushAsync(files, null, null, 1, Token)).Name);
                await (fault == "gone" ? set.DeleteAsync(cancellationToken: Token) : set.UploadAsync(BinaryData.FromString("no zip"), overwrite: true, Token) as Task);
                break;
        }
    }

    private Task<IReadOnlyList<RuleSetReport>> Reports() => new RuleSetTable(_table).ListAsync(Token);

    private IEnumerable<string> Messages(int id) => _logger.Entries.Where(entry => entry.Id == id).Select(entry => entry.Message);

    private int Stale()
    {
        int value = -1;
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Name == RuleMetrics.StaleRules && ReferenceEquals(instrument.Meter.Scope, _services.GetRequiredService<IMeterFactory>()))
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<int>((_, measurement, _, _) => value = Math.Max(value, measurement));
        listener.Start();
        listener.RecordObservableInstruments();
        return value;
    }

    private static string Running(DetectorProvider provider) => string.Join(", ", provider.Current.Rules.Select(rule => $"{rule.Id[^1]} {rule.Title}"));

    private static string Id(int number) => $"00000000-0000-4000-8000-00000000000{number}";

    private static string Rule(int number, string title) =>
        $"title: {title}\nid: {Id(number)}\nlevel: high\nlogsource: {{category: process_creation, product: windows}}\n"
        + "detection: {s: {F: '%x%'}, condition: s}";
}
