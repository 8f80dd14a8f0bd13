using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.App.Detecting;

/// <summary>Where the messages of one batch came from: one hub partition, and for each message its place in it.</summary>
public sealed class EventBatch
{
    private const string PartitionContext = nameof(PartitionContext);
    private const string TriggerPartitionContext = nameof(TriggerPartitionContext);
    private const string SequenceNumberArray = nameof(SequenceNumberArray);
    private const string EnqueuedTimeUtcArray = nameof(EnqueuedTimeUtcArray);

    private readonly ImmutableArray<long> _sequenceNumbers;
    private readonly ImmutableArray<DateTimeOffset> _enqueuedTimes;

    private EventBatch(
        string fullyQualifiedNamespace,
        string eventHub,
        string partition,
        ImmutableArray<long> sequenceNumbers,
        ImmutableArray<DateTimeOffset> enqueuedTimes)
    {
        Namespace = fullyQualifiedNamespace;
        EventHub = eventHub;
        Partition = partition;
        _sequenceNumbers = sequenceNumbers;
        _enqueuedTimes = enqueuedTimes;
    }

    /// <summary>Fully qualified Event Hubs namespace.</summary>
    public string Namespace { get; }

    /// <summary>Event hub name.</summary>
    public string EventHub { get; }

    /// <summary>Partition id.</summary>
    public string Partition { get; }

    /// <summary>Number of messages.</summary>
    public int Count => _sequenceNumbers.Length;

    /// <summary>When the hub took in the oldest message (UTC); the batch must have one.</summary>
    public DateTimeOffset OldestEnqueuedTime => _enqueuedTimes.Min();

    /// <summary>When the hub took in the newest message (UTC); the batch must have one.</summary>
    public DateTimeOffset NewestEnqueuedTime => _enqueuedTimes.Max();

    /// <summary>
    /// Reads what the Event Hubs trigger says of a batch: <c>PartitionContext</c> (or <c>TriggerPartitionContext</c>, the extension's newer name for the
    /// same) and <c>EnqueuedTimeUtcArray</c> as JSON text, <c>SequenceNumberArray</c> as numbers or as JSON text, depending on the host.
    /// </summary>
    /// <param name="bindingData">The invocation's binding data.</param>
    /// <param name="messages">Number of messages in the batch.</param>
    /// <exception cref="InvalidDataException">A part is missing, of another form, or does not tell of every message: without it
    /// messages have no identity, and nothing can be recorded once.</exception>
    public static EventBatch Read(IReadOnlyDictionary<string, object?> bindingData, int messages)
    {
        ArgumentNullException.ThrowIfNull(bindingData);
        using JsonDocument context = Parse(
            PartitionContext,
            bindingData.GetValueOrDefault(PartitionContext) is null && bindingData.GetValueOrDefault(TriggerPartitionContext) is { } newer
                ? newer
                : Value(bindingData, PartitionContext));
        return new EventBatch(
            Text(context, "FullyQualifiedNamespace"),
            Text(context, "EventHubName"),
            Text(context, "PartitionId"),
            OfEvery(messages, SequenceNumberArray, SequenceNumbers(bindingData)),
            OfEvery(messages, EnqueuedTimeUtcArray, EnqueuedTimes(bindingData)));
    }

    /// <summary>Identity of an event.</summary>
    /// <param name="message">Index of the message in the batch, from 0.</param>
    /// <param name="record">Index of the event in the message's body, from 0.</param>
    public HubEventIdentity Identity(int message, int record) =>
        new(Namespace, EventHub, Partition, _enqueuedTimes[message], _sequenceNumbers[message], record);

    private static ImmutableArray<long> SequenceNumbers(IReadOnlyDictionary<string, object?> bindingData)
    {
        object value = Value(bindingData, SequenceNumberArray);
        return value is IEnumerable<long> numbers
            ? [.. numbers]
            : Items<long>(SequenceNumberArray, value, item =>
                item.ValueKind == JsonValueKind.Number && item.TryGetInt64(out long number) ? number : null);
    }

    // The host writes these times in UTC, with or without a zone.
    private static ImmutableArray<DateTimeOffset> EnqueuedTimes(IReadOnlyDictionary<string, object?> bindingData) =>
        Items<DateTimeOffset>(EnqueuedTimeUtcArray, Value(bindingData, EnqueuedTimeUtcArray), item =>
            item.ValueKind == JsonValueKind.String
            && DateTimeOffset.TryParse(
                item.GetString(),
                CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
                out DateTimeOffset time)
                ? time
                : null);

    private static ImmutableArray<T> Items<T>(string name, object value, Func<JsonElement, T?> read)
        where T : struct
    {
        using JsonDocument document = Parse(name, value);
        if (document.RootElement.ValueKind != JsonValueKind.Array)
        {
            throw new InvalidDataException($"The trigger's {name} is {document.RootElement.ValueKind}, not an array.");
        }

        return
        [
            .. document.RootElement.EnumerateArray().Select((item, index) =>
                read(item) ?? throw new InvalidDataException($"The trigger's {name}[{index}] is not of its type.")),
        ];
    }

    private static ImmutableArray<T> OfEvery<T>(int messages, string name, ImmutableArray<T> items) => items.Length == messages
        ? items
        : throw new InvalidDataException($"The trigger's {name} has {items.Length} items for {messages} messages.");

    private static object Value(IReadOnlyDictionary<string, object?> bindingData, string name) =>
        bindingData.TryGetValue(name, out object? value) && value is not null
            ? value
            : throw new InvalidDataException($"The trigger gave no {name}.");

    private static JsonDocument Parse(string name, object value)
    {
        if (value is not string text)
        {
            throw new InvalidDataException($"The trigger's {name} is {value.GetType()}, not JSON text.");
        }

        try
        {
            return JsonDocument.Parse(text);
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"The trigger's {name} is not JSON.", exception);
        }
    }

    private static string Text(JsonDocument context, string property) =>
        context.RootElement.ValueKind == JsonValueKind.Object
        && context.RootElement.TryGetProperty(property, out JsonElement value)
        && value.ValueKind == JsonValueKind.String
        && value.GetString() is { Length: > 0 } text
            ? text
            : throw new InvalidDataException($"The trigger's {PartitionContext} has no {property}.");
}
