using System.Collections.Immutable;
using SigmaFunctions.Outputs.Model;
using SigmaFunctions.Outputs.Privacy;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.Outputs.Tests;

/// <summary>Alerts to deliver.</summary>
internal static class Alerts
{
    private const string CommandLine = "node.exe -e \"require('child_process').execSync('whoami')\" --password hunter2";

    private static readonly DateTimeOffset Time = new(2026, 11, 30, 3, 12, 44, TimeSpan.Zero);

    /// <summary>One with every member that a rule of process events can have.</summary>
    public static Alert Full { get; } = new()
    {
        Id = "202611300312450000000-0123456789abcdef0123456789abcdef",
        Rule = new AlertRule(
            "6640f31c-01ad-49b5-beb5-83498a5cd8bd",
            "Potential Arbitrary Code Execution Via Node.EXE",
            "Nasreddine Bencherchali",
            "high",
            ["attack.defense-evasion", "attack.execution", "attack.t1059.007"],
            "https://rules.contoso.example/rules/6640f31c-01ad-49b5-beb5-83498a5cd8bd.html")
        {
            Techniques = [new AlertTechnique("T1059.007", "Command and Scripting Interpreter: JavaScript")],
        },
        EventTime = Time,
        Host = "ws-042.contoso.example",
        User = @"CONTOSO\anna",
        TenantId = "00000000-0000-0000-0000-00000000000a",
        HeldBack = 2,
        Fields = [new AlertField("Image", @"C:\Program Files\nodejs\node.exe"), new AlertField("CommandLine", CommandLine), new AlertField("User", @"contoso\Anna")],
        Process = new ProcessFacts(@"C:\Program Files\nodejs\node.exe", CommandLine, "4711"),
        Parent = new ProcessFacts(@"C:\Windows\System32\cmd.exe", "cmd.exe /c run.bat", "0x32f"),
        Hashes = new FileHashes("0123456789abcdef0123456789abcdef", null, "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"),
        Addresses = [new NetworkAddress(AddressRole.Source, "10.1.2.3", 50_123), new NetworkAddress(AddressRole.Destination, "203.0.113.7", 443)],
        Detection = new AlertPointer("Detections", "20261130T03-7", "20261130031245-x"),
    };

    /// <summary>One with no more than every alert has.</summary>
    public static Alert Least { get; } = new()
    {
        Id = Full.Id,
        Rule = new AlertRule("rule", "A title", null, null, []),
        Detection = Full.Detection,
    };

    /// <summary>One of a correlation.</summary>
    public static Alert Correlated { get; } = Full with
    {
        Fields = default,
        Process = null,
        Parent = null,
        Hashes = null,
        Addresses = default,
        HeldBack = 0,
        Correlation = new AlertCorrelation(
            "value_count",
            [new AlertField("IpAddress", "203.0.113.7"), new AlertField("User", @"CONTOSO\anna")],
            "12",
            Time.AddMinutes(-5),
            Time,
            14,
            [new AlertEvent(Time.AddMinutes(-5), "rule", "ws-042.contoso.example", @"CONTOSO\anna"), new AlertEvent(Time, "rule", "ws-043", "bert")]),
    };

    private static OutputOptions Masks => new() { Name = "a", Type = OutputType.Webhook, Format = OutputFormat.Alert, MasksSecrets = true };

    public static ImmutableDictionary<string, Notification> All { get; } = new Dictionary<string, Notification>
    {
        ["full"] = new(Full.Id, Full) { Matched = ["child_process", "node.exe"] },
        ["masked"] = AlertPrivacy.Apply(new Notification(Full.Id, Full) { Matched = ["child_process"] }, Masks),
        ["least"] = new(Least.Id, Least),
        ["correlation"] = new(Correlated.Id, Correlated),
        ["muted"] = new(Full.Id, Full with { Kind = AlertKind.RuleMuted, MutedUntil = Time.AddMinutes(10), MutedOn = MuteScope.Host, Omitted = 7 }),
        ["burst"] = new($"{Full.Id}-1796008365-more", Full) { Burst = new Burst(37, 4, ["ws-042", "ws-043", "ws-044"], Time, Time.AddMinutes(5)) },
    }.ToImmutableDictionary();
}
