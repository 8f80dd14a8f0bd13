using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.Outputs.Tests;

/// <summary>Alerts to deliver.</summary>
internal static class Alerts
{
    /// <summary>One with every member that a rule of process events can have.</summary>
    public static Alert Full { get; } = new()
    {
        Id = "202611300312450000000-0123456789abcdef0123456789abcdef",
        Rule = new AlertRule(
            "6640f31c-01ad-49b5-beb5-83498a5cd8bd", "Potential Arbitrary Code Execution Via Node.EXE", "Nasreddine Bencherchali", "high", ["attack.execution", "attack.t1059.007"], "https://rules.contoso.example/rules/6640f31c-01ad-49b5-beb5-83498a5cd8bd.html")
        {
            Techniques = [new AlertTechnique("T1059.007", "Command and Scripting Interpreter: JavaScript")],
        },
        EventTime = new DateTimeOffset(2026, 11, 30, 3, 12, 44, TimeSpan.Zero),
        Host = "ws-042.contoso.example",
        User = @"CONTOSO\anna",
        TenantId = "00000000-0000-0000-0000-00000000000a",
        HeldBack = 2,
        Fields =
        [
            new AlertField("Image", @"C:\Program Files\nodejs\node.exe"),
            new AlertField("CommandLine", "node.exe -e \"require('child_process').execSync('whoami')\" --password hunter2"),
        ],
        Process = new ProcessFacts(@"C:\Program Files\nodejs\node.exe", "node.exe -e \"require('child_process').execSync('whoami')\" --password hunter2", "4711"),
        Parent = new ProcessFacts(@"C:\Windows\System32\cmd.exe", "cmd.exe /c run.bat", "815"),
        Hashes = new FileHashes("0123456789abcdef0123456789abcdef", null, "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"),
        Addresses = [new NetworkAddress(AddressRole.Source, "10.1.2.3", 50_123), new NetworkAddress(AddressRole.Destination, "203.0.113.7", 443)],
        Detection = new AlertPointer("Detections", "2026113003-7", "20261130031245-x"),
    };
}
