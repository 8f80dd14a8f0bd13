namespace SigmaFunctions.Storage.Accounts;

/// <summary>What goes to this machine itself, where a proxy is set for all that goes out.</summary>
public static class LoopbackTraffic
{
    private const string Variable = "no_proxy";
    private const string OtherVariable = "NO_PROXY";

    private static readonly string[] Hosts = ["127.0.0.1", "localhost", "::1", "[::1]"];

    /// <summary>
    /// Lets it go there directly, in this process and in those that it starts: adds the machine's own names to <c>no_proxy</c>, with whatever is there.
    /// To be called before anything is sent, since clients read the variable once.
    /// </summary>
    public static void Bypass()
    {
        // Where both are set, clients differ in which they take.
        string? one = Environment.GetEnvironmentVariable(Variable);
        string? other = Environment.GetEnvironmentVariable(OtherVariable);
        Environment.SetEnvironmentVariable(Variable, WithHosts(one ?? other));
        Environment.SetEnvironmentVariable(OtherVariable, WithHosts(other ?? one));
    }

    private static string WithHosts(string? names) => string.Join(
        ',',
        (names ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Concat(Hosts).Distinct(StringComparer.OrdinalIgnoreCase));
}
