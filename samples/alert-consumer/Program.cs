using System.Runtime.InteropServices;
using Azure;
using Azure.Data.Tables;
using Azure.Identity;
using Azure.Storage.Queues;
using SigmaFunctions.Engine.Printing;
using SigmaFunctions.Samples;
using SigmaFunctions.Storage.Accounts;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.Detections;
using SigmaFunctions.Storage.Model;

const int finished = 0;
const int unfinished = 1;
const int wrongUsage = 2;

LoopbackTraffic.Bypass();
ConsumerOptions options;
QueueClient queue;
QueueClient poison;
TableClient handled;
DetectionTable detections;
try
{
    options = ConsumerOptions.Parse(args, Environment.GetEnvironmentVariable);
    StorageClients clients = options.CreateClients(() => new DefaultAzureCredential());

    // Messages come as they are: the consumer reads plain text and Base64.
    queue = clients.CreateQueueClient(AlertQueue.DefaultName, QueueMessageEncoding.None);
    poison = clients.CreateQueueClient(ConsumerOptions.PoisonQueue, QueueMessageEncoding.None);
    handled = clients.CreateTableClient(ConsumerOptions.HandledTable);
    detections = new DetectionTable(
        clients.CreateTableClient(DetectionTable.DefaultName), originals: new OriginalStore(clients.CreateContainerClient(OriginalStore.DefaultName)));
}
catch (UsageException exception)
{
    Tell(exception.Message);
    return wrongUsage;
}
catch (Exception exception) when (exception is FormatException or ArgumentException or InvalidOperationException)
{
    // Without the message: it may quote the string, and that holds a key.
    Tell("the connection string is not one of a storage account: DefaultEndpointsProtocol=https;AccountName=...;AccountKey=...");
    return wrongUsage;
}

using var stop = new CancellationTokenSource();
using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
try
{
    return await new AlertConsumer(queue, poison, detections, handled, HandleAsync, Tell).RunAsync(options.IsOnce, stop.Token) ? finished : unfinished;
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    return finished;
}
catch (RequestFailedException exception)
{
    Tell($"the storage account will never do what was asked: {exception.Status} {exception.ErrorCode}");
    return unfinished;
}

void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    stop.Cancel();
}

void Tell(string text) => Console.Error.WriteLine(PrintableText.Of(text));

// Yours: open a ticket, send a message, start a playbook. It may throw; the alert comes again then.
async Task HandleAsync(Alert alert, Detection? detection, CancellationToken cancellationToken)
{
    // What an event says must not steer a terminal.
    string about = alert.Correlation is { } correlation
        ? $"{correlation.Type} {correlation.Value} of {string.Join(", ", correlation.Group.Select(one => $"{one.Field} {one.Value}"))}"
        : $"on {alert.Host} ({alert.User})";
    Console.WriteLine(PrintableText.Of($"{alert.EventTime:O} {alert.Rule.Level} {alert.Rule.Title} {about}"));
    if (detection is null)
    {
        return;
    }

    foreach (DetectedField field in detection.Fields)
    {
        Console.WriteLine(PrintableText.Of($"  {field.Field} = {field.Value}"));
    }

    string original = await detections.ReadOriginalAsync(detection, cancellationToken);
    Console.WriteLine($"  original: {original.Length} characters");
}
