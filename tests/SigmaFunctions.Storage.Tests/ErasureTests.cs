using System.Collections.Immutable;
using System.IO.Compression;
using System.Text;
using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using SigmaFunctions.Storage.DeadLetters;
using SigmaFunctions.Storage.Detections;
using SigmaFunctions.Storage.Erasing;
using SigmaFunctions.Storage.Model;
using SigmaFunctions.Storage.Verdicts;
using SigmaFunctions.Tests;

namespace SigmaFunctions.Storage.Tests;

/// <summary>Finding and removing what is of a host or user, on a real storage service.</summary>
public sealed class ErasureTests(StorageAccount account) : IAsyncLifetime
{
    private TableClient _table = null!;
    private TableClient _pointers = null!;
    private TableClient _verdicts = null!;
    private BlobContainerClient _originals = null!;
    private BlobContainerClient _letters = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private DetectionTable Table => new(_table, originals: new OriginalStore(_originals), index: new DetectionIndex(_pointers));

    private ImmutableArray<IErasableStore> Stores => PersonalData.Stores(Table, new VerdictStore(_verdicts), new OriginalStore(_originals), new DeadLetterStore(_letters));

    public async ValueTask InitializeAsync()
    {
        _table = await account.CreateTableAsync();
        _pointers = await account.CreateTableAsync();
        _verdicts = await account.CreateTableAsync();
        _originals = await account.CreateContainerAsync();
        _letters = await account.CreateContainerAsync();
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Theory]
    [InlineData("ws01", "WS01", true)]
    [InlineData("WS01", "ws01.corp.example", true)]
    [InlineData("ws01.corp", "ws01.corp.example", true)]
    [InlineData("ws01.corp.example", "ws01.corp.example", true)]
    [InlineData("ws01.corp.example", "ws01", false)]
    [InlineData("ws01", "ws010", false)]
    [InlineData("ws01", "ws01-old", false)]
    [InlineData("ws01", "x.ws01", false)]
    [InlineData("ws01", null, false)]
    public void A_host_is_its_name_up_to_a_dot(string name, string? host, bool isIt) =>
        Assert.Equal(isIt, DataSubject.OfHost(name).Is(host, "ws01"));

    [Theory]
    [InlineData("ann", "ann", true)]
    [InlineData("ann", @"CORP\Ann", true)]
    [InlineData("ann", "ann@corp.example", true)]
    [InlineData("ann", "ann.smith", false)]
    [InlineData("ann", "joann", false)]
    [InlineData("ann", @"ann\bob", false)]
    [InlineData(@"CORP\ann", @"corp\ANN", true)]
    [InlineData(@"CORP\ann", "ann@corp.example", true)]
    [InlineData("ann@corp.example", @"CORP\ann", true)]
    [InlineData("ann@corp.example", @"corp.example\ann", true)]
    [InlineData("ann@corp.example", "ann@other.example", false)]
    [InlineData(@"CORP\ann", @"CORPS\ann", false)]
    [InlineData(@"CORP\ann", "ann", false)]
    [InlineData(@"CORP\ann", null, false)]
    public void A_user_is_an_account_and_a_domain_that_agrees(string name, string? user, bool isIt) =>
        Assert.Equal(isIt, DataSubject.OfUser(name).Is("ann", user));

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("a\nb")]
    [InlineData(@"CORP\")]
    [InlineData(@"\ann")]
    [InlineData("ann@")]
    public void What_is_no_user_is_refused(string name) => Assert.Throws<FormatException>(() => DataSubject.OfUser(name));

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("a.")]
    [InlineData(@"CORP\ws01")]
    [InlineData("a b")]
    public void What_is_no_host_is_refused(string name) => Assert.Throws<FormatException>(() => DataSubject.OfHost(name));

    /// <summary>Names in text are words; escapes of JSON and XML are resolved.</summary>
    [Theory]
    [InlineData("host:ws01", "a ws01.", true)]
    [InlineData("host:ws01", @"\\WS01\c$", true)]
    [InlineData("host:ws01", "ws01.corp.example", true)]
    [InlineData("host:ws01", "\"WS01$\"", true)]
    [InlineData("host:ws01", "ws012 aws01 ws01-x x.ws01", false)]
    [InlineData("host:ws01", "ws012 and ws01", true)]
    [InlineData("user:ann", @"{""User"":""CORP\\ann""}", true)]
    [InlineData("user:ann", @"{""Note"":""a\nann b""}", true)]
    [InlineData("user:ann", @"C:\Users\ann\x.exe", true)]
    [InlineData("user:ann", "by ann. And", true)]
    [InlineData("user:ann", "ann.smith joann annex ann_x", false)]
    [InlineData("user:nadia", @"{""User"":""CORP\\nadia""}", true)]
    [InlineData("user:nadia", @"<User>CORP\nadia</User>", true)]
    [InlineData("user:zoë", @"{""User"":""zo\u00eb""}", true)]
    [InlineData("user:zoë", @"{""raw"":""{\""User\"":\""zo\\u00EB\""}""}", true)]
    [InlineData("user:zoë", "<User>zo&#235;</User>", true)]
    [InlineData("user:zoë", "<User>ZO&#xCB;</User>", true)]
    [InlineData("user:ann", @"{""User"":""\u00ebann""}", false)]
    [InlineData(@"user:CORP\ann", @"{""AccountDomain"":""corp"",""AccountName"":""ann""}", true)]
    [InlineData(@"user:CORP\ann", "ann@corp.example", true)]
    [InlineData("user:ann@corp.example", @"<User>CORP\ann</User>", true)]
    [InlineData(@"user:CORP\ann", @"OTHER\ann", false)]
    public async Task In_text_a_name_is_a_word(string subject, string text, bool isIn)
    {
        DataSubject wanted = Of(subject);

        Assert.Equal(isIn, TextSearch.AreIn(wanted.Words, [text]));
        foreach (byte[] bytes in (byte[][])[Encoding.UTF8.GetBytes(text), Encoding.Unicode.GetBytes(text), [0, .. Encoding.Unicode.GetBytes(text)], Encoding.BigEndianUnicode.GetBytes(text)])
        {
            Assert.Equal(isIn, await IsInAsync(wanted, bytes));
            Assert.Equal(isIn, await IsInAsync(wanted, Gzip(bytes)));
        }
    }

    /// <summary>Long bytes are read in parts; a name is found, and what only looks like one is not, wherever the parts meet.</summary>
    [Theory]
    [InlineData("user:zoë", "\"zo\\u00eb\"", true)]
    [InlineData("user:zoë", "\"zo\\u00eb\\u00eb\"", false)]
    [InlineData("host:ws01", " ws01 ", true)]
    [InlineData("host:ws01", "\\u00ebws01 ", false)]
    [InlineData("host:ws01", "-ws01-", false)]
    public async Task Parts_may_meet_anywhere(string subject, string text, bool isIn)
    {
        byte[] bytes = new byte[3 * 64 * 1024];
        byte[] name = Encoding.UTF8.GetBytes(text);
        foreach (int at in Enumerable.Range(64 * 1024 - 60, 80).Concat(Enumerable.Range(128 * 1024 - 60, 80)))
        {
            bytes.AsSpan().Fill((byte)' ');
            name.CopyTo(bytes.AsSpan(at));
            Assert.True(isIn == await IsInAsync(Of(subject), bytes), $"at {at}");
        }
    }

    [Theory]
    [InlineData(ErasureFinding.Unsearchable, "other", true, 0)]
    [InlineData(ErasureFinding.OfSubject, "ws01", true, 0)]
    [InlineData(ErasureFinding.Other, "other", false, 0)]
    [InlineData(ErasureFinding.Unsearchable, "other", false, 65 * 1024 * 1024)]
    public async Task Packed_bytes_are_searched_as_far_as_they_unpack(ErasureFinding expected, string text, bool isDamaged, int padding)
    {
        byte[] packed = Gzip([.. Encoding.UTF8.GetBytes(text + " "), .. new byte[padding], .. isDamaged ? Noise(200_000) : []]);

        Assert.Equal(expected, await TextSearch.FindAsync(Of("host:ws01").Words, new MemoryStream(isDamaged ? packed[..^5_000] : packed), Token));
    }

    [Fact]
    public async Task What_is_of_a_user_is_found_and_removed_and_nothing_else()
    {
        Detection[] hers = [Detection(1, user: @"CORP\ann"), Detection(2, user: "Ann@corp.example"), Detection(3, user: "ann", original: Large(@"CORP\\ann"))];
        Detection[] others = [Detection(4, user: @"CORP\bob", original: """{"Target":"ann"}"""), Detection(5, user: @"CORP\bob", original: Large("bob")), Detection(6, user: null)];
        await AddAsync([.. hers, .. others]);
        await WriteOrphanAsync(20, "ann");
        await WriteOrphanAsync(21, "bob");
        await WriteLettersAsync((1, "{\"User\":\"ann\""u8.ToArray()), (2, Gzip(Encoding.Unicode.GetBytes("ann"))[..^6]), (3, "bob"u8.ToArray()), (4, [0x1f, 0x8b, 1, 2, 3]));

        ImmutableArray<ErasureResult> dry = await RunAsync("user:ann", removes: false);
        int rowsBefore = (await RowsAsync()).Count;
        ImmutableArray<ErasureResult> real = await RunAsync("user:ann", removes: true);
        ImmutableArray<ErasureResult> again = await RunAsync("user:ann", removes: true);

        Assert.Equal(6, rowsBefore);
        Assert.Equal([(6, 3, 1, 0, 0), (0, 0, 0, 0, 0), (4, 1, 0, 0, 0), (4, 2, 0, 0, 1)], dry.Select(Counts));
        Assert.Equal([(6, 3, 1, 3, 0), (0, 0, 0, 0, 0), (3, 1, 0, 1, 0), (4, 2, 0, 2, 1)], real.Select(Counts));
        Assert.Equal(hers.Select(one => one.Id.Value).Order(), dry[0].Samples.Order());
        Assert.Equal([(3, 0, 0, 0, 0), (0, 0, 0, 0, 0), (2, 0, 0, 0, 0), (2, 0, 0, 0, 1)], again.Select(Counts));
        Assert.Equal(others.Select(one => one.Id.RowKey).Order(), (await RowsAsync()).Select(row => row.RowKey).Order());
        Detection kept = (await Table.FindAsync(others[1].Id, Token))!;
        Assert.Equal(others[1].Original, await Table.ReadOriginalAsync(kept, Token));
    }

    /// <summary>What a correlation detected is of all whom its events are of, and whom its group and values name, whatever is asked for.</summary>
    [Theory]
    [InlineData("user:ann", "group=ann", true)]
    [InlineData("user:ann", @"group=CORP\ANN", true)]
    [InlineData("user:ann", @"group=C:\Users\ann\x.exe", true)]
    [InlineData("user:ann", "group=annex", false)]
    [InlineData("user:zoë", "group=zoë", true)]
    [InlineData("user:zoë", "value=zoë", true)]
    [InlineData("user:ann", "value=bob, value=ann", true)]
    [InlineData("user:ann", @"user=CORP\ann", true)]
    [InlineData("user:ann", "user=annex", false)]
    [InlineData("user:ann", "host=ann", false)]
    [InlineData(@"user:CORP\ann", "group=ann, group=corp", true)]
    [InlineData(@"user:CORP\ann", "group=ann", false)]
    [InlineData("user:ann@corp.example", @"user=CORP\ann", true)]
    [InlineData(@"user:CORP\ann", @"user=OTHER\ann", false)]
    [InlineData("host:ws01", "host=ws01.corp.example", true)]
    [InlineData("host:ws01", "host=ws010", false)]
    [InlineData("host:ws01", "group=WS01.corp.example", true)]
    [InlineData("host:ws01", "user=ws01", false)]
    [InlineData("user:value_count", "group=bob", false)]
    [InlineData("user:Field", "group=bob", false)]
    [InlineData("user:rule", "user=bob", false)]
    [InlineData("host:hub", "host=bob", false)]
    public async Task What_a_correlation_detected_is_of_all_whom_it_names(string subject, string holds, bool isFound)
    {
        string[] texts = holds.Split(", ");
        await AddAsync([Correlated(texts), Detection(1, user: "other") with { Host = "other" }]);

        ImmutableArray<ErasureResult> results = await RunAsync(subject, removes: true);

        Assert.Equal((2, isFound ? 1 : 0), (results[0].LookedAt, results[0].Removed));
        Assert.Equal(isFound ? 1 : 2, (await RowsAsync()).Count);
    }

    [Fact]
    public async Task What_a_correlation_detected_is_looked_through_to_its_last_event_and_where_it_cannot_be_read()
    {
        string[] lengthy = [.. Enumerable.Repeat("user=" + new string('x', 240), 99), "user=ann"];
        await AddAsync([Correlated(lengthy)]);
        TableEntity row = Assert.Single(await RowsAsync());
        Assert.True(row.ContainsKey("CorrelationEvents2"));

        Assert.Equal(1, (await RunAsync("user:ann", removes: false))[0].Found);
        row["CorrelationEvents2"] = "damaged, of ann";
        await _table.UpdateEntityAsync(row, row.ETag, TableUpdateMode.Replace, Token);
        Assert.Equal(0, (await RunAsync("user:bob", removes: false))[0].Found);
        Assert.Equal(1, (await RunAsync("user:ann", removes: true))[0].Removed);
    }

    /// <summary>Its row is not where those of the event are.</summary>
    [Fact]
    public async Task The_original_of_what_a_correlation_detected_stays_with_it()
    {
        Detection correlated = Correlated(["group=bob"]) with { Original = Large("ann") };
        await AddAsync([correlated]);

        Assert.Equal([0, 0, 0, 0], (await RunAsync("user:ann", removes: true)).Select(result => result.Removed));
        Assert.Equal(correlated.Original, await Table.ReadOriginalAsync((await Table.FindAsync(correlated.Id, Token))!, Token));

        ImmutableArray<ErasureResult> results = await RunAsync("user:bob", removes: true);
        Assert.Equal((1, 1), (results[0].Removed, results[0].Blobs));
        Assert.Empty(await _originals.GetBlobsAsync(cancellationToken: Token).ToListAsync(Token));
    }

    [Fact]
    public async Task Pointers_go_with_their_detections()
    {
        await AddAsync([Detection(1, "ann") with { Facts = Some.Facts }, Detection(2, "ann"), Detection(3, "bob") with { Facts = Some.Facts }]);
        Assert.Equal(11, await _pointers.QueryAsync<TableEntity>(cancellationToken: Token).CountAsync(Token));

        Assert.Equal(2, (await RunAsync("user:ann", removes: true))[0].Removed);

        List<TableEntity> left = await _pointers.QueryAsync<TableEntity>(cancellationToken: Token).ToListAsync(Token);
        Assert.Equal(4, left.Count);
        Assert.All(left, row => Assert.EndsWith(Detection(3, "bob").Id.RowKey, row.RowKey, StringComparison.Ordinal));
    }

    /// <summary>A verdict goes with whom its detection is of, whether the detection is still there or not, with all that was decided before.</summary>
    [Theory]
    [InlineData("user:ann", false, "1 5")]
    [InlineData("host:ws02", false, "2")]
    [InlineData("user:cho", false, "6")]
    [InlineData("user:ann", true, "1 3 4 5 7")]
    [InlineData("user:eve", true, "")]
    public async Task A_verdict_is_of_whom_its_detection_is_of(string subject, bool anywhere, string erased)
    {
        (Detection Detection, string[] Reasons)[] judged =
        [
            (Detection(1, @"CORP\ann"), ["known", "so it is"]),
            (Detection(2, "bob") with { Host = "ws02" }, ["known"]),
            (Detection(3, "bob", fields: "runas /user:ann"), ["known"]),
            (Detection(4, "bob", """{"Target":"ann"}"""), ["known"]),
            (Detection(5, "ann", Large("x")) with { OriginalBlob = "blob" }, ["known"]),
            (Correlated(["user=cho"]), ["known"]),
            (Detection(7, "bob"), ["asked ann", "asked again"]),
            (Detection(8, "bob"), ["annex"]),
        ];
        var store = new VerdictStore(_verdicts);
        foreach ((Detection detection, string[] reasons) in judged)
        {
            foreach ((int version, string reason) in reasons.Index())
            {
                Assert.True((await store.SetAsync(new NewVerdict(VerdictKind.Benign, "eve", Some.Time, reason), [new VerdictTarget(detection, version)], Token)).IsSet);
            }
        }

        ErasureResult told = (await RunAsync(subject, removes: false, anywhere))[1];
        ErasureResult result = (await RunAsync(subject, removes: true, anywhere))[1];

        int count = erased.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length;
        Assert.Equal((8, count, 0), (told.LookedAt, told.Found, told.Removed));
        Assert.Equal((8, count, count), (result.LookedAt, result.Found, result.Removed));
        List<TableEntity> left = await _verdicts.QueryAsync<TableEntity>(cancellationToken: Token).ToListAsync(Token);
        Assert.Equal(
            judged.Where((_, index) => !erased.Contains($"{index + 1}", StringComparison.Ordinal)).SelectMany(one => Enumerable.Repeat(one.Detection.Id.RowKey, 1 + one.Reasons.Length)).Order(),
            left.Select(row => row.RowKey[..52]).Order());
    }

    [Fact]
    public async Task After_it_the_name_stands_nowhere()
    {
        await AddAsync(
            [
                Detection(1, user: @"CORP\zoë"), Detection(2, user: "bob", fields: @"runas /user:CORP\zoë"), Detection(3, user: "bob", original: """{"Target":"zo\u00eb"}"""),
                Detection(4, user: "bob", original: Large("zoë")), Detection(5, user: "bob", original: Large("zoë")) with { IsOriginalInBlob = true }, Detection(6, user: "bob"),
            ]);
        await WriteOrphanAsync(20, "zoë");
        await WriteLettersAsync((1, Encoding.BigEndianUnicode.GetBytes("zoë")), (2, "zo\\u00eb {"u8.ToArray()), (3, Gzip(Encoding.UTF8.GetBytes("<a>zo&#235;"))));

        ImmutableArray<ErasureResult> results = await RunAsync("user:zoë", removes: true, anywhere: true);

        Assert.Equal([(6, 5, 2, 5, 0), (0, 0, 0, 0, 0), (1, 1, 0, 1, 0), (3, 3, 0, 3, 0)], results.Select(Counts));
        Assert.Equal(6, Assert.Single(await Table.QueryAsync(DateTimeOffset.MinValue, DateTimeOffset.MaxValue, Token).ToListAsync(Token)).Identity.ByKind(hub => hub.SequenceNumber));
        foreach (string text in await EverythingAsync())
        {
            foreach (string form in (string[])["zoë", "zo\\u00eb", "zo&#235;"])
            {
                Assert.DoesNotContain(form, text, StringComparison.OrdinalIgnoreCase);
            }
        }
    }

    [Fact]
    public async Task A_span_of_time_bounds_it()
    {
        await AddAsync([Detection(1, "ann", days: 0), Detection(2, "ann", days: 1), Detection(3, "ann", days: 2)]);
        await WriteLettersAsync((1, "ann"u8.ToArray()), (2, "ann"u8.ToArray()));

        var search = new ErasureSearch(Of("user:ann"), Some.Time.AddDays(0.5), Some.Time.AddDays(2), Anywhere: false, DateTimeOffset.UtcNow);
        ImmutableArray<ErasureResult> results = await new Erasure(Stores).RunAsync(search, removes: true, Token);

        Assert.Equal([(1, 1, 0, 1, 0), (0, 0, 0, 0, 0), (0, 0, 0, 0, 0), (0, 0, 0, 0, 0)], results.Select(Counts));
        Assert.Equal([1, 3], (await RowsAsync()).Select(row => row.GetInt64("SequenceNumber")!.Value).Order());
    }

    [Fact]
    public async Task Rows_that_are_not_of_a_detection_stay_and_many_go_in_transactions()
    {
        await AddAsync([.. Enumerable.Range(0, 250).Select(number => Detection(number, "ann"))]);
        await _table.AddEntityAsync(new TableEntity(Detection(1, "ann").Id.PartitionKey, "note") { ["User"] = "ann" }, Token);
        var told = new List<ErasureResult>();

        ImmutableArray<ErasureResult> results = await new Erasure(Stores, told.Add).RunAsync(
            new ErasureSearch(Of("user:ann"), DateTimeOffset.MinValue, DateTimeOffset.MaxValue, Anywhere: false, DateTimeOffset.UtcNow), removes: true, Token);

        Assert.Equal((250, 250, 0, 250, 0), Counts(results[0]));
        Assert.Equal((Erasure.MaxSamples, 4), (results[0].Samples.Length, told.Count));
        Assert.Equal("note", Assert.Single(await RowsAsync()).RowKey);
    }

    /// <summary>Others may be held back by an alert that is owed, so its detection stays until it is sent, or nobody will send it any more.</summary>
    [Fact]
    public async Task A_detection_whose_alert_is_owed_stays()
    {
        Detection[] owed = [Detection(1, "ann", original: Large("ann")), Detection(2, "ann")];
        await Table.AddAsync(owed, Token);
        await AddAsync([Detection(3, "ann"), Detection(4, "bob")]);
        await _originals.GetBlobsAsync(cancellationToken: Token).SingleAsync(Token);

        ImmutableArray<ErasureResult> results = await RunAsync("user:ann", removes: true);

        Assert.Equal((2, 1, 1), (results[0].Owed, results[0].Found, results[0].Removed));
        Assert.Equal((1, 0), (results[2].LookedAt, results[2].Found));
        Assert.Equal([1, 2, 4], (await RowsAsync()).Select(row => row.GetInt64("SequenceNumber")!.Value).Order());
        await Table.MarkAsync([new AlertOutcome(owed[0].Id)], Token);
        Assert.Equal(1, (await RunAsync("user:ann", removes: true))[0].Removed);
        var later = new ErasureSearch(Of("user:ann"), DateTimeOffset.MinValue, DateTimeOffset.MaxValue, Anywhere: false, DateTimeOffset.UtcNow.AddDays(9));
        Assert.Equal(1, (await new Erasure(Stores).RunAsync(later, removes: true, Token))[0].Removed);
    }

    /// <summary>Ended in the middle, it goes on the next time; what an earlier run left without its row is found too.</summary>
    [Fact]
    public async Task It_can_be_ended_and_run_again()
    {
        await AddAsync([.. Enumerable.Range(0, 150).Select(number => Detection(number, "ann")), Detection(500, "ann", original: Large("ann"))]);
        using var ended = new CancellationTokenSource();
        IErasableStore first = Stores[0];
        var ending = new Ending(first, ended);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new Erasure([ending]).RunAsync(
            new ErasureSearch(Of("user:ann"), DateTimeOffset.MinValue, DateTimeOffset.MaxValue, Anywhere: false, DateTimeOffset.UtcNow), removes: true, ended.Token));
        Assert.InRange((await RowsAsync()).Count, 1, 150);
        await RunAsync("user:ann", removes: true);

        Assert.Empty(await RowsAsync());
        Assert.Empty(await _originals.GetBlobsAsync(cancellationToken: Token).ToListAsync(Token));
    }

    [Fact]
    public async Task What_is_not_there_is_said_and_stops_nothing()
    {
        await WriteLettersAsync((1, "ann"u8.ToArray()));
        await _table.DeleteAsync(Token);
        await _originals.DeleteAsync(cancellationToken: Token);

        ImmutableArray<ErasureResult> results = await RunAsync("user:ann", removes: true);

        Assert.Equal([true, false, true, false], results.Select(result => result.IsMissing));
        Assert.Equal(1, results[3].Removed);
    }

    private static DataSubject Of(string subject) => subject[..5] == "host:" ? DataSubject.OfHost(subject[5..]) : DataSubject.OfUser(subject[5..]);

    private static (long, long, long, long, long) Counts(ErasureResult result) => (result.LookedAt, result.Found, result.Blobs, result.Removed, result.Unsearchable);

    private static async Task<bool> IsInAsync(DataSubject subject, byte[] bytes) =>
        await TextSearch.FindAsync(subject.Words, new MemoryStream(bytes), Token) == ErasureFinding.OfSubject;

    private static byte[] Gzip(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
        {
            gzip.Write(bytes);
        }

        return packed.ToArray();
    }

    private static byte[] Noise(int length)
    {
        byte[] noise = new byte[length];
        new Random(1).NextBytes(noise);
        return [.. noise.Select(one => (byte)(one | 0x80))];
    }

    private static string Large(string name) => $"{{\"Pad\":\"{new string('x', 300_000)}\",\"Name\":\"{name}\"}}";

    private static Detection Detection(long sequenceNumber, string? user, string original = "{}", string fields = "x", double days = 0) =>
        Some.Detection(Some.Identity(sequenceNumber, enqueued: Some.Time.AddDays(days).AddMilliseconds(sequenceNumber))) with
        {
            User = user,
            Original = original,
            Fields = [new DetectedField("CommandLine", fields)],
        };

    /// <summary>What a correlation detected at an event of nobody.</summary>
    /// <param name="texts">Values of its group (<c>group=</c>), those counted (<c>value=</c>), and hosts and users of its events, one each.</param>
    private static Detection Correlated(string[] texts)
    {
        DetectedEvent one = Some.Correlated(1).Correlation!.Events[0] with { Host = null, User = null };
        return Some.Correlated() with
        {
            Host = null,
            User = null,
            Original = "{}",
            Correlation = Some.Correlated().Correlation! with
            {
                Group = [.. Of("group").Select(value => new DetectedField("Field", value))],
                Values = [.. Of("value")],
                Events = [.. Of("host").Select(host => one with { Host = host }), .. Of("user").Select(user => one with { User = user })],
            },
        };

        IEnumerable<string> Of(string kind) => texts.Where(text => text.StartsWith(kind + "=", StringComparison.Ordinal)).Select(text => text[(kind.Length + 1)..]);
    }

    private Task<ImmutableArray<ErasureResult>> RunAsync(string subject, bool removes, bool anywhere = false) => new Erasure(Stores).RunAsync(
        new ErasureSearch(Of(subject), DateTimeOffset.MinValue, DateTimeOffset.MaxValue, anywhere, DateTimeOffset.UtcNow), removes, Token);

    /// <summary>Records detections and notes that their alerts are sent.</summary>
    private async Task AddAsync(IReadOnlyCollection<Detection> detections)
    {
        await Table.AddAsync(detections, Token);
        await Table.MarkAsync([.. detections.Select(detection => new AlertOutcome(detection.Id))], Token);
    }

    private async Task WriteOrphanAsync(long sequenceNumber, string name)
    {
        Detection detection = Detection(sequenceNumber, "x", Large(name));
        await AddAsync([detection]);
        await _table.DeleteEntityAsync(detection.Id.PartitionKey, detection.Id.RowKey, cancellationToken: Token);
    }

    private Task<DeadLetterResult> WriteLettersAsync(params (long SequenceNumber, byte[] Content)[] letters) => new DeadLetterStore(_letters).WriteAsync(
        [.. letters.Select(letter => DeadLetter.OfRecord(Some.Identity(letter.SequenceNumber), "r", 0, letter.Content))], Token);

    private async Task<List<TableEntity>> RowsAsync() => await _table.QueryAsync<TableEntity>(cancellationToken: Token).ToListAsync(Token);

    /// <summary>All text of the three stores: rows, names and metadata of blobs, and their bytes in each encoding.</summary>
    private async Task<List<string>> EverythingAsync()
    {
        List<string> everything = [.. (await RowsAsync()).Select(row => string.Join('\n', row.Select(property => $"{property.Key}={property.Value}")))];
        foreach (BlobContainerClient container in (BlobContainerClient[])[_originals, _letters])
        {
            await foreach (BlobItem blob in container.GetBlobsAsync(BlobTraits.Metadata, BlobStates.All, null, Token))
            {
                byte[] bytes = (await container.GetBlobClient(blob.Name).DownloadContentAsync(Token)).Value.Content.ToArray();
                everything.AddRange([$"{blob.Name} {string.Join(' ', blob.Metadata.Values)}", Encoding.UTF8.GetString(bytes), Encoding.Unicode.GetString(bytes), Encoding.BigEndianUnicode.GetString(bytes)]);
            }
        }

        return everything;
    }

    /// <summary>Ends the run once something was removed.</summary>
    private sealed class Ending(IErasableStore inner, CancellationTokenSource ended) : IErasableStore
    {
        public string Name => inner.Name;

        public IAsyncEnumerable<ErasureItem> LookAsync(ErasureSearch search, CancellationToken cancellationToken) => inner.LookAsync(search, cancellationToken);

        public async Task<int> RemoveAsync(IReadOnlyList<ErasureItem> found, CancellationToken cancellationToken)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int removed = await inner.RemoveAsync(found, cancellationToken);
            await ended.CancelAsync();
            return removed;
        }
    }
}
