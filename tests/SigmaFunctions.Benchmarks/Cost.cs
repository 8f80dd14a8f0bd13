using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace SigmaFunctions.Benchmarks;

/// <summary>
/// What a stream of events needs and costs on Azure, on paper: from this machine's time for an event, the services' documented limits and prices from a
/// file. The model is told in docs/scaling.md.
/// </summary>
internal sealed class Cost
{
    private const double SecondsOfDay = 86_400;
    private const double DaysOfMonth = 30;
    private const double HoursOfMonth = DaysOfMonth * 24;

    // How full an instance is at most.
    private const double Utilisation = 0.7;

    // Of a detection on its own: row inserted, outcome noted. In a batch many share one.
    private const double TransactionsPerDetection = 2;

    // Of a match that a correlation counts in a group of its own: the group noted, the match written, the group read. In a batch those of a group share them.
    private const double TransactionsPerCorrelatedMatch = 3;

    // A claim of ten minutes of a hub partition: written, renewed every two minutes, removed. For a detection on its own it is written and removed.
    private const double ClaimTransactionsPerPartition = 6 / 600.0;

    private readonly Dictionary<string, double> _inputs = new()
    {
        ["--bytes"] = 1_500,
        ["--records"] = 1,
        ["--matches"] = 0.0001,
        ["--correlated"] = 0,
        ["--peak"] = 3,
        ["--microseconds"] = double.NaN,
        ["--overhead"] = 50,
        ["--memory"] = 2_048,
    };

    private double[] _eventsPerDay = [1_000_000, 100_000_000, 1_000_000_000, 10_000_000_000, 28_800_000_000];
    private string _prices = Path.Combine(AppContext.BaseDirectory, "prices.json");

    private double CoresOfInstance => _inputs["--memory"] / 2_048;

    /// <summary>Computes and prints.</summary>
    /// <param name="arguments">Pairs of an option and its value.</param>
    /// <param name="output">A table in Markdown is written here.</param>
    /// <param name="errors">What is wrong with the arguments is written here.</param>
    /// <returns>False where an argument is wrong.</returns>
    public static bool Run(IReadOnlyList<string> arguments, TextWriter output, TextWriter errors)
    {
        var cost = new Cost();
        for (int i = 0; i < arguments.Count; i += 2)
        {
            if (i + 1 == arguments.Count || !cost.TrySet(arguments[i], arguments[i + 1]))
            {
                errors.WriteLine($"--cost: {arguments[i]} needs a positive number (--memory 512, 2048 or 4096; --prices a file); options are --events A,B,…, --prices, "
                    + string.Join(", ", cost._inputs.Keys));
                return false;
            }
        }

        try
        {
            using var prices = JsonDocument.Parse(File.ReadAllText(cost._prices));
            if (prices.RootElement.ValueKind != JsonValueKind.Object)
            {
                errors.WriteLine($"--prices {cost._prices}: no JSON object; take prices.json beside Cost.cs as a pattern.");
                return false;
            }

            cost.Print(prices.RootElement, output);
            return true;
        }
        catch (JsonException exception)
        {
            errors.WriteLine($"--prices {cost._prices}: no JSON ({exception.Message}).");
            return false;
        }
    }

    private bool TrySet(string option, string value)
    {
        if (option == "--prices")
        {
            _prices = value;
            return File.Exists(value);
        }

        if (option == "--events")
        {
            double?[] days = [.. value.Split(',').Select(Number)];
            _eventsPerDay = [.. days.OfType<double>()];
            return days.Length == _eventsPerDay.Length;
        }

        if (!_inputs.ContainsKey(option) || Number(value) is not { } number || (option == "--memory" && number is not (512 or 2_048 or 4_096)))
        {
            return false;
        }

        _inputs[option] = number;
        return true;
    }

    private static double? Number(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && number > 0 && double.IsFinite(number) ? number : null;

    private void Print(JsonElement prices, TextWriter output)
    {
        bool isMeasured = double.IsNaN(_inputs["--microseconds"]);
        double microseconds = isMeasured ? Measure() : _inputs["--microseconds"];
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"An event: {microseconds:F1} us{(isMeasured ? " (measured here)" : "")} and {_inputs["--overhead"] / _inputs["--records"]:F1} us of the host (assumed), {_inputs["--bytes"]:N0} bytes; peak {_inputs["--peak"]:G3} times the average; {_inputs["--matches"]:P4} match."));
        output.WriteLine();
        output.WriteLine("| events a day | peak a second | Event Hubs | partitions | instances at peak, on average | detections a second | first limit | of it | GB-s a month | a month |");
        output.WriteLine("|---|---|---|---|---|---|---|---|---|---|");
        foreach (double events in _eventsPerDay)
        {
            output.WriteLine(Row(events, microseconds + (_inputs["--overhead"] / _inputs["--records"]), prices));
        }
    }

    private string Row(double events, double microseconds, JsonElement prices)
    {
        double average = events / SecondsOfDay;
        double peak = average * _inputs["--peak"];
        double bodies = peak / _inputs["--records"];
        double megabytes = peak * _inputs["--bytes"] / 1e6;
        double detections = peak * _inputs["--matches"];
        double correlated = _inputs["--correlated"] * TransactionsPerCorrelatedMatch;
        double throughputUnits = Math.Ceiling(Math.Max(megabytes, bodies / 1_000));
        double processingUnits = Math.Ceiling(megabytes / 5);
        bool isStandard = throughputUnits <= 40;
        double namespaces = isStandard ? 1 : Math.Ceiling(processingUnits / 16);
        double instances = Instances(peak, microseconds);
        double averageInstances = Instances(average, microseconds);
        // One partition takes what a throughput unit does, and one instance at most reads it.
        double partitions = Math.Max(instances, isStandard ? throughputUnits : Math.Ceiling(megabytes));

        (string Name, double Share)[] limits =
        [
            ("40 throughput units a namespace", throughputUnits / 40),
            ("16 processing units a namespace", processingUnits / 16),
            ("32 partitions a hub (Standard)", partitions / 32),
            ("100 partitions a hub (Premium)", partitions / 100),
            ("1,000 instances an app", instances / 1_000),
            ("250 cores a region", instances * CoresOfInstance / 250),
            ("20,000 table transactions a second", (Transactions(detections, partitions) + (peak * correlated)) / 20_000),
            ("16 buckets of 2,000 rows a second", detections / (16 * 2_000)),
            ("2,000 queue messages a second", detections / 2_000),
        ];
        (string first, double share) = limits.Where((_, i) => isStandard ? i is not (1 or 3) : i is not (0 or 2)).MaxBy(limit => limit.Share);

        double gigabyteSeconds = averageInstances * _inputs["--memory"] / 1_024 * DaysOfMonth * SecondsOfDay;
        double monthlyBodies = events / _inputs["--records"] * DaysOfMonth;
        double monthlyDetections = events * _inputs["--matches"] * DaysOfMonth;
        (string Name, double Amount)[] amounts =
        [
            ("flexGigabyteSecond", gigabyteSeconds),
            // The least batch is one body: the most executions there can be.
            ("flexMillionExecutions", monthlyBodies / 1e6),
            isStandard ? ("throughputUnitHour", throughputUnits * HoursOfMonth) : ("processingUnitHour", processingUnits * HoursOfMonth),
            ("millionIngressEvents", isStandard ? monthlyBodies / 1e6 : 0),
            ("tenThousandTableTransactions", (Transactions(average * _inputs["--matches"], partitions) + (average * correlated)) * DaysOfMonth * SecondsOfDay / 1e4),
            ("tenThousandQueueOperations", monthlyDetections / 1e4),
        ];
        string[] missing = [.. amounts.Where(amount => amount.Amount > 0 && Price(amount.Name) is null).Select(amount => amount.Name)];
        double known = amounts.Sum(amount => amount.Amount * (Price(amount.Name) ?? 0));
        string? currency = prices.TryGetProperty("currency", out JsonElement stated) && stated.ValueKind == JsonValueKind.String ? stated.GetString() : "of an unknown currency";
        string hubs = isStandard ? $"{throughputUnits:N0} TU" : namespaces == 1 ? $"{processingUnits:N0} PU" : $"{processingUnits:N0} PU in {namespaces:N0} namespaces";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"| {events:N0} | {peak:N0} | {hubs} | {partitions:N0} | {instances:N0}, {averageInstances:N0} | {detections:N2} | {first} | {share:P0} | {gigabyteSeconds:N0} | {(missing.Length == 0 ? "" : "at least ")}{known:N0} {currency}{(missing.Length == 0 ? "" : " and " + string.Join(", ", missing))} |");

        // What a file does not have is as a price that is not known.
        double? Price(string name) =>
            prices.TryGetProperty(name, out JsonElement entry) && entry.ValueKind == JsonValueKind.Object
                && entry.TryGetProperty("price", out JsonElement price) && price.ValueKind == JsonValueKind.Number
                ? price.GetDouble()
                : null;
    }

    private static double Transactions(double detectionsPerSecond, double partitions) =>
        (detectionsPerSecond * TransactionsPerDetection) + Math.Min(2 * detectionsPerSecond, partitions * ClaimTransactionsPerPartition);

    private double Instances(double eventsPerSecond, double microseconds) =>
        Math.Ceiling(eventsPerSecond * microseconds / 1e6 / (CoresOfInstance * Utilisation));

    /// <summary>Decodes and matches the dearest kind of events there is; the shortest of many turns, microseconds an event.</summary>
    private static double Measure()
    {
        double dearest = 0;
        foreach (string kind in Workload.Kinds)
        {
            var events = new EventBenchmarks { Kind = kind };
            events.Setup();
            double best = double.MaxValue;
            for (int turn = 0; turn < 30; turn++)
            {
                long started = Stopwatch.GetTimestamp();
                events.DecodeAndMatch();
                best = Math.Min(best, Stopwatch.GetElapsedTime(started).TotalMicroseconds / Workload.Bodies);
            }

            dearest = Math.Max(dearest, best);
        }

        return dearest;
    }
}
