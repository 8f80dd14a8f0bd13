using System.Collections.Immutable;
using System.Text.Json;
using Cronos;
using SigmaFunctions.LocalHost.Processes;
using SigmaFunctions.LocalHost.Worker;
using SigmaFunctions.LocalHost.Worker.Protocol;

namespace SigmaFunctions.LocalHost.Trigger;

/// <summary>
/// The host's part of a timer trigger: one invocation at a time, when the schedule says (UTC). A time that passes while one runs is
/// left out, and a failure is told and forgotten, as the Functions host does.
/// </summary>
/// <param name="FunctionId">Id under which the worker knows the function.</param>
/// <param name="FunctionName">Name of the function.</param>
/// <param name="Parameter">Parameter that takes the <c>TimerInfo</c>.</param>
/// <param name="Schedule">When it is invoked.</param>
internal sealed record TimerTrigger(string FunctionId, string FunctionName, string Parameter, CronExpression Schedule)
{
    private const string BindingType = "timerTrigger";
    private const string TimerInfo = """{"Schedule":{"AdjustForDST":true},"ScheduleStatus":null,"IsPastDue":false}""";

    // No other run follows: nothing is left for one.
    private const string LastTimerInfo =
        """{"Schedule":{"AdjustForDST":true},"ScheduleStatus":{"Last":"0001-01-01T00:00:00Z","Next":"9999-12-31T00:00:00Z","LastUpdated":"0001-01-01T00:00:00Z"},"IsPastDue":false}""";

    /// <summary>The functions that a timer triggers.</summary>
    /// <exception cref="LocalHostException">A schedule cannot be read, or a setting that it refers to is missing.</exception>
    public static ImmutableArray<TimerTrigger> Find(IEnumerable<RpcFunctionMetadata> functions, ImmutableDictionary<string, string> settings)
    {
        ImmutableArray<TimerTrigger>.Builder found = ImmutableArray.CreateBuilder<TimerTrigger>();
        foreach (RpcFunctionMetadata function in functions)
        {
            foreach (string raw in function.RawBindings)
            {
                using var binding = JsonDocument.Parse(raw);
                if (!Is(binding.RootElement, BindingType))
                {
                    continue;
                }

                string schedule = TriggerBinding.Resolve(binding.RootElement.GetProperty("schedule").GetString() ?? "", settings);
                if (!CronExpression.TryParse(schedule, CronFormat.IncludeSeconds, out CronExpression? parsed))
                {
                    throw new LocalHostException($"The schedule '{schedule}' of the function {function.Name} is not one of six fields, from seconds to days of the week.");
                }

                found.Add(new TimerTrigger(function.FunctionId, function.Name, binding.RootElement.GetProperty("name").GetString() ?? "", parsed));
            }
        }
        return found.ToImmutable();
    }

    /// <summary>Invokes the function on schedule until cancelled.</summary>
    /// <param name="worker">The worker with the function.</param>
    /// <param name="failed">Told the reason of each invocation that fails.</param>
    /// <param name="time">Clock.</param>
    /// <param name="cancellationToken">Ends it, and cancels what the worker is at.</param>
    /// <param name="draining">Ends it once what the worker is at is done.</param>
    /// <exception cref="WorkerException">The worker ended.</exception>
    public async Task RunAsync(
        IFunctionWorker worker, Action<string>? failed, TimeProvider time, CancellationToken cancellationToken, CancellationToken draining = default)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, draining);
        while (Schedule.GetNextOccurrence(time.GetUtcNow().UtcDateTime) is { } next)
        {
            // A delay may end a little early by the clock of dates.
            for (TimeSpan left; (left = next - time.GetUtcNow().UtcDateTime) > TimeSpan.Zero;)
            {
                await Task.Delay(left, time, waiting.Token);
            }

            InvocationResponse response = await InvokeAsync(worker, isLast: false, cancellationToken);
            if (response.Result.Status == StatusResult.Types.Status.Failure)
            {
                failed?.Invoke(response.Result.Exception?.Message ?? response.Result.Result);
            }
        }
    }

    /// <summary>Invokes the function once.</summary>
    /// <param name="worker">The worker with the function.</param>
    /// <param name="isLast">Whether it is told that no other run follows.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <exception cref="WorkerException">The worker ended.</exception>
    public Task<InvocationResponse> InvokeAsync(IFunctionWorker worker, bool isLast, CancellationToken cancellationToken) => worker.InvokeAsync(
        new InvocationRequest
        {
            InvocationId = Guid.NewGuid().ToString(),
            FunctionId = FunctionId,
            TraceContext = TraceContext.Create(isSampled: true),
            InputData = { new ParameterBinding { Name = Parameter, Data = new TypedData { Json = isLast ? LastTimerInfo : TimerInfo } } },
        },
        cancellationToken);

    private static bool Is(JsonElement binding, string type) =>
        binding.TryGetProperty("type", out JsonElement value) && value.ValueEquals(type);
}
