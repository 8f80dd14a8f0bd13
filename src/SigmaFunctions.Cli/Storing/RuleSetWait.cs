using System.Globalization;
using SigmaFunctions.Cli.Output;
using SigmaFunctions.Storage.Rules;

namespace SigmaFunctions.Cli.Storing;

/// <summary>Waiting for the app to run a set of rules.</summary>
internal static class RuleSetWait
{
    /// <summary>How long.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    /// <summary>Waits until the app has said whether it runs a set, and tells which.</summary>
    /// <returns>The exit code: of a failure where the app cannot use the set, or has not said in time that it runs it.</returns>
    /// <exception cref="Azure.RequestFailedException">The store could not be reached or refused.</exception>
    public static async Task<int> RunAsync(RuleSetTable reports, string set, Terminal terminal, TimeProvider time, CancellationToken cancellationToken)
    {
        // Rows hold the time of the app's clock, which need not be this one; the set's row may be there from earlier.
        string key = RuleStore.VersionOf(set).Key;
        long started = time.GetTimestamp();
        DateTimeOffset? before = null;
        for (bool first = true; time.GetElapsedTime(started) < Patience; first = false)
        {
            IReadOnlyList<RuleSetReport> all = await reports.ListAsync(cancellationToken);
            RuleSetReport? report = all.FirstOrDefault(one => one.Key == key);
            bool isNewest = report is not null && all[0] == report;
            if (first && !isNewest)
            {
                before = report?.At;
            }

            if (report is not null && (isNewest || report.At > before))
            {
                if (report.Broken is { } reason)
                {
                    await terminal.Errors.WriteLineAsync($"sigmaf: the app cannot use it: {reason}");
                    return ExitCode.Failure;
                }

                await terminal.Text.WriteLineAsync(string.Create(
                    CultureInfo.InvariantCulture, $"the app runs it: {TerminalText.Plural(report.Rules, "rule")}, {report.Rejected} rejected, revision {report.Revision}"));
                return ExitCode.Success;
            }

            await Task.Delay(Interval, time, cancellationToken);
        }

        await terminal.Errors.WriteLineAsync("sigmaf: the app has not said in time that it runs it: an app that is scaled to zero looks when the next event comes");
        return ExitCode.Failure;
    }
}
