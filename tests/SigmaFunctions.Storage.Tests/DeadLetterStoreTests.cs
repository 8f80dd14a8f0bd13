using System.Globalization;
using System.Text;
using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Moq;
using SigmaFunctions.Storage.Blobs;
using SigmaFunctions.Storage.DeadLetters;
using SigmaFunctions.Storage.Model;
using SigmaFunctions.Tests;

namespace SigmaFunctions.Storage.Tests;

public sealed class DeadLetterStoreTests(StorageAccount account)
{
    private static readonly byte[] Bytes = [0, 0xFF, 0x0D, 0x0A, 0xC3];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_letter_comes_back_with_its_bytes_and_all_that_is_known()
    {
        BlobContainerClient container = await account.CreateContainerAsync();
        var store = new DeadLetterStore(container);
        var letter = DeadLetter.OfRecord(Some.Identity(7, 3), "not JSON", 42, Bytes);

        DeadLetterResult result = await store.WriteAsync([letter], Token);

        Assert.Equal((1, 0, 0), (result.Written, result.Existing, result.Refused.Count));
        StoredDeadLetter? stored = await store.FindAsync(letter.Name, Token);
        Assert.NotNull(stored);
        Assert.Equal((Some.Time, 7, 3), (stored.EnqueuedTime, stored.SequenceNumber, stored.Record));
        Assert.Equal(("hub.servicebus.windows.net", "events", "0"), (stored.Namespace, stored.EventHub, stored.Partition));
        Assert.Equal(("not JSON", 42, 5), (stored.Reason, stored.Offset, stored.Size));
        Assert.StartsWith("0.", stored.AppVersion);
        Assert.NotNull(stored.WrittenTime);
        Assert.Equal(Bytes, (await store.ReadAsync(letter.Name, Token))!.ToArray());
        BlobProperties blob = await container.GetBlobClient(letter.Name).GetPropertiesAsync(cancellationToken: Token);
        Assert.Equal(("application/octet-stream", "attachment"), (blob.ContentType, blob.ContentDisposition));
    }

    [Fact]
    public async Task A_second_delivery_changes_nothing()
    {
        BlobContainerClient container = await account.CreateContainerAsync();
        var store = new DeadLetterStore(container);
        var letter = DeadLetter.OfBody(Some.Identity(), "reason", Bytes);
        await store.WriteAsync([letter], Token);
        ETag before = (await container.GetBlobClient(letter.Name).GetPropertiesAsync(cancellationToken: Token)).Value.ETag;

        DeadLetterResult result = await store.WriteAsync([letter, DeadLetter.OfBody(Some.Identity(), "another", new byte[] { 1 })], Token);

        Assert.Equal((0, 2), (result.Written, result.Existing));
        Assert.Equal(before, (await container.GetBlobClient(letter.Name).GetPropertiesAsync(cancellationToken: Token)).Value.ETag);
        Assert.Null((await store.FindAsync(letter.Name, Token))!.Record);
    }

    public static TheoryData<string> HostileTexts =>
    [
        "", " ", "a b", "%41%", "ключ €", "😀", "\r\nx-ms-meta-evil: 1", "\0\u0001\u007F\u0085", "\uD83D", "../..//a\\b?c#d", "-body-", "  blanks at both ends  ",
        new string('x', 100_000), new string('€', 100_000),
    ];

    [Theory]
    [MemberData(nameof(HostileTexts))]
    public async Task Any_text_in_identity_and_reason_is_stored_and_told(string text)
    {
        var store = new DeadLetterStore(await account.CreateContainerAsync());
        HubEventIdentity identity = new(text, text, text, Some.Time, long.MaxValue, 0);

        DeadLetterResult result = await store.WriteAsync([DeadLetter.OfRecord(identity, text, 0, Bytes)], Token);

        Assert.Equal(1, result.Written);
        StoredDeadLetter stored = Assert.Single(await ListAsync(store, Some.Time, Some.Time.AddTicks(1)));
        string expected = text.Trim(' ').Replace("\uD83D", text == "\uD83D" ? "\uFFFD" : "\uD83D", StringComparison.Ordinal);
        Assert.All([stored.Namespace, stored.EventHub, stored.Partition, stored.Reason], told =>
        {
            Assert.StartsWith(told ?? "", expected, StringComparison.Ordinal);
            Assert.True((told ?? "").Length == Math.Min(expected.Length, told is ['€', ..] ? 768 / 9 : 768));
        });
        Assert.Equal(long.MaxValue, stored.SequenceNumber);
    }

    [Fact]
    public void Names_are_apart_where_identities_are_and_nothing_else_counts()
    {
        HubEventIdentity identity = Some.Identity();
        HubEventIdentity[] others =
        [
            identity with { Namespace = "another" }, identity with { EventHub = "another" }, identity with { Partition = "1" },
            identity with { EnqueuedTime = identity.EnqueuedTime.AddTicks(1) }, identity with { SequenceNumber = 8 }, identity with { Record = 1 },
        ];

        Assert.Equal(7, others.Append(identity).Select(other => DeadLetter.OfRecord(other, "", 0, Bytes).Name).Distinct().Count());
        Assert.NotEqual(DeadLetter.OfRecord(identity, "", 0, Bytes).Name, DeadLetter.OfBody(identity, "", Bytes).Name);
        Assert.Equal(
            DeadLetter.OfRecord(identity, "a", 1, Bytes).Name,
            DeadLetter.OfRecord(identity with { Namespace = "HUB.servicebus.windows.net" }, "b", 2, default).Name);
        Assert.Matches("^2026/11/25/03/14159260000-7-0-[0-9a-f]{32}$", DeadLetter.OfRecord(identity, "", 0, Bytes).Name);
    }

    [Theory]
    [InlineData(0, 1, "0")]
    [InlineData(0, 0, "")]
    [InlineData(-1, 61, "0 60")]
    [InlineData(1, 3_000, "60 2940")]
    [InlineData(-100_000, 100_000, "-2940 0 60 2940")]
    [InlineData(-1_000_000, 2_940, "-2940 0 60")]
    [InlineData(-10_000_000, 10_000_000, "-2940 0 60 2940")]
    public async Task A_span_includes_its_start_and_excludes_its_end_and_is_in_order_of_time(int from, int to, string expected)
    {
        BlobContainerClient container = await account.CreateContainerAsync();
        var store = new DeadLetterStore(container);
        await store.WriteAsync(
            [.. new[] { 2940, 0, 60, -2940 }.Select(minutes => DeadLetter.OfRecord(Some.Identity(1, enqueued: Some.Time.AddMinutes(minutes)), "", 0, Bytes))],
            Token);
        await container.UploadBlobAsync("2026/11/25/03/of-another", new BinaryData("x"), Token);

        List<StoredDeadLetter> listed = await ListAsync(store, Some.Time.AddMinutes(from), Some.Time.AddMinutes(to));

        Assert.Equal(
            expected,
            string.Join(' ', listed.Select(letter => (letter.EnqueuedTime - Some.Time).TotalMinutes.ToString(CultureInfo.InvariantCulture))));
    }

    [Theory]
    [InlineData("none")]
    [InlineData("2026/11/25/03/14159260000-7-0-0123456789abcdef0123456789abcdef")]
    public async Task There_is_no_letter_of_another_name(string name)
    {
        var store = new DeadLetterStore(await account.CreateContainerAsync());

        Assert.Null(await store.FindAsync(name, Token));
        Assert.Null(await store.ReadAsync(name, Token));
        await store.DeleteAsync(name, Token);
    }

    [Fact]
    public async Task A_container_that_is_not_there_is_an_outage_and_no_missing_letter()
    {
        var store = new DeadLetterStore(new BlobContainerClient(account.ConnectionString, "missing"));
        var letter = DeadLetter.OfRecord(Some.Identity(), "", 0, Bytes);

        await Assert.ThrowsAsync<RequestFailedException>(() => store.WriteAsync([letter], Token));
        await Assert.ThrowsAsync<RequestFailedException>(() => store.ReadAsync(letter.Name, Token));
    }

    /// <summary>The answers of a store, one for each attempt, and what they mean.</summary>
    [Theory]
    [InlineData("201", "written")]
    [InlineData("409:BlobAlreadyExists", "existing")]
    [InlineData("412:ConditionNotMet", "existing")]
    [InlineData("412:LeaseIdMissing", "existing")]
    [InlineData("409:BlobImmutableDueToPolicy", "existing")]
    [InlineData("403:UnauthorizedBlobOverwrite", "existing")]
    [InlineData("400:InvalidMetadata 201", "written")]
    [InlineData("431: 201", "written")]
    [InlineData("413:RequestBodyTooLarge 413:RequestBodyTooLarge", "refused")]
    [InlineData("400:InvalidHeaderValue 400:InvalidHeaderValue", "outage")]
    [InlineData("401:NoAuthenticationInformation", "outage")]
    [InlineData("403:AuthorizationPermissionMismatch", "outage")]
    [InlineData("404:ContainerNotFound", "outage")]
    [InlineData("409:ContainerBeingDeleted", "outage")]
    [InlineData("429:TooManyRequests", "outage")]
    [InlineData("503:ServerBusy", "outage")]
    public async Task Each_answer_of_the_store_means_one_thing(string answers, string expected)
    {
        var queue = new Queue<string>(answers.Split(' '));
        var blob = new Mock<BlobClient>();
        blob.Setup(mock => mock.UploadAsync(It.IsAny<BinaryData>(), It.IsAny<BlobUploadOptions>(), It.IsAny<CancellationToken>()))
            .Returns(() => queue.Dequeue().Split(':') is [var status, var code]
                ? throw new RequestFailedException(int.Parse(status, CultureInfo.InvariantCulture), "", code.Length == 0 ? null : code, null)
                : Task.FromResult<Response<BlobContentInfo>>(null!));
        var container = new Mock<BlobContainerClient>();
        container.Setup(mock => mock.GetBlobClient(It.IsAny<string>())).Returns(blob.Object);
        var store = new DeadLetterStore(container.Object);

        string outcome;
        try
        {
            DeadLetterResult result = await store.WriteAsync([DeadLetter.OfRecord(Some.Identity(), "reason", 0, Bytes)], Token);
            outcome = result is { Written: 1 } ? "written" : result is { Existing: 1 } ? "existing" : "refused";
        }
        catch (RequestFailedException)
        {
            outcome = "outage";
        }

        Assert.Equal(expected, outcome);
        Assert.Empty(queue);
    }

    [Theory]
    [InlineData("2026-11-24T23:59", "2026-11-25T02:00", "2026/11/24/23/ 2026/11/25/00/ 2026/11/25/01/")]
    [InlineData("2026-11-25T03:00", "2026-11-28T00:00", "2026/11/25/ 2026/11/26/ 2026/11/27/")]
    [InlineData("2025-12-31T03:00", "2026-03-10T00:00", "2025/12/ 2026/01/ 2026/02/ 2026/03/")]
    [InlineData("2022-12-31T03:00", "2026-03-10T00:00", "2022/ 2023/ 2024/ 2025/ 2026/")]
    [InlineData("9995-12-31T03:00", "9999-12-31T23:59", "9995/ 9996/ 9997/ 9998/")]
    public void A_long_span_is_few_questions(string from, string to, string prefixes) => Assert.Equal(
        prefixes.Split(' '),
        EventBlobName.Prefixes(DateTimeOffset.Parse($"{from}Z", CultureInfo.InvariantCulture), DateTimeOffset.Parse($"{to}Z", CultureInfo.InvariantCulture)));

    [Fact]
    public async Task A_letter_without_its_metadata_is_still_listed_and_read()
    {
        BlobContainerClient container = await account.CreateContainerAsync();
        var letter = DeadLetter.OfRecord(Some.Identity(7, 2), "reason", 0, Bytes);
        await container.UploadBlobAsync(letter.Name, new BinaryData(Bytes), Token);

        StoredDeadLetter stored = Assert.Single(await ListAsync(new DeadLetterStore(container), Some.Time, Some.Time.AddHours(1)));

        Assert.Equal((7, 2, null, null), (stored.SequenceNumber, stored.Record, stored.Reason, stored.Namespace));
    }

    [Fact]
    public async Task Many_letters_are_written_a_bounded_number_at_a_time()
    {
        var counter = new ConcurrencyCounter();
        var options = new BlobClientOptions();
        options.AddPolicy(counter, HttpPipelinePosition.PerCall);
        var store = new DeadLetterStore(await account.CreateContainerAsync(options));

        DeadLetterResult result = await store.WriteAsync(
            [.. Enumerable.Range(0, 500).Select(number => DeadLetter.OfRecord(Some.Identity(number), "reason", 0, Encoding.UTF8.GetBytes($"{number}")))],
            Token);

        Assert.Equal(500, result.Written);
        Assert.InRange(counter.Largest, 2, 8);
        Assert.Equal(500, (await ListAsync(store, Some.Time, Some.Time.AddHours(1))).Count);
    }

    private static async Task<List<StoredDeadLetter>> ListAsync(DeadLetterStore store, DateTimeOffset from, DateTimeOffset to) =>
        await store.ListAsync(from, to, Token).ToListAsync(Token);

    private sealed class ConcurrencyCounter : HttpPipelinePolicy
    {
        private int _now;
        private int _largest;

        public int Largest => _largest;

        public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) => ProcessNext(message, pipeline);

        public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
        {
            int now = Interlocked.Increment(ref _now);
            for (int largest = _largest; now > largest; largest = _largest)
            {
                Interlocked.CompareExchange(ref _largest, now, largest);
            }

            await ProcessNextAsync(message, pipeline);
            Interlocked.Decrement(ref _now);
        }
    }
}
