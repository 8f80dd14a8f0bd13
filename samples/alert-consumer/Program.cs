using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;
using SigmaFunctions.Engine.Printing;
using SigmaFunctions.Samples;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.Detections;
using SigmaFunctions.Storage.Model;

if (Environment.GetEnvironmentVariable("DetectionStorage") is not { Length: > 0 } connection)
{
    await Console.Error.WriteLineAsync("Set DetectionStorage to the connection string of the storage account.");
    return 2;
}

bool isOnce = args is ["--once"];
using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stop.Cancel();
};

// Messages come as they are: the consumer reads plain text and Base64.
var options = new QueueClientOptions { MessageEncoding = QueueMessageEncoding.None };
var poison = new QueueClient(connection, "alerts-poison", options);
var handled = new TableClient(connection, "HandledAlerts");
await poison.CreateIfNotExistsAsync();
await handled.CreateIfNotExistsAsync();
var detections = new DetectionTable(
    new TableClient(connection, DetectionTable.DefaultName), originals: new OriginalStore(new BlobContainerClient(connection, OriginalStore.DefaultName)));
var consumer = new AlertConsumer(
    new QueueClient(connection, AlertQueue.DefaultName, options), poison, detections, handled, HandleAsync, text => Console.Error.WriteLine(PrintableText.Of(text)));

try
{
    while (true)
    {
        if (await consumer.ReadAsync(stop.Token) > 0)
        {
            continue;
        }

        if (isOnce)
        {
            return 0;
        }

        await Task.Delay(TimeSpan.FromSeconds(1), stop.Token);
    }
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    return 0;
}

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
