using Azure.Core;
using Azure.Identity;
using Azure.Storage.Queues;
using SigmaFunctions.Samples;

namespace SigmaFunctions.Storage.Tests;

/// <summary>What the sample consumer understands.</summary>
public sealed class SampleConsumerOptionsTests
{
    private const string Connection = "DefaultEndpointsProtocol=https;AccountName=keyed;AccountKey=c2VjcmV0;EndpointSuffix=core.windows.net";

    [Theory]
    [InlineData("", Connection, "https://keyed.queue.core.windows.net/alerts", false, false)]
    [InlineData("--once", Connection, "https://keyed.queue.core.windows.net/alerts", false, true)]
    [InlineData("--storage " + Connection, null, "https://keyed.queue.core.windows.net/alerts", false, false)]
    [InlineData("--account contoso1", null, "https://contoso1.queue.core.windows.net/alerts", true, false)]
    [InlineData("--once --account contoso1", Connection, "https://contoso1.queue.core.windows.net/alerts", true, true)]
    public void An_account_is_reached_with_a_connection_string_or_as_an_identity(string arguments, string? variable, string queue, bool isIdentity, bool isOnce)
    {
        ConsumerOptions options = Parse(arguments, variable);
        bool wasAsked = false;

        QueueClient client = options.CreateClients(AsIdentity).CreateQueueClient("alerts", QueueMessageEncoding.None);

        Assert.Equal((new Uri(queue), isIdentity, isOnce), (client.Uri, wasAsked, options.IsOnce));

        TokenCredential AsIdentity()
        {
            wasAsked = true;
            return new DefaultAzureCredential();
        }
    }

    [Theory]
    [InlineData("", null, "no storage account: give --storage CONNECTION or --account NAME, or set DetectionStorage")]
    [InlineData("--once", " ", "no storage account: give --storage CONNECTION or --account NAME, or set DetectionStorage")]
    [InlineData("--account contoso --storage " + Connection, null, "--storage and --account exclude each other")]
    [InlineData("--account Contoso", null, "--account is the name of a storage account: 3 to 24 lower-case letters and digits")]
    [InlineData("--account attacker.example/", null, "--account is the name of a storage account: 3 to 24 lower-case letters and digits")]
    [InlineData("--account ab", Connection, "--account is the name of a storage account: 3 to 24 lower-case letters and digits")]
    [InlineData("--account", Connection, ConsumerOptions.Usage)]
    [InlineData("--storage", Connection, ConsumerOptions.Usage)]
    [InlineData("--help", Connection, ConsumerOptions.Usage)]
    [InlineData("contoso", Connection, ConsumerOptions.Usage)]
    public void What_is_not_understood_is_told(string arguments, string? variable, string message) =>
        Assert.Equal(message, Assert.Throws<UsageException>(() => Parse(arguments, variable)).Message);

    private static ConsumerOptions Parse(string arguments, string? variable) => ConsumerOptions.Parse(
        arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries), name => name == "DetectionStorage" ? variable : null);
}
