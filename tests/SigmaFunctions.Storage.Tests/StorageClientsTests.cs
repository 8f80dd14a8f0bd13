using Azure;
using Azure.Core;
using Azure.Storage.Queues;
using SigmaFunctions.Storage.Accounts;

namespace SigmaFunctions.Storage.Tests;

public sealed class StorageClientsTests
{
    private const string ConnectionString =
        "DefaultEndpointsProtocol=https;AccountName=contoso;AccountKey=MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=;EndpointSuffix=core.windows.net";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Clients_of_all_services_lead_to_the_account_and_are_as_patient_as_was_asked(bool asIdentity)
    {
        var patience = new StoragePatience(7, TimeSpan.FromSeconds(13));
        var seen = new List<string>();
        StorageClients clients = asIdentity
            ? new StorageClients(StorageServices.OfAccount("contoso"), new NoCredential(), patience, Note)
            : new StorageClients(ConnectionString, patience, Note);

        Assert.Equal(new Uri("https://contoso.table.core.windows.net/Some"), clients.CreateTableClient("Some").Uri);
        Assert.Equal(new Uri("https://contoso.queue.core.windows.net/some"), clients.CreateQueueClient("some", QueueMessageEncoding.Base64).Uri);
        Assert.Equal(new Uri("https://contoso.blob.core.windows.net/some"), clients.CreateContainerClient("some").Uri);
        Assert.Equal(["table 7 13", "queue 7 13 Base64", "blob 7 13"], seen);

        void Note(ClientOptions options, string service) => seen.Add(
            $"{service} {options.Retry.MaxRetries} {options.Retry.NetworkTimeout.TotalSeconds}{(options is QueueClientOptions queue ? $" {queue.MessageEncoding}" : "")}");
    }

    [Fact]
    public void Without_an_address_there_is_no_client_of_a_service()
    {
        var clients = new StorageClients(new StorageServices(null, null, new Uri("https://contoso.blob.core.windows.net")), new NoCredential(), StoragePatience.Look);

        Assert.Equal("contoso", clients.CreateContainerClient("some").AccountName);
        Assert.Throws<ArgumentNullException>(() => clients.CreateTableClient("Some"));
    }

    private sealed class NoCredential : TokenCredential
    {
        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) => throw new RequestFailedException("nobody is asked");

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) => throw new RequestFailedException("nobody is asked");
    }
}
