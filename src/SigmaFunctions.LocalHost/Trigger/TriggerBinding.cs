using System.Collections.Immutable;
using System.Text.Json;
using SigmaFunctions.LocalHost.Processes;
using SigmaFunctions.LocalHost.Worker.Protocol;

namespace SigmaFunctions.LocalHost.Trigger;

/// <summary>The Event Hubs trigger of a function, as the worker states it and with the app's settings filled in.</summary>
/// <param name="FunctionId">Id under which the worker knows the function.</param>
/// <param name="FunctionName">Name of the function.</param>
/// <param name="Parameter">Parameter that takes the bodies.</param>
/// <param name="EventHubName">Event hub.</param>
/// <param name="ConsumerGroup">Consumer group.</param>
/// <param name="Connection">Name of the setting with the connection.</param>
/// <param name="Retry">What is done when an invocation fails.</param>
internal sealed record TriggerBinding(string FunctionId, string FunctionName, string Parameter, string EventHubName, string ConsumerGroup, string Connection, RetryPolicy Retry)
{
    private const string BindingType = "eventHubTrigger";

    /// <summary>Finds the functions that an event hub triggers, one for each hub.</summary>
    /// <exception cref="LocalHostException">There is none, two have the same hub, one binds other than batches of bytes, or a setting is missing.</exception>
    public static ImmutableArray<TriggerBinding> Find(IEnumerable<RpcFunctionMetadata> functions, ImmutableDictionary<string, string> settings)
    {
        ImmutableArray<TriggerBinding> found =
        [
            .. functions.SelectMany(f => f.RawBindings.Select(raw => (Function: f, Binding: Parse(raw))))
                .Where(b => Text(b.Binding, "type") == BindingType)
                .Select(b => Of(b.Function, b.Binding, settings)),
        ];
        if (found.IsEmpty)
        {
            throw new LocalHostException("The function app should have a function that an event hub triggers; it has none.");
        }

        if (found.GroupBy(b => b.EventHubName, StringComparer.OrdinalIgnoreCase).FirstOrDefault(same => same.Skip(1).Any()) is { } twice)
        {
            throw new LocalHostException($"The function app has {twice.Count()} functions that the event hub '{twice.Key}' triggers; they would share their checkpoints.");
        }

        return found;
    }

    /// <summary>Replaces each <c>%NAME%</c> by the setting of that name.</summary>
    /// <exception cref="LocalHostException">There is no such setting.</exception>
    public static string Resolve(string text, ImmutableDictionary<string, string> settings)
    {
        string[] parts = text.Split('%');
        if (parts.Length % 2 == 0)
        {
            return text;
        }

        for (int i = 1; i < parts.Length; i += 2)
        {
            parts[i] = settings.TryGetValue(parts[i], out string? value) ? value : throw new LocalHostException($"'{text}' in the function's trigger refers to the setting {parts[i]}, which is not set.");
        }

        return string.Concat(parts);
    }

    private static TriggerBinding Of(RpcFunctionMetadata function, JsonElement binding, ImmutableDictionary<string, string> settings)
    {
        if (!Is(binding, "cardinality", "Many") || !Is(binding, "dataType", "Binary"))
        {
            throw new LocalHostException($"The function {function.Name} should take its batch as byte[][] (cardinality Many, data type Binary).");
        }

        return new TriggerBinding(
            function.FunctionId,
            function.Name,
            Text(binding, "name") ?? throw new LocalHostException($"The trigger of the function {function.Name} names no parameter."),
            Resolve(Text(binding, "eventHubName") ?? "", settings),
            Resolve(Text(binding, "consumerGroup") is { Length: > 0 } group ? group : EventHubs.EventHubDefinition.DefaultConsumerGroup, settings),
            Text(binding, "connection") ?? "",
            RetryPolicy.From(function.RetryOptions));
    }

    private static JsonElement Parse(string raw)
    {
        using var document = JsonDocument.Parse(raw);
        return document.RootElement.Clone();
    }

    private static string? Text(JsonElement binding, string name) =>
        binding.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static bool Is(JsonElement binding, string name, string value) => string.Equals(Text(binding, name), value, StringComparison.OrdinalIgnoreCase);
}
