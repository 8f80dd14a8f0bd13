using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Outputs.Model;
using SigmaFunctions.Storage.Outputs;

namespace SigmaFunctions.Cli.Tests;

/// <summary><c>sigmaf outputs</c>; queues are those of a real storage service.</summary>
public sealed class OutputsTests(StorageAccount account) : IDisposable
{
    private readonly CommandLine _cli = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _cli.Dispose();

    [Theory]
    [InlineData("Alert", "\"title\":\"Test of the output soc: nothing happened\"")]
    [InlineData("Slack", "rich_text_section")]
    [InlineData("Teams", "AdaptiveCard")]
    [InlineData("Ocsf", "\"class_uid\":2004")]
    public async Task What_would_be_sent_is_shown_with_secrets_masked(string format, string shown)
    {
        Set(("Type", "Webhook"), ("Url", "https://127.0.0.1:1/T0SECRET"), ("Format", format));

        CommandLine.Outcome outcome = await _cli.RunAsync(["outputs", "test", "SOC", "--print", "--level", "high"], cancellationToken: Token);

        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Errors));
        Assert.Contains(shown, outcome.Output, StringComparison.Ordinal);
        Assert.Contains("high", outcome.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("NotARealPassword", outcome.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("SECRET", outcome.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://127.0.0.1:1/T0SECRET", "", 1, "sigmaf: soc does not take it now (address not allowed")]
    [InlineData("https://127.0.0.1:1/T0SECRET", "true", 1, "sigmaf: soc does not take it now (connection refused")]
    [InlineData("http://127.0.0.1:1/T0SECRET", "", 2, "sigmaf: Outputs__soc__Url must be an absolute https address")]
    public async Task Why_it_is_not_taken_is_said_without_the_address(string url, string allowsPrivate, int exitCode, string message)
    {
        Set(("Type", "Webhook"), ("Url", url), ("AllowsPrivateAddresses", allowsPrivate));

        CommandLine.Outcome outcome = await _cli.RunAsync(["outputs", "test", "soc"], cancellationToken: Token);

        Assert.Equal((exitCode, ""), (outcome.ExitCode, outcome.Output));
        Assert.StartsWith(message, outcome.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("SECRET", outcome.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_output_that_is_not_set_is_said()
    {
        Set(("Type", "Webhook"), ("Url", "https://127.0.0.1:1/"));

        CommandLine.Outcome outcome = await _cli.RunAsync(["outputs", "test", "other"], cancellationToken: Token);

        Assert.Equal((2, "sigmaf: no output other: set Outputs__other__Type and what else it needs (docs/outputs.md), or give --deployed\n"), (outcome.ExitCode, outcome.Errors));
    }

    [Fact]
    public async Task A_deployed_app_is_given_a_sample_to_deliver()
    {
        string alerts = $"q{Guid.NewGuid():N}";
        var queue = new QueueClient(account.ConnectionString, $"{alerts}-soc", new QueueClientOptions { MessageEncoding = QueueMessageEncoding.Base64 });
        await queue.CreateAsync(cancellationToken: Token);

        CommandLine.Outcome outcome = await _cli.RunAsync(
            ["outputs", "test", "soc", "--deployed", "--queue", alerts, "--storage", account.ConnectionString], cancellationToken: Token);

        QueueMessage message = Assert.Single((await queue.ReceiveMessagesAsync(cancellationToken: Token)).Value);
        var sent = OutputMessage.Parse(message.Body);
        Assert.Equal(("Test of the output soc: nothing happened", "informational", 0), (sent.Alert.Rule.Title, sent.Alert.Rule.Level, sent.Attempts));
        Assert.Equal((0, $"on the queue {alerts}-soc, from where the app delivers it: alert {sent.Alert.Id}\n"), (outcome.ExitCode, outcome.Output));
    }

    [Fact]
    public async Task What_was_put_aside_is_delivered_again_as_if_it_were_new()
    {
        string alerts = $"q{Guid.NewGuid():N}";
        var options = new QueueClientOptions { MessageEncoding = QueueMessageEncoding.Base64 };
        var queue = new QueueClient(account.ConnectionString, $"{alerts}-soc", options);
        var aside = new QueueClient(account.ConnectionString, $"{alerts}-soc-poison", options);
        await queue.CreateAsync(cancellationToken: Token);
        await aside.CreateAsync(cancellationToken: Token);
        DateTimeOffset old = DateTimeOffset.UtcNow.AddDays(-8);
        for (int i = 0; i < 40; i++)
        {
            await aside.SendMessageAsync(BinaryData.FromBytes(new OutputMessage(SampleAlert.Create("soc", RuleLevel.High, old), old) { Attempts = 30 }.ToJson()), cancellationToken: Token);
        }

        await aside.SendMessageAsync("SECRET", Token);

        CommandLine.Outcome outcome = await _cli.RunAsync(["outputs", "replay", "soc", "--queue", alerts, "--storage", account.ConnectionString], cancellationToken: Token);

        Assert.Equal(
            (1, $"on the queue {alerts}-soc again: 40 messages\n", $"sigmaf: unreadable, and still on {alerts}-soc-poison: 1 message\n"),
            (outcome.ExitCode, outcome.Output, outcome.Errors));
        Assert.Equal(1, (await aside.GetPropertiesAsync(Token)).Value.ApproximateMessagesCount);
        Assert.Equal(40, (await queue.GetPropertiesAsync(Token)).Value.ApproximateMessagesCount);
        Assert.All(
            (await queue.ReceiveMessagesAsync(32, cancellationToken: Token)).Value.Select(message => OutputMessage.Parse(message.Body)),
            message => Assert.True(message.Attempts == 0 && message.Since > old.AddDays(7)));
    }

    /// <summary>The app may put aside again what it is given; that is not taken for what was there.</summary>
    [Fact]
    public async Task What_is_put_aside_again_meanwhile_stays_there()
    {
        string alerts = $"q{Guid.NewGuid():N}";
        var options = new QueueClientOptions { MessageEncoding = QueueMessageEncoding.Base64 };
        var queue = new QueueClient(account.ConnectionString, $"{alerts}-soc", options);
        var aside = new QueueClient(account.ConnectionString, $"{alerts}-soc-poison", options);
        await queue.CreateAsync(cancellationToken: Token);
        await aside.CreateAsync(cancellationToken: Token);
        for (int i = 0; i < 40; i++)
        {
            await aside.SendMessageAsync(
                BinaryData.FromBytes(new OutputMessage(SampleAlert.Create("soc", RuleLevel.High, DateTimeOffset.UtcNow), DateTimeOffset.UtcNow).ToJson()), cancellationToken: Token);
        }

        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(Token);
        Task app = PutAsideAsync(queue, aside, stopping.Token);
        using var late = CancellationTokenSource.CreateLinkedTokenSource(Token);
        late.CancelAfter(TimeSpan.FromSeconds(30));

        CommandLine.Outcome outcome = await _cli.RunAsync(["outputs", "replay", "soc", "--queue", alerts, "--storage", account.ConnectionString], cancellationToken: late.Token);

        await stopping.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => app);
        Assert.Equal((0, $"on the queue {alerts}-soc again: 40 messages\n"), (outcome.ExitCode, outcome.Output));
    }

    // An app whose receiver rejects all.
    private static async Task PutAsideAsync(QueueClient queue, QueueClient aside, CancellationToken cancellationToken)
    {
        while (true)
        {
            foreach (QueueMessage message in (await queue.ReceiveMessagesAsync(32, cancellationToken: cancellationToken)).Value)
            {
                await aside.SendMessageAsync(message.Body, cancellationToken: cancellationToken);
                await queue.DeleteMessageAsync(message.MessageId, message.PopReceipt, cancellationToken);
            }
        }
    }

    private void Set(params (string Member, string Value)[] settings)
    {
        foreach ((string member, string value) in settings)
        {
            _cli.Environment[$"Outputs__soc__{member}"] = value;
        }
    }
}
