using Azure;
using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Moq;
using SigmaFunctions.Storage.Detections;
using SigmaFunctions.Storage.Model;
using SigmaFunctions.Tests;

namespace SigmaFunctions.Storage.Tests;

public sealed class OriginalStoreTests(StorageAccount account)
{
    private static readonly string Large = "{\"a\":\"\0" + string.Concat(Enumerable.Repeat("😀", 200_000)) + "\"}";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_record_that_no_row_holds_is_one_blob_for_all_of_its_rules_and_is_read_whole()
    {
        BlobContainerClient container = await account.CreateContainerAsync();
        var table = new DetectionTable(await account.CreateTableAsync(), originals: new OriginalStore(container));
        Detection[] detections =
        [
            Some.Detection(ruleId: "one") with { Original = Large },
            Some.Detection(ruleId: "two") with { Original = Large },
            Some.Detection(Some.Identity(8)),
        ];

        IReadOnlyList<Detection> added = (await table.AddAsync(detections, Token)).Owed;
        await table.AddAsync(detections, Token);

        string blob = Assert.Single(await container.GetBlobsAsync(cancellationToken: Token).ToListAsync(Token)).Name;
        Assert.Equal([blob, blob, null], added.Select(detection => detection.OriginalBlob));
        Detection read = (await table.FindAsync(detections[1].Id, Token))!;
        Assert.Equal((blob, true), (read.OriginalBlob, read.OriginalTruncated));
        Assert.StartsWith("{\"a\":", read.Original);
        Assert.EndsWith("…[truncated]", read.Original);
        Assert.Equal(Large, await table.ReadOriginalAsync(read, Token));
        Detection small = (await table.FindAsync(detections[2].Id, Token))!;
        Assert.Equal((null, false), (small.OriginalBlob, small.OriginalTruncated));
        Assert.Equal(detections[2].Original, await table.ReadOriginalAsync(small, Token));
    }

    [Fact]
    public async Task An_original_that_is_to_be_in_a_blob_is_there_and_its_row_holds_the_beginning()
    {
        BlobContainerClient container = await account.CreateContainerAsync();
        var table = new DetectionTable(await account.CreateTableAsync(), originals: new OriginalStore(container));
        Detection detection = Some.Detection() with { Original = new string('x', 5_000), IsOriginalInBlob = true };
        Detection brief = Some.Detection(Some.Identity(8)) with { Original = new string('x', 1_024), IsOriginalInBlob = true };

        await table.AddAsync([detection, brief], Token);

        Detection read = (await table.FindAsync(detection.Id, Token))!;
        Assert.Equal((1_024, true), (read.Original.Length, read.OriginalTruncated));
        Assert.EndsWith("…[truncated]", read.Original);
        Assert.Equal(detection.Original, await table.ReadOriginalAsync(read, Token));
        Assert.Single(await container.GetBlobsAsync(cancellationToken: Token).ToListAsync(Token));
        Assert.Equal((brief.Original, false), ((await table.FindAsync(brief.Id, Token))!.Original, (await table.FindAsync(brief.Id, Token))!.OriginalTruncated));
    }

    [Fact]
    public async Task What_a_row_holds_touches_no_container()
    {
        var table = new DetectionTable(
            await account.CreateTableAsync(), originals: new OriginalStore(new Mock<BlobContainerClient>(MockBehavior.Strict).Object));

        Assert.Single((await table.AddAsync([Some.Detection() with { Original = new string('x', 256_000) }], Token)).Owed);
    }

    [Fact]
    public async Task A_blob_that_is_gone_leaves_what_the_row_has()
    {
        BlobContainerClient container = await account.CreateContainerAsync();
        var table = new DetectionTable(await account.CreateTableAsync(), originals: new OriginalStore(container));
        Detection detection = Some.Detection() with { Original = Large };
        await table.AddAsync([detection], Token);
        Detection read = (await table.FindAsync(detection.Id, Token))!;
        await container.DeleteBlobAsync(read.OriginalBlob, cancellationToken: Token);

        Assert.Equal(read.Original, await table.ReadOriginalAsync(read, Token));
    }

    [Fact]
    public async Task A_container_that_is_out_of_reach_is_thrown_before_any_row()
    {
        TableClient client = await account.CreateTableAsync();
        var table = new DetectionTable(client, originals: new OriginalStore(new BlobContainerClient(account.ConnectionString, "missing")));

        await Assert.ThrowsAsync<RequestFailedException>(
            () => table.AddAsync([Some.Detection(Some.Identity(1)), Some.Detection() with { Original = Large }], Token));

        Assert.Empty(await client.QueryAsync<TableEntity>(cancellationToken: Token).ToListAsync(Token));
    }

    [Fact]
    public async Task A_record_that_the_container_does_not_take_is_cut_and_blocks_nothing()
    {
        var blob = new Mock<BlobClient>();
        blob.Setup(mock => mock.UploadAsync(
                It.IsAny<BinaryData>(), It.IsAny<Azure.Storage.Blobs.Models.BlobUploadOptions>(), It.IsAny<CancellationToken>()))
            .ThrowsAsync(new RequestFailedException(413, "", "RequestBodyTooLarge", null));
        var container = new Mock<BlobContainerClient>();
        container.Setup(mock => mock.GetBlobClient(It.IsAny<string>())).Returns(blob.Object);
        var table = new DetectionTable(await account.CreateTableAsync(), originals: new OriginalStore(container.Object));
        Detection detection = Some.Detection() with { Original = Large };

        await table.AddAsync([detection], Token);

        Detection read = (await table.FindAsync(detection.Id, Token))!;
        Assert.Equal((null, true), (read.OriginalBlob, read.OriginalTruncated));
    }
}
