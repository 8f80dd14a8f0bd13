using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace SigmaFunctions.App.Tests;

/// <summary>The process of the app, where it cannot start: it ends, soon, and says why in one line.</summary>
public sealed class FailedStartTests : IDisposable
{
    private const string Key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    private readonly TcpListener _silent = new(IPAddress.Loopback, 0);

    // Connections are made by the system, and nobody ever reads from them.
    public FailedStartTests() => _silent.Start();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Silent => $"127.0.0.1:{((IPEndPoint)_silent.LocalEndpoint).Port}";

    private (string, string)[] Identity =>
    [
        ("DetectionStorage__tableServiceUri", $"https://{Silent}"),
        ("DetectionStorage__queueServiceUri", $"https://{Silent}"),
        ("DetectionStorage__blobServiceUri", $"https://{Silent}"),
        ("DetectionStorage__credential", "managedidentity"),
        ("Rules__BlobContainer", "rules"),
    ];

    public void Dispose() => _silent.Dispose();

    [Fact]
    public async Task A_wrong_setting_is_named() => await EndsAsync("The storage account of detections is not set.");

    [Fact]
    public async Task A_wrong_setting_of_the_exporters_is_named() => await EndsAsync(
        "OTEL_EXPORTER_OTLP_ENDPOINT must be an absolute http or https address.", ("OTEL_EXPORTER_OTLP_ENDPOINT", "SECRET"));

    /// <summary>No host told the worker where it is.</summary>
    [Fact]
    public async Task What_was_not_foreseen_is_told_without_a_message() => await EndsAsync(
        "An unforeseen fault, please report it: System.InvalidOperationException at ", ("DetectionStorage", "UseDevelopmentStorage=true"));

    [Fact]
    public async Task An_identity_that_gets_no_token_is_told()
    {
        using var refusing = new TcpListener(IPAddress.Loopback, 0);
        refusing.Start();
        Task answering = RefuseAsync(refusing);

        await EndsAsync(
            "There is no token for the storage account of DetectionStorage (DetectionStorage__credential, __clientId): ",
            [.. Identity, ("IDENTITY_ENDPOINT", $"http://{refusing.LocalEndpoint}/token"), ("IDENTITY_HEADER", "SECRET")]);

        refusing.Stop();
        await Assert.ThrowsAnyAsync<Exception>(() => answering);
    }

    /// <summary>All at once, since each waits as long as an app does: well before the host would drop it.</summary>
    [Fact]
    public async Task Whoever_does_not_answer_is_named()
    {
        string account = $"AccountName=devstoreaccount1;AccountKey={Key};TableEndpoint=http://{Silent}/SECRET;QueueEndpoint=http://{Silent}/SECRET;BlobEndpoint=http://{Silent}/SECRET";

        await Task.WhenAll(
            EndsAsync(
                $"The table service of DetectionStorage ({Silent}) has not answered within 15 seconds.", ("DetectionStorage", account), ("Detections__CreateIfNotExists", "true")),
            EndsAsync($"The blob service of DetectionStorage ({Silent}) has not answered within 15 seconds.", ("DetectionStorage", account), ("Rules__BlobContainer", "rules")),
            EndsAsync(
                "The identity endpoint has given no token for DetectionStorage (DetectionStorage__credential, DetectionStorage__clientId) within 15 seconds.",
                [.. Identity, ("IDENTITY_ENDPOINT", $"http://{Silent}/token"), ("IDENTITY_HEADER", "SECRET")]));
    }

    private static async Task RefuseAsync(TcpListener listener)
    {
        byte[] buffer = new byte[4096];
        while (true)
        {
            using Socket connection = await listener.AcceptSocketAsync(Token);
            await connection.ReceiveAsync(buffer, Token);
            await connection.SendAsync("HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"u8.ToArray(), Token);
        }
    }

    private static async Task EndsAsync(string message, params (string Name, string Value)[] settings)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "SigmaFunctions.App.dll")])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        start.Environment.Remove("DetectionStorage");
        start.Environment["EventHubName"] = "events";
        foreach ((string name, string value) in settings)
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;

        string error;
        try
        {
            // Well before the host would drop it; a process that does not end is the fault that this is about.
            Task<string> output = process.StandardOutput.ReadToEndAsync(Token);
            error = await process.StandardError.ReadToEndAsync(Token).WaitAsync(TimeSpan.FromMinutes(1), Token);
            await process.WaitForExitAsync(Token).WaitAsync(TimeSpan.FromMinutes(1), Token);
            await output;
        }
        finally
        {
            process.Kill();
        }

        Assert.Equal(1, process.ExitCode);
        Assert.StartsWith($"SigmaFunctions cannot start: {message}", error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd().Split('\n'));
        Assert.DoesNotContain("SECRET", error, StringComparison.Ordinal);
    }
}
