using System.Globalization;

namespace SigmaFunctions.EndToEnd.Tests;

/// <summary>What a process has used so far, as Linux tells it; 0 on other systems.</summary>
internal static class ProcessUse
{
    private const double TicksPerSecond = 100;

    /// <summary>Processor time of user and system, in seconds.</summary>
    public static double CpuSeconds(int process)
    {
        if (!OperatingSystem.IsLinux())
        {
            return 0;
        }
        // Clock ticks of user and system: the 14th and 15th field, the 12th and 13th after the command in parentheses.
        string stat = File.ReadAllText($"/proc/{process}/stat");
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return (double.Parse(fields[11], CultureInfo.InvariantCulture) + double.Parse(fields[12], CultureInfo.InvariantCulture)) / TicksPerSecond;
    }

    /// <summary>Most memory that it ever had, in MiB.</summary>
    public static double PeakMegabytes(int process) => !OperatingSystem.IsLinux() ? 0 : double.Parse(
        File.ReadLines($"/proc/{process}/status").Single(line => line.StartsWith("VmHWM:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2],
        CultureInfo.InvariantCulture) / 1_024;
}
