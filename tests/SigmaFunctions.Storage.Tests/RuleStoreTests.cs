using System.Text;
using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Storage.Blobs;
using Microsoft.Extensions.Time.Testing;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.Packing;
using SigmaFunctions.Storage.Rules;
using SigmaFunctions.Tests;

namespace SigmaFunctions.Storage.Tests;

/// <summary>The container of rules.</summary>
public sealed class RuleStoreTests(StorageAccount account)
{
    private static readonly RuleFile[] Files = [new("windows/a.yml", "a"), new("b.yml", "b")];

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 26, 10, 0, 0, 500, TimeSpan.Zero));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Blobs_of_rules_are_read_in_whatever_folder_and_archive_they_are()
    {
        BlobContainerClient container = await account.CreateContainerAsync();
        RuleStore store = new(container, _clock);
        RuleStoreVersion empty = await store.GetVersionAsync(Token);
        await PutAsync(container, "windows/a.yml", "a");
        await PutAsync(container, "overrides.yml", "o");
        await PutAsync(container, "placeholders.yml", "p");
        await PutAsync(container, "deep/overrides.yml", "no overrides");
        await PutAsync(container, "a.test.yml", "t");
        await PutAsync(container, "README.md", "r");
        await container.UploadBlobAsync("sigma.zip", BinaryData.FromBytes(RuleArchive.Write([new("rules/b.yml", "b"), new("version.txt", "1")])), Token);

        RuleStoreVersion version = await store.GetVersionAsync(Token);
        RuleStoreContent content = await store.ReadAsync(version, withRules: true, Token);
        RuleStoreContent extras = await store.ReadAsync(version, withRules: false, Token);

        Assert.NotEqual(empty.Key, version.Key);
        Assert.Null(version.Set);
        Assert.Equal(
            [new("deep/overrides.yml", "no overrides"), new("sigma.zip/rules/b.yml", "b"), new RuleFile("windows/a.yml", "a")],
            content.Files.OrderBy(file => file.Path, StringComparer.Ordinal));
        Assert.Equal(("o", "p"), (content.Overrides?.Text, content.Placeholders?.Text));
        Assert.Equal(("o", "p", 0), (extras.Overrides?.Text, extras.Placeholders?.Text, extras.Files.Length));
    }

    /// <summary>Whoever may write into the container: what is too large is not read, not even in part.</summary>
    [Theory]
    [InlineData("sets/20261126T100000Z-0123456789abcdef.zip", RuleStore.MaxBlobSize, "is larger than 64 MiB")]
    [InlineData("sets/current.json", 4 * 1024, "is larger than 4 KiB")]
    [InlineData("packs/00", RulePack.MaxSize, null)]
    public async Task What_is_too_large_is_not_read(string name, int maximum, string? reason)
    {
        var reads = new ReadBytes();
        var options = new BlobClientOptions();
        options.AddPolicy(reads, HttpPipelinePosition.BeforeTransport);
        BlobContainerClient container = await account.CreateContainerAsync(options);
        RuleStore store = new(container, _clock);
        bool isPack = reason is null;
        await container.UploadBlobAsync(isPack ? $"{name}-{RulePack.Build}{RulePack.Extension}" : name, new MemoryStream(new byte[maximum + 1]), Token);
        if (name.EndsWith(".zip", StringComparison.Ordinal))
        {
            await PutAsync(container, "sets/current.json", $$"""{"set":"{{name}}"}""");
        }

        if (isPack)
        {
            Assert.Null(await store.ReadPackAsync("00", Token));
        }
        else
        {
            Exception error = await Assert.ThrowsAsync<InvalidDataException>(async () => await store.ReadAsync(await store.GetVersionAsync(Token), withRules: true, Token));
            Assert.Contains(reason!, error.Message, StringComparison.Ordinal);
        }
        Assert.InRange(reads.Count, 0, 4 * 1024);
    }

    [Fact]
    public async Task A_version_changes_with_any_blob_of_rules_and_with_nothing_else()
    {
        BlobContainerClient container = await account.CreateContainerAsync();
        RuleStore store = new(container, _clock);
        await PutAsync(container, "a.yml", "a");
        string first = (await store.GetVersionAsync(Token)).Key;

        await PutAsync(container, "notes.txt", "x");
        await store.WritePackAsync("00", [1], Token);
        Assert.Equal(first, (await store.GetVersionAsync(Token)).Key);
        await PutAsync(container, "a.yml", "b");
        string second = (await store.GetVersionAsync(Token)).Key;
        await container.DeleteBlobAsync("a.yml", cancellationToken: Token);

        Assert.Equal(3, new[] { first, second, (await store.GetVersionAsync(Token)).Key }.Distinct().Count());
    }

    [Fact]
    public async Task A_blob_that_changes_while_rules_are_read_is_not_mixed_with_the_others()
    {
        BlobContainerClient container = await account.CreateContainerAsync();
        RuleStore store = new(container, _clock);
        await PutAsync(container, "a.yml", "a");
        RuleStoreVersion version = await store.GetVersionAsync(Token);
        await PutAsync(container, "a.yml", "b");

        Assert.Equal(412, (await Assert.ThrowsAsync<RequestFailedException>(() => store.ReadAsync(version, withRules: true, Token))).Status);
    }

    [Fact]
    public async Task A_pushed_set_counts_as_a_whole_until_another_does()
    {
        BlobContainerClient container = await account.CreateContainerAsync();
        RuleStore store = new(container, _clock);
        await PutAsync(container, "loose.yml", "l");
        PushedRuleSet first = await store.PushAsync(Files, new RuleFile("/tmp/my.yml", "o"), null, 2, Token);
        _clock.Advance(TimeSpan.FromMinutes(1));
        PushedRuleSet second = await store.PushAsync(Files[..1], null, new RuleFile("x", "p"), 1, Token);

        Assert.Matches("^sets/20261126T100000Z-[0-9a-f]{16}\\.zip$", first.Name);
        Assert.Equal([second, first], await store.ListSetsAsync(Token));
        Assert.Equal(second.Name, await store.GetCurrentAsync(Token));
        RuleStoreVersion version = await store.GetVersionAsync(Token);
        Assert.Equal((RuleStore.VersionOf(second.Name).Key, second.Name), (version.Key, version.Set));
        RuleStoreContent content = await store.ReadAsync(version, withRules: true, Token);
        Assert.Equal(("windows/a.yml", null, "p"), (Assert.Single(content.Files).Path, content.Overrides, content.Placeholders?.Text));

        RuleStoreContent extras = await store.ReadAsync(version, withRules: false, Token);
        Assert.Equal((0, null, "p"), (extras.Files.Length, extras.Overrides, extras.Placeholders?.Text));

        Assert.True(await store.TryPointAsync(first.Name, Token));
        content = await store.ReadAsync(await store.GetVersionAsync(Token), withRules: true, Token);
        Assert.Equal(["b.yml", "windows/a.yml"], content.Files.Select(file => file.Path));
        Assert.Equal("o", content.Overrides?.Text);
    }

    [Theory]
    [InlineData("sets/20261126T100000Z-0123456789abcdef.zip")]
    [InlineData("loose.zip")]
    [InlineData("sets/../loose.zip")]
    public async Task Only_a_pushed_set_can_be_made_to_count(string name)
    {
        BlobContainerClient container = await account.CreateContainerAsync();
        await PutAsync(container, "loose.zip", "l");

        Assert.False(await new RuleStore(container).TryPointAsync(name, Token));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{\"set\":1}")]
    [InlineData("{\"set\":\"loose.zip\"}")]
    [InlineData("{\"set\":\"sets/20261399T100000Z-0123456789abcdef.zip\"}")]
    public async Task What_names_no_set_is_told(string pointer)
    {
        BlobContainerClient container = await account.CreateContainerAsync();
        await PutAsync(container, "sets/current.json", pointer);

        InvalidDataException exception = await Assert.ThrowsAsync<InvalidDataException>(() => new RuleStore(container).GetVersionAsync(Token));

        Assert.Equal("The blob 'sets/current.json' does not name a set of rules: push or roll back again.", exception.Message);
    }

    [Fact]
    public async Task A_damaged_archive_is_named()
    {
        BlobContainerClient container = await account.CreateContainerAsync();
        RuleStore store = new(container);
        await PutAsync(container, "sigma.zip", "no zip");

        InvalidDataException exception = await Assert.ThrowsAsync<InvalidDataException>(async () => await store.ReadAsync(await store.GetVersionAsync(Token), withRules: true, Token));

        Assert.StartsWith("The archive 'sigma.zip' cannot be read: it is damaged, or no zip archive (", exception.Message);
    }

    [Fact]
    public async Task Packs_are_kept_by_key_and_old_ones_removed()
    {
        BlobContainerClient container = await account.CreateContainerAsync();
        BlobContainerClient compiled = await account.CreateContainerAsync();
        RuleStore store = new(container, _clock, compiled);
        Assert.Null(await store.ReadPackAsync("0a", Token));
        _clock.SetUtcNow(DateTimeOffset.UtcNow);
        await store.WritePackAsync("0a", [1, 2], Token);
        await store.WritePackAsync("0b", [3], Token);
        Assert.Equal([1, 2], await store.ReadPackAsync("0a", Token));

        _clock.Advance(RuleStore.PackRetention + TimeSpan.FromMinutes(1));
        await store.WritePackAsync("0c", [4], Token);

        Assert.Null(await store.ReadPackAsync("0a", Token));
        Assert.Null(await store.ReadPackAsync("0b", Token));
        Assert.Empty(await container.GetBlobsAsync(cancellationToken: Token).ToListAsync(Token));
        await compiled.DeleteAsync(cancellationToken: Token);
        Assert.Null(await store.ReadPackAsync("0c", Token));
    }

    [Fact]
    public async Task What_apps_say_of_rules_is_read_newest_first()
    {
        var table = new RuleSetTable(await account.CreateTableAsync());
        DateTimeOffset now = _clock.GetUtcNow();
        var loaded = new RuleSetReport("0a", now) { Set = "sets/x.zip", Revision = "r", Rules = 3, Rejected = 2, Rejections = ["a\u0001", "b"] };
        var broken = new RuleSetReport("0b", now.AddMinutes(1)) { Broken = new string('x', 100_000) };
        var many = new RuleSetReport("0c", now.AddMinutes(2)) { Rejected = 10_000, Rejections = [.. Enumerable.Repeat("\u0001é", 10_000)] };

        await table.WriteAsync(loaded with { Rules = 1 }, Token);
        await table.WriteAsync(loaded, Token);
        await table.WriteAsync(broken, Token);
        await table.WriteAsync(many, Token);

        IReadOnlyList<RuleSetReport> reports = await table.ListAsync(Token);
        Assert.Equal(["0c", "0b", "0a"], reports.Select(report => report.Key));
        Assert.InRange(reports[0].Rejections.Length, 1_000, 5_000);
        Assert.EndsWith("…[truncated]", reports[1].Broken);
        Assert.Equal((loaded.Set, "r", 3, 2, null), (reports[2].Set, reports[2].Revision, reports[2].Rules, reports[2].Rejected, reports[2].Broken));
        Assert.Equal(loaded.Rejections, reports[2].Rejections);
    }

    private static async Task PutAsync(BlobContainerClient container, string name, string text) =>
        await container.GetBlobClient(name).UploadAsync(BinaryData.FromBytes(Encoding.UTF8.GetBytes(text)), overwrite: true, Token);

    /// <summary>Counts the bytes that are read of all answers.</summary>
    private sealed class ReadBytes : HttpPipelineSynchronousPolicy
    {
        private long _count;

        public long Count => Interlocked.Read(ref _count);

        public override void OnReceivedResponse(HttpMessage message)
        {
            if (message.Response.ContentStream is { } content)
            {
                message.Response.ContentStream = new Counted(content, read => Interlocked.Add(ref _count, read));
            }
        }

        private sealed class Counted(Stream inner, Action<int> read) : Stream
        {
            public override bool CanRead => true;

            public override bool CanSeek => false;

            public override bool CanWrite => false;

            public override long Length => throw new NotSupportedException();

            public override long Position
            {
                get => throw new NotSupportedException();
                set => throw new NotSupportedException();
            }

            public override int Read(byte[] buffer, int offset, int count) => Tell(inner.Read(buffer, offset, count));

            public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
                Tell(await inner.ReadAsync(buffer, cancellationToken));

            public override void Flush()
            {
            }

            public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

            public override void SetLength(long value) => throw new NotSupportedException();

            public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

            protected override void Dispose(bool disposing)
            {
                if (disposing)
                {
                    inner.Dispose();
                }

                base.Dispose(disposing);
            }

            private int Tell(int count)
            {
                read(count);
                return count;
            }
        }
    }
}
