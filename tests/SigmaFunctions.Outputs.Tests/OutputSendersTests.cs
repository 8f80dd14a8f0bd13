using Azure.Core;
using SigmaFunctions.Outputs.Model;
using SigmaFunctions.Outputs.Sentinel;
using SigmaFunctions.Outputs.Webhooks;

namespace SigmaFunctions.Outputs.Tests;

public sealed class OutputSendersTests
{
    private static readonly OutputOptions Webhook = new()
    {
        Name = "hook",
        Type = OutputType.Webhook,
        Format = OutputFormat.Slack,
        Url = new Uri("https://hooks.contoso.example/T0SECRETPATH"),
    };

    private static readonly OutputOptions Sentinel = new()
    {
        Name = "sentinel",
        Type = OutputType.Sentinel,
        Format = OutputFormat.Table,
        Endpoint = new Uri("https://logs.contoso.example"),
        DataCollectionRuleId = "dcr-0123456789abcdef0123456789abcdef",
        Stream = "Custom-SigmaDetections_CL",
    };

    [Fact]
    public void The_type_says_which_sender()
    {
        TokenCredential credential = DelegatedTokenCredential.Create((_, _) => default);
        using IOutputSender webhook = OutputSenders.Create(Webhook, _ => [], null, TimeProvider.System);
        using IOutputSender sentinel = OutputSenders.Create(Sentinel, _ => [], credential, TimeProvider.System);

        Assert.IsType<WebhookSender>(webhook);
        Assert.IsType<LogsIngestionSender>(sentinel);
    }

    [Fact]
    public void Sentinel_needs_a_credential() =>
        Assert.Throws<ArgumentException>(() => OutputSenders.Create(Sentinel, _ => [], null, TimeProvider.System));
}
