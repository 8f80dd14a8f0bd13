using System.Net;
using System.Threading.Channels;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Storage.Blobs;
using Microsoft.Extensions.Time.Testing;
using SigmaFunctions.App.Starting;

namespace SigmaFunctions.App.Tests;

/// <summary>How long a start waits for others: by a clock that the tests advance.</summary>
public sealed class StartWatchTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly StartWatch _watch;

    public StartWatchTests() => _watch = new StartWatch(_time);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _watch.Dispose();

    [Fact]
    public async Task Work_of_its_own_may_take_as_long_as_the_host_waits()
    {
        var compiling = new TaskCompletionSource();
        Task start = _watch.GuardAsync(compiling.Task);

        _time.Advance(TimeSpan.FromSeconds(54));
        Assert.False(start.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.StartsWith("It has not started within 55 seconds", (await Assert.ThrowsAsync<StartException>(() => start)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("FunctionsNetHost", 25)]
    [InlineData("dotnet", 55)]
    [InlineData(null, 55)]
    public async Task An_instance_that_was_kept_ready_waits_shorter(string? program, int seconds)
    {
        using var watch = new StartWatch(_time, program);
        Task start = watch.GuardAsync(new TaskCompletionSource().Task);

        _time.Advance(TimeSpan.FromSeconds(seconds - 1));
        Assert.False(start.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(1));

        await Assert.ThrowsAsync<StartException>(() => start);
    }

    [Fact]
    public async Task What_has_started_is_not_watched()
    {
        _watch.Prepared();
        Assert.Null(_watch.Expect("It"));
        _watch.Dispose();

        _time.Advance(TimeSpan.FromHours(1));
        await _watch.GuardAsync(Task.CompletedTask);
    }

    [Fact]
    public async Task A_fault_of_the_start_is_told_as_it_is() =>
        await Assert.ThrowsAsync<FormatException>(() => _watch.GuardAsync(Task.FromException(new FormatException())));

    /// <summary>Each piece comes just in time, in all for longer than an answer may take; then one does not come.</summary>
    [Fact]
    public async Task A_store_that_sends_a_body_slowly_is_waited_for_and_one_that_stops_in_the_middle_is_not()
    {
        var pieces = new PiecewiseBody();
        BlobContainerClient container = Container(_ => Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(pieces) }));
        Task start = _watch.GuardAsync(Task.Run(() => container.GetBlobClient("sets/current.json").DownloadContentAsync(Token), Token));

        for (int piece = 0; piece < 2; piece++)
        {
            await pieces.AskedAsync();
            _time.Advance(TimeSpan.FromSeconds(14));
            Assert.False(start.IsCompleted);
            pieces.Give();
        }
        await pieces.AskedAsync();
        _time.Advance(StartWatch.AnswerWithin);

        Assert.Equal("The blob service of X (store.example) has not answered within 15 seconds.", (await Assert.ThrowsAsync<StartException>(() => start)).Message);
    }

    /// <summary>The pauses between its tries are not waiting for an answer.</summary>
    [Fact]
    public async Task A_store_that_refuses_answers()
    {
        int tries = 0;
        BlobContainerClient container = Container(_ =>
        {
            _time.Advance(TimeSpan.FromSeconds(14));
            return Task.FromResult(new HttpResponseMessage(Interlocked.Increment(ref tries) < 3 ? HttpStatusCode.ServiceUnavailable : HttpStatusCode.OK));
        });

        await _watch.GuardAsync(Task.Run(() => container.GetBlobClient("a").GetPropertiesAsync(cancellationToken: Token), Token));

        Assert.Equal(3, tries);
    }

    [Fact]
    public async Task An_identity_endpoint_that_gives_no_token_is_named()
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var credential = new StartWatchCredential(
            DelegatedTokenCredential.Create((_, _) => throw new NotSupportedException(), (_, _) =>
            {
                asked.SetResult();
                return new ValueTask<AccessToken>(new TaskCompletionSource<AccessToken>().Task);
            }),
            _watch,
            "X");
        Task start = _watch.GuardAsync(credential.GetTokenAsync(new TokenRequestContext(["scope"]), Token).AsTask());

        await asked.Task;
        _time.Advance(StartWatch.AnswerWithin);

        Assert.Equal(
            "The identity endpoint has given no token for X (X__credential, X__clientId) within 15 seconds.", (await Assert.ThrowsAsync<StartException>(() => start)).Message);
    }

    private BlobContainerClient Container(Func<HttpRequestMessage, Task<HttpResponseMessage>> answer)
    {
        var options = new BlobClientOptions
        {
            Transport = new HttpClientTransport(new HttpClient(new Answers(answer))),
            Retry = { MaxRetries = 3, Delay = TimeSpan.FromMilliseconds(1), MaxDelay = TimeSpan.FromMilliseconds(1) },
        };
        options.AddPolicy(new StartWatchPolicy(_watch, "blob service of X"), HttpPipelinePosition.BeforeTransport);
        return new BlobContainerClient(new Uri("https://store.example/rules?sig=SECRET"), options);
    }

    private sealed class Answers(Func<HttpRequestMessage, Task<HttpResponseMessage>> answer) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => answer(request);
    }

    /// <summary>A body of which every read waits until it is given a byte.</summary>
    private sealed class PiecewiseBody : MemoryStream
    {
        private readonly Channel<bool> _asked = Channel.CreateUnbounded<bool>();
        private readonly Channel<bool> _given = Channel.CreateUnbounded<bool>();

        public async Task AskedAsync() => await _asked.Reader.ReadAsync(Token);

        public void Give() => _given.Writer.TryWrite(true);

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            _asked.Writer.TryWrite(true);
            await _given.Reader.ReadAsync(cancellationToken);
            buffer.Span[0] = (byte)'{';
            return 1;
        }
    }
}
