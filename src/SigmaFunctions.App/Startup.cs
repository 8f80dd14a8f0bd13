using Azure.Data.Tables;
using Microsoft.Azure.Functions.Worker.Core.FunctionMetadata;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SigmaFunctions.App.Alerting;
using SigmaFunctions.App.Canary;
using SigmaFunctions.App.Correlating;
using SigmaFunctions.App.Detecting;
using SigmaFunctions.App.Diagnostics;
using SigmaFunctions.App.Health;
using SigmaFunctions.App.Options;
using SigmaFunctions.App.Outputs;
using SigmaFunctions.App.Rules;
using SigmaFunctions.App.Sources;
using SigmaFunctions.App.Starting;
using SigmaFunctions.Engine.Correlating;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Storage.Accounts;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.Correlations;
using SigmaFunctions.Storage.DeadLetters;
using SigmaFunctions.Storage.Detections;
using SigmaFunctions.Storage.Instances;
using SigmaFunctions.Storage.Rules;
using SigmaFunctions.Storage.Sources;
using SigmaFunctions.Storage.Verdicts;
using SigmaFunctions.Telemetry;

namespace SigmaFunctions.App;

/// <summary>What the app is made of, and what must hold before it takes events.</summary>
internal static class Startup
{
    /// <summary>Registers the app's services.</summary>
    public static IServiceCollection AddDetection(this IServiceCollection services)
    {
        services.AddOptions<RuleOptions>().BindConfiguration(RuleOptions.Section).ValidateOnStart();
        services.AddOptions<MappingOptions>().BindConfiguration(MappingOptions.Section);
        services.AddOptions<DetectionOptions>().BindConfiguration(DetectionOptions.Section).ValidateOnStart();
        services.AddOptions<CanaryOptions>().BindConfiguration(CanaryOptions.Section);
        services.AddOptions<AlertOptions>().BindConfiguration(AlertOptions.Section).ValidateOnStart();
        services.AddOptions<CorrelationOptions>().BindConfiguration(CorrelationOptions.Section).ValidateOnStart();
        services.AddOptions<DetectionStorageOptions>()
            .Configure<IConfiguration>((options, configuration) => options.Read(configuration))
            .ValidateOnStart();
        services.AddOptions<EventHubOptions>().Configure<IConfiguration>((options, configuration) => options.Read(configuration)).ValidateOnStart();
        services.AddOptions<OutputsOptions>().Configure<IConfiguration>((options, configuration) => options.Read(configuration)).ValidateOnStart();
        services.AddSingleton<IValidateOptions<RuleOptions>, RuleOptionsValidator>();
        services.AddSingleton<IValidateOptions<RuleOptions>, RuleSettingsValidator>();
        services.AddSingleton<IValidateOptions<DetectionOptions>, DetectionOptionsValidator>();
        services.AddSingleton<IValidateOptions<AlertOptions>, AlertOptionsValidator>();
        services.AddSingleton<IValidateOptions<CorrelationOptions>, CorrelationOptionsValidator>();
        services.AddSingleton<IValidateOptions<DetectionStorageOptions>, DetectionStorageOptionsValidator>();
        services.AddSingleton<IValidateOptions<EventHubOptions>, EventHubOptionsValidator>();
        services.AddSingleton<IValidateOptions<OutputsOptions>, OutputsOptionsValidator>();
        services.AddSingleton<IFunctionMetadataTransformer, HubFunctions>();
        services.AddSingleton<IFunctionMetadataTransformer, OutputFunctions>();

        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<StartWatch>();
        services.AddSingleton(provider => DetectionStorageClients.Create(
            provider.GetRequiredService<IOptions<DetectionStorageOptions>>().Value, provider.GetRequiredService<StartWatch>()));
        services.AddSingleton(provider => new OriginalStore(Storage(provider).CreateContainerClient(Names(provider).OriginalContainer)));
        services.AddSingleton(provider => new DeadLetterStore(Storage(provider).CreateContainerClient(Names(provider).DeadLetterContainer)));
        services.AddSingleton(provider =>
            new DetectionTable(
                CreateTableClient(provider, ""), Time(provider), provider.GetRequiredService<OriginalStore>(), provider.GetRequiredService<DetectionIndex>()));
        services.AddSingleton(provider => new DetectionIndex(CreateTableClient(provider, DetectionIndex.NameSuffix)));
        services.AddSingleton(provider => new AlertOutbox(CreateTableClient(provider, AlertOutbox.NameSuffix)));
        services.AddSingleton(provider => new AlertClaims(CreateTableClient(provider, AlertOutbox.NameSuffix), Time(provider)));
        services.AddSingleton(provider => new InstanceTable(CreateTableClient(provider, InstanceTable.NameSuffix)));
        services.AddSingleton(provider => new BatchAttempts(CreateTableClient(provider, InstanceTable.NameSuffix)));
        services.AddSingleton(provider => new PartitionProgressTable(CreateTableClient(provider, InstanceTable.NameSuffix)));
        services.AddSingleton(provider => new CanaryTable(CreateTableClient(provider, InstanceTable.NameSuffix)));
        services.AddSingleton(provider => new CorrelationTable(CreateCorrelationClient(provider)));
        services.AddSingleton<ICorrelationRows>(provider => provider.GetRequiredService<CorrelationTable>());
        services.AddSingleton<CorrelationAgenda>();
        services.AddSingleton(provider => new SourceTable(CreateTableClient(provider, SourceTable.NameSuffix)));
        services.AddSingleton(provider => new VerdictStore(CreateTableClient(provider, VerdictStore.NameSuffix)));
        services.AddSingleton(provider => new AlertWindows(CreateTableClient(provider, AlertWindows.NameSuffix), Time(provider)));
        services.AddSingleton(provider => new AlertQueue(
            Storage(provider).CreateQueueClient(Names(provider).QueueName, Names(provider).QueueMessageEncoding)));
        services.AddSingleton(provider => DecoderFactory.Create(
            provider.GetRequiredService<IOptions<MappingOptions>>(), provider.GetRequiredService<ILogger<EventDecoder>>()));
        services.AddMetrics();
        services.AddSingleton<RuleMetrics>();
        services.AddSingleton<DetectionMetrics>();
        services.AddSingleton<DetectorProvider>();
        services.AddSingleton(CreateRuleWatcher);
        services.AddHostedService<RuleReloader>();
        services.AddSingleton<HubConnectionOptions>();
        services.AddSingleton<InstanceActivity>();
        services.AddSingleton<UnseenEventCounts>();
        services.AddSingleton<WorkInHand>();
        services.AddSingleton<HealthCheck>();
        services.AddSingleton<InstanceReporter>();
        services.AddHostedService(provider => provider.GetRequiredService<InstanceReporter>());
        services.AddSingleton<Func<InstanceReport>>(provider => provider.GetRequiredService<InstanceReporter>().Report);
        services.AddSingleton<HostStorageOptions>();
        services.AddSingleton<HostCheckpoints>();
        services.AddSingleton<BacklogMetrics>();
        services.AddSingleton<BacklogCheck>();
        services.AddSingleton<SourceCounts>();
        services.AddSingleton<SourceMetrics>();
        services.AddSingleton<SourceCheck>();
        services.AddHostedService<SourceReporter>();
        services.AddSingleton<Func<RuleOverrides>>(provider => () => provider.GetRequiredService<DetectorProvider>().Overrides);
        services.AddSingleton<AlertPolicy>();
        services.AddSingleton<AlertRates>();
        services.AddOutputs();
        services.AddSingleton<AlertAnnouncer>();
        services.AddSingleton<AlertSweep>();
        services.AddHostedService<ClaimKeeper>();
        services.AddSingleton<DetectionRecorder>();
        services.AddSingleton<CorrelationMetrics>();
        services.AddSingleton<IFiringRecorder, FiringRecorder>();
        services.AddSingleton<Func<CorrelationPlan>>(provider => () => provider.GetRequiredService<DetectorProvider>().Current.RuleSet.CorrelationPlan);
        services.AddSingleton<CorrelationRunner>();
        services.AddSingleton<CanaryKey>();
        services.AddSingleton<CanaryCheck>();
        services.AddSingleton<BatchGuard>();
        services.AddSingleton<BodyGate>();
        services.AddSingleton<RecordingSlots>();
        services.AddSingleton<DetectionPipeline>();
        return services;
    }

    /// <summary>Checks the settings, loads the rules and mappings and, if asked to, creates table, queue and containers.</summary>
    /// <exception cref="StartException">The app cannot start; what holds it up may still be waited for, and ends with the process.</exception>
    public static async Task PrepareAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        StartWatch watch = services.GetRequiredService<StartWatch>();

        // On a thread of its own: much of it gives its thread back to nobody.
        await watch.GuardAsync(Task.Run(() => PrepareUnwatchedAsync(services, cancellationToken), cancellationToken));
        watch.Prepared();
    }

    private static async Task PrepareUnwatchedAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        DetectionOptions options = CheckOptions(services);

        // Mappings are YAML, which takes a while to read where the rules come from a pack.
        Task<EventDecoder> decoder = Task.Run(services.GetRequiredService<EventDecoder>, cancellationToken);
        if (options.CreateIfNotExists)
        {
            await CreateStoreAsync(services, cancellationToken);
        }

        Task outputs = OutputServices.PrepareAsync(services, options.CreateIfNotExists, cancellationToken);

        await services.GetRequiredService<RuleWatcher>().StartAsync(cancellationToken);
        await decoder;
        await outputs;
    }

    /// <summary>Checks the settings, and reads nothing else.</summary>
    /// <exception cref="StartException">One is wrong or missing.</exception>
    internal static DetectionOptions CheckOptions(IServiceProvider services)
    {
        try
        {
            _ = services.GetRequiredService<IOptions<DetectionStorageOptions>>().Value;
            EventHubOptions hubs = services.GetRequiredService<IOptions<EventHubOptions>>().Value;
            _ = services.GetRequiredService<IOptions<AlertOptions>>().Value;
            _ = services.GetRequiredService<IOptions<CorrelationOptions>>().Value;
            _ = services.GetRequiredService<IOptions<OutputsOptions>>().Value;
            _ = Rules(services);
            if (services.GetRequiredService<IOptions<CanaryOptions>>().Value.Enabled
                && services.GetRequiredService<HubConnectionOptions>().Fault(hubs.Names) is { } fault)
            {
                throw new StartException(fault);
            }
            return Names(services);
        }
        catch (OptionsValidationException exception)
        {
            throw new StartException(string.Join(' ', exception.Failures), exception);
        }
        catch (InvalidOperationException exception) when (exception.InnerException is FormatException or ArgumentException)
        {
            // The binder's message names the setting and its type; its inner exception quotes the value.
            throw new StartException(exception.Message, exception);
        }
    }

    private static async Task CreateStoreAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        DetectionOptions names = Names(services);
        try
        {
            await services.GetRequiredService<DetectionTable>().CreateIfNotExistsAsync(cancellationToken);
            await services.GetRequiredService<DetectionIndex>().CreateIfNotExistsAsync(cancellationToken);
            await services.GetRequiredService<AlertOutbox>().CreateIfNotExistsAsync(cancellationToken);
            await services.GetRequiredService<AlertWindows>().CreateIfNotExistsAsync(cancellationToken);
            await services.GetRequiredService<InstanceTable>().CreateIfNotExistsAsync(cancellationToken);
            await services.GetRequiredService<SourceTable>().CreateIfNotExistsAsync(cancellationToken);
            await services.GetRequiredService<VerdictStore>().CreateIfNotExistsAsync(cancellationToken);
            await services.GetRequiredService<CorrelationTable>().CreateIfNotExistsAsync(cancellationToken);
            await services.GetRequiredService<AlertQueue>().CreateIfNotExistsAsync(cancellationToken);
            await services.GetRequiredService<DeadLetterStore>().CreateIfNotExistsAsync(cancellationToken);
            await services.GetRequiredService<OriginalStore>().CreateIfNotExistsAsync(cancellationToken);
            if (CreateRuleStore(services) is { } rules)
            {
                await rules.CreateIfNotExistsAsync(cancellationToken);
            }

            if (CreateRuleSetTable(services) is { } reports)
            {
                await reports.CreateIfNotExistsAsync(cancellationToken);
            }
        }
        catch (Exception exception) when (StartException.OfStorage(
            DetectionStorageOptions.Section,
            $"Table {names.TableName}, queue {names.QueueName} and containers {names.DeadLetterContainer}, {names.OriginalContainer} could not be created in the storage account of DetectionStorage",
            exception) is { } explained)
        {
            throw explained;
        }

        services.GetRequiredService<ILogger<DetectionTable>>().StoreReady(
            names.TableName, names.QueueName, names.DeadLetterContainer, names.OriginalContainer);
    }

    private static RuleWatcher CreateRuleWatcher(IServiceProvider services)
    {
        RuleStore? store = CreateRuleStore(services);
        RuleSetTable? reports = CreateRuleSetTable(services);
        IOptions<RuleOptions> options = services.GetRequiredService<IOptions<RuleOptions>>();
        ILogger<DetectorProvider> logger = services.GetRequiredService<ILogger<DetectorProvider>>();
        return new RuleWatcher(
            services.GetRequiredService<DetectorProvider>(),
            new RuleSetLoader(options, logger, store, services.GetRequiredService<IOptions<CanaryOptions>>().Value.Enabled ? CanaryRule.Load() : null),
            new RuleTeller(options, services.GetRequiredService<RuleMetrics>(), Time(services), logger, reports),
            options,
            Time(services),
            store,
            reports);
    }

    private static RuleStore? CreateRuleStore(IServiceProvider services) => string.IsNullOrEmpty(Rules(services).BlobContainer)
        ? null
        : new RuleStore(
            Storage(services).CreateContainerClient(Rules(services).BlobContainer!),
            Time(services),
            Storage(services).CreateContainerClient(Rules(services).CompiledContainer));

    private static RuleSetTable? CreateRuleSetTable(IServiceProvider services) => string.IsNullOrEmpty(Rules(services).BlobContainer)
        ? null
        : new RuleSetTable(Storage(services).CreateTableClient(Rules(services).TableName));

    private static RuleOptions Rules(IServiceProvider services) => services.GetRequiredService<IOptions<RuleOptions>>().Value;

    private static TableClient CreateTableClient(IServiceProvider services, string suffix) =>
        Storage(services).CreateTableClient(Names(services).TableName + suffix);

    private static TableClient CreateCorrelationClient(IServiceProvider services) => DetectionStorageClients
        .CreateForCorrelations(
            services.GetRequiredService<IOptions<CorrelationOptions>>().Value,
            services.GetRequiredService<IOptions<DetectionStorageOptions>>().Value,
            services.GetRequiredService<StartWatch>())
        .CreateTableClient(Names(services).TableName + CorrelationTable.NameSuffix);

    private static TimeProvider Time(IServiceProvider services) => services.GetRequiredService<TimeProvider>();

    private static StorageClients Storage(IServiceProvider services) => services.GetRequiredService<StorageClients>();

    private static DetectionOptions Names(IServiceProvider services) =>
        services.GetRequiredService<IOptions<DetectionOptions>>().Value;
}
