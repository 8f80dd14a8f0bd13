using System.Diagnostics.Metrics;
using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SigmaFunctions.App.Alerting;
using SigmaFunctions.App.Detecting;
using SigmaFunctions.App.Options;
using SigmaFunctions.App.Rules;
using SigmaFunctions.App.Starting;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.Packing;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Storage;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.DeadLetters;
using SigmaFunctions.Storage.Detections;
using SigmaFunctions.Storage.Rules;
using SigmaFunctions.Storage.Verdicts;
using SigmaFunctions.Telemetry;
using SigmaFunctions.Tests;

namespace SigmaFunctions.App.Tests;

public sealed class StartupTests(StorageAccount account) : IDisposable
{
    private const string Good =
        """
        title: Good
        id: b5a5ab3e-5ff5-4d5a-a4ca-ec9bd2e5a1f7
        logsource: { category: process_creation, product: windows }
        detection: { selection: { Image|endswith: '\whoami.exe' }, condition: selection }
        """;

    private readonly DirectoryInfo _rules = Directory.CreateTempSubdirectory("rules");
    private readonly TestLogger<DetectorProvider> _logger = new();

    private readonly TestLogger<EventDecoder> _decoderLogger = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _rules.Delete(recursive: true);

    public static TheoryData<string[], string> Mistakes => new()
    {
        { [], "The storage account of detections is not set. Set DetectionStorage to its connection string, or all of DetectionStorage__tableServiceUri" },
        { ["DetectionStorage:tableServiceUri=https://a", "DetectionStorage:queueServiceUri=https://a"], "DetectionStorage__blobServiceUri is not set: the storage account of detections is reached by three addresses" },
        { ["DetectionStorage:blobServiceUri=https://a"], "DetectionStorage__tableServiceUri is not set" },
        { ["DetectionStorage=AccountName=a;AccountKey=SECRET"], "DetectionStorage is not the connection string of a storage account with tables, queues and blobs." },
        { ["DetectionStorage=TableEndpoint=https://a;QueueEndpoint=https://a;SharedAccessSignature=SECRET"], "DetectionStorage is not the connection string of a storage account with tables, queues and blobs." },
        { ["DetectionStorage=SECRET"], "DetectionStorage is not the connection string of a storage account with tables, queues and blobs." },
        { ["DetectionStorage=UseDevelopmentStorage=true", "DetectionStorage:blobServiceUri=https://a"], "keep either the connection string or the addresses." },
        { ["DetectionStorage:tableServiceUri=http://a", "DetectionStorage:queueServiceUri=https://a"], "DetectionStorage__tableServiceUri must be an https address: tokens are sent to it." },
        { ["DetectionStorage:tableServiceUri=https://a", "DetectionStorage:queueServiceUri=/a"], "DetectionStorage__queueServiceUri must be an https address: tokens are sent to it." },
        { ["DetectionStorage:tableServiceUri=https://a", "DetectionStorage:queueServiceUri=https://a", "DetectionStorage:credential=SECRET"], "DetectionStorage__credential must be managedidentity, or not be set." },
        { ["DetectionStorage=UseDevelopmentStorage=true", "Detections:TableName=my-table"], "Detections__TableName must be 3 to 54 letters and digits, and start with a letter." },
        { ["DetectionStorage=UseDevelopmentStorage=true", "Detections:QueueName=a--b"], "Detections__QueueName must be 3 to 63 lower-case letters, digits and single hyphens between them." },
        { ["DetectionStorage=UseDevelopmentStorage=true", "Detections:QueueName="], "Detections__QueueName must not be empty." },
        { ["DetectionStorage=UseDevelopmentStorage=true", "Detections:DeadLetterContainer=A"], "Detections__DeadLetterContainer must be 3 to 63 lower-case letters, digits and single hyphens between them." },
        { ["DetectionStorage=UseDevelopmentStorage=true", "Detections:QueueMessageEncoding=7"], "Detections__QueueMessageEncoding must be Base64 or None." },
        { ["DetectionStorage=UseDevelopmentStorage=true", "Detections:QueueMessageEncoding=Base65"], "'Detections:QueueMessageEncoding'" },
        { ["DetectionStorage=UseDevelopmentStorage=true", "Detections:CreateIfNotExists=perhaps"], "'Detections:CreateIfNotExists'" },
        { ["DetectionStorage=UseDevelopmentStorage=true", "Detections:CatalogAddress=rules.example"], "Detections__CatalogAddress must be an absolute https or http address without user, query and fragment" },
        { ["DetectionStorage=UseDevelopmentStorage=true", "Detections:CatalogAddress=ftp://rules.example/"], "Detections__CatalogAddress must be an absolute" },
        { ["DetectionStorage=UseDevelopmentStorage=true", "Detections:CatalogAddress=https://user:SECRET@rules.example/"], "Detections__CatalogAddress must be an absolute" },
        { ["DetectionStorage=UseDevelopmentStorage=true", "Detections:CatalogAddress=https://rules.example/?sig=SECRET"], "Detections__CatalogAddress must be an absolute" },
        { ["DetectionStorage=UseDevelopmentStorage=true", $"Detections:CatalogAddress=https://rules.example/{new string('é', 30)}"], "Detections__CatalogAddress must have at most 153 characters" },
        { ["DetectionStorage=UseDevelopmentStorage=true", "EventHubName="], "EventHubName is not set: name the event hub to read" },
        { ["DetectionStorage=UseDevelopmentStorage=true", "EventHubName=a;;b"], "EventHubName has an empty name at position 2 of 3" },
        { ["DetectionStorage=UseDevelopmentStorage=true", "EventHubName=a;b;"], "EventHubName has an empty name at position 3 of 3" },
        { ["DetectionStorage=UseDevelopmentStorage=true", "EventHubName=a; %b%"], "EventHubName has no name of an event hub at position 2 of 2" },
        { ["DetectionStorage=UseDevelopmentStorage=true", "EventHubName= a"], "EventHubName has no name of an event hub at position 1 of 1" },
        { ["DetectionStorage=UseDevelopmentStorage=true", "EventHubName=a;b.;"], "EventHubName has no name of an event hub at position 2 of 3" },
        { ["DetectionStorage=UseDevelopmentStorage=true", $"EventHubName=a;{new string('b', 257)}"], "EventHubName has no name of an event hub at position 2 of 2" },
        { ["DetectionStorage=UseDevelopmentStorage=true", "EventHubName=Endpoint=sb://a;SharedAccessKey=SECRET"], "EventHubName has no name of an event hub at position 1 of 2" },
        { ["DetectionStorage=UseDevelopmentStorage=true", "EventHubName=hub;other;Hub"], "EventHubName has 'hub' 2 times (case does not tell names apart)" },
        { ["DetectionStorage=UseDevelopmentStorage=true", $"EventHubName={string.Join(';', Enumerable.Range(0, 101))}"], "EventHubName names 101 event hubs; one app reads at most 100." },
        { ["DetectionStorage=UseDevelopmentStorage=true", "Detections:VerdictRetentionDays=-1"], "Detections__VerdictRetentionDays must be 0 (for ever) to 36500." },
        { ["DetectionStorage=UseDevelopmentStorage=true", "Detections:RetentionDays=-1"], "Detections__RetentionDays must be 0 (for ever) to 36500." },
        { ["DetectionStorage=UseDevelopmentStorage=true", "Rules:BlobContainer=My_Rules"], "Rules__BlobContainer must be 3 to 63 lower-case letters, digits and single hyphens between them." },
        { ["DetectionStorage=UseDevelopmentStorage=true", "Rules:TableName=my-table"], "Rules__TableName must be 3 to 63 letters and digits, and start with a letter." },
        { ["DetectionStorage=UseDevelopmentStorage=true", "Rules:CheckInterval=02:00:00"], "Rules__CheckInterval must be between 00:00:01 and 01:00:00." },
        { ["DetectionStorage=UseDevelopmentStorage=true", "Rules:CheckInterval=soon"], "'Rules:CheckInterval'" },
        { ["DetectionStorage=UseDevelopmentStorage=true", "Rules:Statuses=stable;final"], "Rules__Statuses or Rules__Levels: 'final' is no status" },
        { ["DetectionStorage=UseDevelopmentStorage=true", "Canary:Enabled=perhaps"], "'Canary:Enabled'" },
        { ["DetectionStorage=UseDevelopmentStorage=true", "Canary:Enabled=true"], "Canary__Enabled is true, and EventHubConnection is neither the connection string" },
        { ["DetectionStorage=UseDevelopmentStorage=true", "Canary:Enabled=true", "EventHubConnection=Endpoint=sb://a;SharedAccessKey=SECRET"], "Canary__Enabled is true, and EventHubConnection is neither" },
        { ["DetectionStorage=UseDevelopmentStorage=true", "Mappings:Path=/no/such/folder"], "Mappings__Path names the files and folders." },
        { ["DetectionStorage=UseDevelopmentStorage=true", "Rules:Path=/no/such/folder"], "The rules cannot be read: There is no file or folder '/no/such/folder'" },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public async Task A_mistake_in_the_settings_is_named_and_no_value_of_a_secret_is_shown(string[] settings, string message)
    {
        StartException exception = await Assert.ThrowsAsync<StartException>(() => PrepareAsync(settings));

        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("SECRET", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("UseDevelopmentStorage=true")]
    [InlineData(
        null,
        "DetectionStorage:tableServiceUri=https://a.table.core.windows.net",
        "DetectionStorage:queueServiceUri=https://a.queue.core.windows.net",
        "DetectionStorage:blobServiceUri=https://a.blob.core.windows.net")]
    [InlineData(
        null,
        "DetectionStorage:tableServiceUri=https://a.table.core.windows.net",
        "DetectionStorage:queueServiceUri=https://a.queue.core.windows.net",
        "DetectionStorage:blobServiceUri=https://a.blob.core.windows.net",
        "DetectionStorage:credential=managedidentity",
        "DetectionStorage:clientId=00000000-0000-0000-0000-000000000001")]
    public async Task Keys_and_identities_both_give_the_whole_app(string? connectionString, params string[] settings)
    {
        WriteRule("good.yml", Good);
        if (connectionString is not null)
        {
            settings = [$"DetectionStorage={connectionString}"];
        }

        await using ServiceProvider services = Services([.. settings, $"Rules:Path={_rules.FullName}"]);
        await Startup.PrepareAsync(services, Token);

        Assert.NotNull(services.GetRequiredService<DetectionPipeline>());
        Assert.NotNull(services.GetRequiredService<AlertSweep>());
        Assert.Equal("Detections", services.GetRequiredService<DetectionTable>().Name);
        Assert.Equal("dead-letters", services.GetRequiredService<DeadLetterStore>().Name);
    }

    [Theory]
    [InlineData("EventHubConnection=Endpoint=sb://a.servicebus.windows.net/;SharedAccessKeyName=n;SharedAccessKey=a2V5")]
    [InlineData("EventHubConnection=Endpoint=sb://a.servicebus.windows.net/;SharedAccessKeyName=n;SharedAccessKey=a2V5;EntityPath=events")]
    [InlineData("EventHubConnection:fullyQualifiedNamespace=a.servicebus.windows.net")]
    public async Task A_canary_is_sent_over_the_connection_that_events_come_over(string connection)
    {
        WriteRule("good.yml", Good);

        await using ServiceProvider services = Services(
            ["DetectionStorage=UseDevelopmentStorage=true", $"Rules:Path={_rules.FullName}", "EventHubName=events", "Canary:Enabled=true", connection]);
        await Startup.PrepareAsync(services, Token);

        Assert.Equal(["Canary Of SigmaFunctions", "Good"], services.GetRequiredService<DetectorProvider>().Current.Rules.Select(rule => rule.Title));
    }

    [Fact]
    public async Task Tables_queue_and_containers_are_created_where_asked_to()
    {
        WriteRule("good.yml", Good);
        string name = $"t{Guid.NewGuid():N}";
        string[] settings =
        [
            $"DetectionStorage={account.ConnectionString}", $"Rules:Path={_rules.FullName}",
            $"Detections:TableName={name}", $"Detections:QueueName={name}", $"Detections:DeadLetterContainer={name}",
            $"Detections:OriginalContainer={name}o", "Detections:CreateIfNotExists=true",
        ];

        await PrepareAsync(settings);
        await PrepareAsync(settings);

        Assert.True(await new QueueClient(account.ConnectionString, name).ExistsAsync(Token));
        Assert.True(await new BlobContainerClient(account.ConnectionString, name).ExistsAsync(Token));
        Assert.True(await new BlobContainerClient(account.ConnectionString, $"{name}o").ExistsAsync(Token));
        foreach (string table in (string[])[name, name + "Outbox", name + "Windows"])
        {
            Assert.Empty(await new TableClient(account.ConnectionString, table).QueryAsync<TableEntity>(cancellationToken: Token).ToListAsync(Token));
        }
    }

    /// <summary>A table, container or queue that is new has to be a store that can be erased, or be said to hold nobody's name.</summary>
    [Fact]
    public async Task Of_whatever_is_created_it_is_known_how_names_in_it_are_erased()
    {
        WriteRule("good.yml", Good);
        string name = $"t{Guid.NewGuid():N}";
        var names = new Dictionary<string, string>
        {
            [DetectionTable.DefaultName] = name,
            [RuleSetTable.DefaultName] = $"{name}RuleSets",
            [AlertQueue.DefaultName] = $"{name}q",
            [DeadLetterStore.DefaultName] = $"{name}d",
            [OriginalStore.DefaultName] = $"{name}o",
            [RuleStore.DefaultName] = $"{name}r",
            [RuleStore.DefaultCompiledName] = $"{name}c",
            ["alerts-NAME"] = $"{name}q-teams",
            ["alerts-NAME-poison"] = $"{name}q-teams-poison",
        };
        await PrepareAsync(
        [
            $"DetectionStorage={account.ConnectionString}", $"Rules:Path={_rules.FullName}", "Detections:CreateIfNotExists=true",
            $"Detections:TableName={name}", $"Detections:QueueName={name}q", $"Detections:DeadLetterContainer={name}d", $"Detections:OriginalContainer={name}o",
            $"Rules:BlobContainer={name}r", $"Rules:CompiledContainer={name}c", $"Rules:TableName={name}RuleSets",
            "Outputs:teams:Type=Webhook", "Outputs:teams:Url=https://hooks.contoso.example/SECRET",
        ]);

        List<string> created =
        [
            .. await new TableServiceClient(account.ConnectionString).QueryAsync(cancellationToken: Token).Select(table => table.Name).ToListAsync(Token),
            .. await new BlobServiceClient(account.ConnectionString).GetBlobContainersAsync(cancellationToken: Token).Select(container => container.Name).ToListAsync(Token),
            .. await new QueueServiceClient(account.ConnectionString).GetQueuesAsync(cancellationToken: Token).Select(queue => queue.Name).ToListAsync(Token),
        ];

        IEnumerable<string> stores = PersonalData.Stores(
            new DetectionTable(new TableClient(account.ConnectionString, name)),
            new VerdictStore(new TableClient(account.ConnectionString, name + VerdictStore.NameSuffix)),
            new OriginalStore(new BlobContainerClient(account.ConnectionString, $"{name}o")),
            new DeadLetterStore(new BlobContainerClient(account.ConnectionString, $"{name}d"))).Select(store => store.Name);
        IEnumerable<string> without = PersonalData.Without.Keys.Select(one => names.GetValueOrDefault(one) ?? one.Replace(DetectionTable.DefaultName, name, StringComparison.Ordinal));
        Assert.Equal(stores.Concat(without).Order(StringComparer.Ordinal), created.Where(one => one.StartsWith(name, StringComparison.Ordinal)).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("Outputs__teams__Url must be an absolute https address without user and fragment.", "Url", "http://hooks.contoso.example/SECRET")]
    [InlineData("Outputs__teams__Levels is no setting of an output of type Webhook.", "Levels", "SECRET")]
    public async Task A_mistake_in_an_output_is_named_and_no_value_is_shown(string message, string member, string value)
    {
        WriteRule("good.yml", Good);

        StartException exception = await Assert.ThrowsAsync<StartException>(() => PrepareAsync(
            [
                "DetectionStorage=UseDevelopmentStorage=true", $"Rules:Path={_rules.FullName}", "Outputs:teams:Type=Webhook", $"Outputs:teams:{member}={value}",
                .. (string[])(member == "Url" ? [] : ["Outputs:teams:Url=https://hooks.contoso.example/SECRET"]),
            ]));

        Assert.Equal(message, exception.Message);
    }

    [Fact]
    public async Task An_output_whose_queues_are_not_there_is_named()
    {
        WriteRule("good.yml", Good);
        string name = $"t{Guid.NewGuid():N}";
        string[] settings =
        [
            $"DetectionStorage={account.ConnectionString}", $"Rules:Path={_rules.FullName}", $"Detections:QueueName={name}",
            "Outputs:teams:Type=Webhook", "Outputs:teams:Url=https://hooks.contoso.example/SECRET",
        ];

        StartException exception = await Assert.ThrowsAsync<StartException>(() => PrepareAsync(settings));
        await PrepareAsync([.. settings, "Detections:CreateIfNotExists=true", $"Detections:TableName={name}"]);
        await PrepareAsync(settings);

        Assert.Equal($"Output teams has no queues: {name}-teams and {name}-teams-poison must be in the storage account of DetectionStorage.", exception.Message);
    }

    [Fact]
    public async Task A_store_that_refuses_is_named()
    {
        WriteRule("good.yml", Good);
        string wrongKey = account.ConnectionString.Replace("Eby8", "AAAA", StringComparison.Ordinal);

        StartException exception = await Assert.ThrowsAsync<StartException>(() => PrepareAsync(
            [$"DetectionStorage={wrongKey}", $"Rules:Path={_rules.FullName}", "Detections:CreateIfNotExists=true"]));

        Assert.StartsWith("Table Detections, queue alerts and containers dead-letters, originals could not be created in the storage account of DetectionStorage: ", exception.Message);
        Assert.Contains("403", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("AAAA", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bad_rule_is_reported_by_file_and_line_and_the_others_run()
    {
        WriteRule("good.yml", Good);
        WriteRule("bad.yml", "title: Bad\ndetection: [");

        await using ServiceProvider services = Services(["DetectionStorage=UseDevelopmentStorage=true", $"Rules:Path={_rules.FullName}"]);
        await Startup.PrepareAsync(services, Token);

        Assert.Single(services.GetRequiredService<DetectorProvider>().Current.RuleSet.Rules);
        Assert.Contains(_logger.Entries, entry => entry is { Id: 2, Level: LogLevel.Warning }
            && entry.Message.Contains("bad.yml(", StringComparison.Ordinal));
        Assert.Contains(_logger.Entries, entry => entry.Id == 1 && entry.Message.StartsWith("1 rule loaded, 1 rejected", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Without_one_good_rule_there_is_no_app()
    {
        WriteRule("bad.yml", "title: Bad\ndetection: [");

        StartException exception = await Assert.ThrowsAsync<StartException>(() => PrepareAsync(
            ["DetectionStorage=UseDevelopmentStorage=true", $"Rules:Path={_rules.FullName}"]));

        Assert.StartsWith($"There is no usable rule in {_rules.FullName} (1 rejected).", exception.Message);
        Assert.Contains("bad.yml(", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_doubt_about_a_rule_is_logged_and_the_rule_runs()
    {
        WriteRule("rule.yml", Good + "\nlevel: severe");

        await using ServiceProvider services = Services(["DetectionStorage=UseDevelopmentStorage=true", $"Rules:Path={_rules.FullName}"]);
        await Startup.PrepareAsync(services, Token);

        Assert.Single(services.GetRequiredService<DetectorProvider>().Current.RuleSet.Rules);
        Assert.Contains(_logger.Entries, entry => entry is { Id: 4, Level: LogLevel.Warning } && entry.Message.Contains("severe", StringComparison.Ordinal));
    }

    /// <summary>The rule needs a field that Defender and the Security log never carry.</summary>
    [Fact]
    public async Task Rules_that_can_never_fire_on_a_source_are_logged_and_measured()
    {
        WriteRule("good.yml", Good);
        WriteRule("rule.yml", Good.Replace("b5a5ab3e", "b5a5ab3f", StringComparison.Ordinal).Replace("Image|endswith: '\\whoami.exe'", "CurrentDirectory: 'C:\\x\\'", StringComparison.Ordinal));
        await using ServiceProvider services = Services(["DetectionStorage=UseDevelopmentStorage=true", $"Rules:Path={_rules.FullName}"]);
        IMeterFactory meters = services.GetRequiredService<IMeterFactory>();
        var measured = new Dictionary<string, int>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, one) =>
        {
            if (instrument.Name == RuleMetrics.BlindRules && instrument.Meter.Scope == meters)
            {
                one.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<int>((_, rules, tags, _) => measured.Add((string)tags[0].Value!, rules));
        listener.Start();

        await Startup.PrepareAsync(services, Token);
        listener.RecordObservableInstruments();

        Assert.Equal(new Dictionary<string, int> { ["defender"] = 1, ["sysmon"] = 0, ["security"] = 1 }, measured);
        Assert.Contains(_logger.Entries, entry => entry is { Id: 14, Level: LogLevel.Information }
            && entry.Message.Contains(": defender 1 of 2, sysmon 0 of 2, security 1 of 2.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_rules_that_run_and_those_that_cannot_are_measured_with_the_revision()
    {
        WriteRule("good.yml", Good);
        WriteRule("bad.yml", "title: no rule");
        await using ServiceProvider services = Services(["DetectionStorage=UseDevelopmentStorage=true", $"Rules:Path={_rules.FullName}"]);
        IMeterFactory meters = services.GetRequiredService<IMeterFactory>();
        var measured = new Dictionary<string, (int Rules, object? Revision)>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, one) =>
        {
            if (instrument.Name is RuleMetrics.LoadedRules or RuleMetrics.RejectedRules && instrument.Meter.Scope == meters)
            {
                one.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<int>((instrument, rules, tags, _) => measured.Add(instrument.Name, (rules, tags[0].Value)));
        listener.Start();

        await Startup.PrepareAsync(services, Token);
        listener.RecordObservableInstruments();

        object revision = RuleSet.LoadPaths([_rules.FullName]).Revision;
        Assert.Equal((1, revision), measured[RuleMetrics.LoadedRules]);
        Assert.Equal((1, revision), measured[RuleMetrics.RejectedRules]);
    }

    /// <summary>A pack beside the rules is used while it is theirs; it is also found alone, and by its own name.</summary>
    [Fact]
    public async Task Compiled_rules_are_used_while_they_are_those_of_the_folder()
    {
        WriteRule("rule.yml", Good);
        string pack = RulePack.PathFor(_rules.FullName);
        try
        {
            Assert.Equal(0, PackRules.Run(_rules.FullName, pack, TextWriter.Null, TextWriter.Null));
            Assert.Equal((pack, 6), await LoadAsync(_rules.FullName));
            Assert.Equal((pack, 6), await LoadAsync(pack));

            WriteRule("rule.yml", Good + "\nlevel: high");
            Assert.Equal((null, 7), await LoadAsync(_rules.FullName));
            Assert.Contains(_logger.Entries, entry => entry is { Id: 4, Level: LogLevel.Warning } && entry.Message.Contains("SF0603", StringComparison.Ordinal));

            File.Delete(Path.Combine(_rules.FullName, "rule.yml"));
            _rules.Delete();
            Assert.Equal((pack, 6), await LoadAsync(_rules.FullName));
        }
        finally
        {
            File.Delete(pack);
            _rules.Create();
        }

        async Task<(string? Pack, int Logged)> LoadAsync(string path)
        {
            await using ServiceProvider services = Services(["DetectionStorage=UseDevelopmentStorage=true", $"Rules:Path={path}"]);
            await Startup.PrepareAsync(services, Token);
            RuleSet rules = services.GetRequiredService<DetectorProvider>().Current.RuleSet;
            Assert.Single(rules.Rules);
            return (rules.Pack, _logger.Entries.Last(entry => entry.Id is 6 or 7).Id);
        }
    }

    [Fact]
    public void What_cannot_be_packed_says_why()
    {
        using var errors = new StringWriter();
        Assert.Equal(1, PackRules.Run("/no/such/folder", Path.Combine(_rules.FullName, "x.pack"), TextWriter.Null, errors));
        Assert.Contains("/no/such/folder", errors.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Overrides_come_from_their_file()
    {
        WriteRule("good.yml", Good);
        WriteRule("second.yml", Good.Replace("b5a5", "c5a5", StringComparison.Ordinal));
        string file = Path.Combine(_rules.FullName, "overrides.yaml.txt");
        File.WriteAllText(file, "b5a5ab3e-5ff5-4d5a-a4ca-ec9bd2e5a1f7: { level: critical }\nC5A5ab3e-5ff5-4d5a-a4ca-ec9bd2e5a1f7: { enabled: false }\nmistyped: { enabled: false }");
        string[] settings = ["DetectionStorage=UseDevelopmentStorage=true", $"Rules:Path={_rules.FullName}", $"Rules:Overrides={file}"];

        await using ServiceProvider services = Services(settings);
        await Startup.PrepareAsync(services, Token);

        SigmaRule rule = Assert.Single(services.GetRequiredService<DetectorProvider>().Current.Rules);
        Assert.Equal(("b5a5ab3e-5ff5-4d5a-a4ca-ec9bd2e5a1f7", "critical"), (rule.Id, rule.Level));

        File.WriteAllText(file, "x: { level: loud }");
        StartException exception = await Assert.ThrowsAsync<StartException>(() => PrepareAsync(settings));
        Assert.Contains("Rules__Overrides", exception.Message, StringComparison.Ordinal);
        Assert.Contains("(1,13): error: 'level' is one of critical, high, informational, low, medium.", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Placeholders_come_from_their_file()
    {
        WriteRule("rule.yml", Good.Replace("endswith: '\\whoami.exe'", "expand: '%marks%'", StringComparison.Ordinal));
        string file = Path.Combine(_rules.FullName, "placeholders.yaml.txt");
        await File.WriteAllTextAsync(file, "marks: [a, b]", Token);
        string[] settings = ["DetectionStorage=UseDevelopmentStorage=true", $"Rules:Path={_rules.FullName}"];

        StartException exception = await Assert.ThrowsAsync<StartException>(() => PrepareAsync(settings));
        Assert.Contains("placeholder '%marks%'", exception.Message, StringComparison.Ordinal);
        await PrepareAsync([.. settings, $"Rules:Placeholders={file}"]);

        exception = await Assert.ThrowsAsync<StartException>(() => PrepareAsync([.. settings, "Rules:Placeholders=missing.yml"]));
        Assert.Contains("Rules__Placeholders", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "/app/rules")]
    [InlineData("", "/app/rules")]
    [InlineData(" ; ", "/app/rules")]
    [InlineData("mine", "/app/mine")]
    [InlineData("/a; ../b ;c.yml", "/a", "/b", "/app/c.yml")]
    public void Paths_are_a_list_and_relative_ones_start_at_the_app(string? path, params string[] expected) =>
        Assert.Equal(expected, new RuleOptions { Path = path }.FullPaths("/app"));

    [Fact]
    public async Task The_rules_that_ship_with_the_app_run_where_none_are_named()
    {
        await using ServiceProvider services = Services(["DetectionStorage=UseDevelopmentStorage=true"]);
        await Startup.PrepareAsync(services, Token);

        RuleSet rules = services.GetRequiredService<DetectorProvider>().Current.RuleSet;
        Assert.NotEmpty(rules.Rules);
        Assert.Equal(0, rules.Rejected);
        Assert.DoesNotContain(_logger.Entries, entry => entry.Level > LogLevel.Information);
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "rules"), "*.test.yml", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task The_mappings_that_ship_with_the_app_are_used_where_none_are_named()
    {
        await using ServiceProvider services = Services(["DetectionStorage=UseDevelopmentStorage=true"]);
        await Startup.PrepareAsync(services, Token);

        Assert.Equal("azure-audit", ShapeOf(services, """{"category":"AuditLogs","properties":{}}"""));
        Assert.All(_decoderLogger.Entries, entry => Assert.Equal((LogLevel.Information, 8), (entry.Level, entry.Id)));
    }

    [Fact]
    public async Task A_bad_mapping_is_reported_by_file_and_line_and_the_others_work()
    {
        WriteRule("good.yml", Good);
        DirectoryInfo mappings = _rules.CreateSubdirectory("mappings.d");
        WriteRule("mappings.d/a.yml", "name: bad\n---\nname: own\nwhen: {src: own}\nlogsource: {category: test}");

        await using ServiceProvider services = Services(
            ["DetectionStorage=UseDevelopmentStorage=true", $"Rules:Path={Path.Combine(_rules.FullName, "good.yml")}", $"Mappings:Path={mappings.FullName}"]);
        await Startup.PrepareAsync(services, Token);

        Assert.Equal("own", ShapeOf(services, """{"src":"own"}"""));
        Assert.Equal("flat", ShapeOf(services, """{"category":"AuditLogs","properties":{}}"""));
        Assert.Contains(_decoderLogger.Entries, entry => entry is { Id: 9, Level: LogLevel.Warning }
            && entry.Message.Contains("a.yml(1): SF0701", StringComparison.Ordinal));
        Assert.Contains(_decoderLogger.Entries, entry => entry.Message == "1 mappings of further sources loaded.");
    }

    private static string ShapeOf(ServiceProvider services, string body) =>
        services.GetRequiredService<EventDecoder>().Decode(System.Text.Encoding.UTF8.GetBytes(body)).Events.Single().Shape;

    private void WriteRule(string name, string text) => File.WriteAllText(Path.Combine(_rules.FullName, name), text);

    private ServiceProvider Services(IEnumerable<string> settings)
    {
        IConfiguration configuration = new ConfigurationBuilder()
            .AddInMemoryCollection([KeyValuePair.Create("EventHubName", (string?)"events")])
            .AddInMemoryCollection(settings.Select(setting => setting.Split('=', 2)).Select(parts => KeyValuePair.Create(parts[0], (string?)parts[1])))
            .Build();
        return new ServiceCollection()
            .AddSingleton(configuration)
            .AddLogging()
            .AddSingleton<ILogger<DetectorProvider>>(_logger)
            .AddSingleton<ILogger<EventDecoder>>(_decoderLogger)
            .AddDetection()
            .BuildServiceProvider(new ServiceProviderOptions { ValidateOnBuild = true, ValidateScopes = true });
    }

    private async Task PrepareAsync(IEnumerable<string> settings)
    {
        await using ServiceProvider services = Services(settings);
        await Startup.PrepareAsync(services, Token);
    }
}
