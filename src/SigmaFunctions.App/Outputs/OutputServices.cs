using Azure.Storage.Queues;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SigmaFunctions.App.Options;
using SigmaFunctions.App.Rules;
using SigmaFunctions.App.Starting;
using SigmaFunctions.Outputs;
using SigmaFunctions.Outputs.Formats;
using SigmaFunctions.Outputs.Model;
using SigmaFunctions.Storage.Accounts;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.Detections;
using SigmaFunctions.Storage.Outputs;

namespace SigmaFunctions.App.Outputs;

/// <summary>What outputs are made of, and what must hold before they get alerts.</summary>
internal static class OutputServices
{
    /// <summary>Registers what sends alerts to queues and what delivers from there.</summary>
    public static IServiceCollection AddOutputs(this IServiceCollection services)
    {
        services.AddSingleton(provider => new RuleDirectory(() => provider.GetRequiredService<DetectorProvider>().Current.RuleSet));
        services.AddSingleton<IReadOnlyList<OutputChannel>>(CreateChannels);
        services.AddSingleton(provider => new AlertDispatch(
            provider.GetRequiredService<AlertQueue>(),
            [.. Channels(provider)],
            provider.GetRequiredService<RuleDirectory>(),
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<OutputMetrics>();
        services.AddSingleton(provider => new OutputDeliveries(
            Channels(provider).Select(channel => KeyValuePair.Create(channel.Options.Name, CreateDelivery(provider, channel)))));
        return services;
    }

    /// <summary>Makes the queues of outputs where asked to, and sees that they are there: an alert that finds none would hold up its batch for ever.</summary>
    /// <exception cref="StartException">A queue is not there, or the store could not be reached.</exception>
    public static async Task PrepareAsync(IServiceProvider services, bool create, CancellationToken cancellationToken)
    {
        foreach (OutputChannel channel in Channels(services))
        {
            string queue = NameOf(services, channel.Options);
            try
            {
                if (create)
                {
                    await channel.Queue.CreateIfNotExistsAsync(cancellationToken);
                }
                else if (!await channel.Queue.ExistsAsync(cancellationToken))
                {
                    throw new StartException($"Output {channel.Options.Name} has no queues: {queue} and {queue}{OutputQueue.PoisonSuffix} must be in the storage account of DetectionStorage.");
                }
            }
            catch (Exception exception) when (exception is not StartException && StartException.OfStorage(
                DetectionStorageOptions.Section, $"Queues {queue} and {queue}{OutputQueue.PoisonSuffix} of output {channel.Options.Name} could not be reached", exception) is { } explained)
            {
                throw explained;
            }
        }
    }

    private static IReadOnlyList<OutputChannel> CreateChannels(IServiceProvider services)
    {
        StorageClients storage = services.GetRequiredService<StorageClients>();
        return
        [
            .. services.GetRequiredService<IOptions<OutputsOptions>>().Value.All.Select(output => new OutputChannel(
                output, new OutputQueue(Client(NameOf(services, output)), Client(NameOf(services, output) + OutputQueue.PoisonSuffix)))),
        ];

        // As the host reads them, whatever the encoding of the queue of alerts.
        QueueClient Client(string queue) => storage.CreateQueueClient(queue, QueueMessageEncoding.Base64);
    }

    private static OutputDelivery CreateDelivery(IServiceProvider services, OutputChannel channel)
    {
        OutputOptions options = channel.Options;
        TimeProvider time = services.GetRequiredService<TimeProvider>();
        DetectionStorageOptions identity = services.GetRequiredService<IOptions<DetectionStorageOptions>>().Value;
        var bursts = new BurstTable(
            services.GetRequiredService<StorageClients>().CreateTableClient(Names(services).TableName + AlertWindows.NameSuffix), options.Name);
        return new OutputDelivery(
            channel,
            new OutputHolding(options, services.GetRequiredService<AlertWindows>(), bursts, channel.Queue, time),
            OutputSenders.Create(
                options,
                notification => NotificationBody.Write(options.Format, notification),
                options.Type == OutputType.Sentinel ? IdentityCredential.Create(identity.Credential, identity.ClientId) : null,
                time),
            services.GetRequiredService<RuleDirectory>(),
            services.GetRequiredService<DetectionTable>(),
            services.GetRequiredService<OutputMetrics>(),
            time,
            services.GetRequiredService<ILogger<OutputDelivery>>());
    }

    private static string NameOf(IServiceProvider services, OutputOptions output) => OutputQueue.NameOf(Names(services).QueueName, output.Name);

    private static DetectionOptions Names(IServiceProvider services) => services.GetRequiredService<IOptions<DetectionOptions>>().Value;

    private static IReadOnlyList<OutputChannel> Channels(IServiceProvider services) => services.GetRequiredService<IReadOnlyList<OutputChannel>>();
}
