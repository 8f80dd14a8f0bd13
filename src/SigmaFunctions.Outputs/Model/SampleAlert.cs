using SigmaFunctions.Engine.Model;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.Outputs.Model;

/// <summary>An alert of nothing, to see that an output is told.</summary>
public static class SampleAlert
{
    private const string CommandLine = """node.exe -e "require('child_process').exec('whoami')" --password NotARealPassword""";

    /// <summary>Makes one. Each has an id, and a rule, of its own, so that none stands for another.</summary>
    /// <param name="output">Name of the output.</param>
    /// <param name="level">Level of its rule.</param>
    /// <param name="now">The time (UTC).</param>
    public static Alert Create(string output, RuleLevel level, DateTimeOffset now)
    {
        ArgumentException.ThrowIfNullOrEmpty(output);
        var detection = new Detection
        {
            Identity = new HubEventIdentity("sigmaf.invalid", "test", "0", now, 0, 0),
            RuleId = Guid.NewGuid().ToString(),
            RuleTitle = $"Test of the output {output}: nothing happened",
            RuleAuthor = "sigmaf outputs test",
            Level = level.Name(),
            Tags = ["attack.execution", "attack.t1059.007"],
            EventTime = now,
            Host = "host.contoso.example",
            User = @"CONTOSO\somebody",
            Fields = [new DetectedField("Image", @"C:\Program Files\nodejs\node.exe"), new DetectedField("CommandLine", CommandLine)],
            Facts = new EventFacts
            {
                Process = new ProcessFacts(@"C:\Program Files\nodejs\node.exe", CommandLine, "4711"),
                Parent = new ProcessFacts(@"C:\Windows\System32\cmd.exe", "cmd.exe /c build.cmd", "815"),
                Hashes = new FileHashes(Sha256: new string('0', 64)),
                Addresses = [new NetworkAddress(AddressRole.Destination, "203.0.113.7", 443)],
            },
            Original = "{}",
        };
        var alert = Alert.From(detection, "Detections");
        return alert with { Rule = alert.Rule with { Techniques = [new AlertTechnique("T1059.007", "Command and Scripting Interpreter: JavaScript")] } };
    }

    /// <summary>What of its fields would have matched.</summary>
    public static Notification Notify(Alert alert)
    {
        ArgumentNullException.ThrowIfNull(alert);
        return new Notification(alert.Id, alert) { Matched = ["child_process"] };
    }
}
