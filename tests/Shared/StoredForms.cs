using System.Globalization;
using System.IO.Compression;
using System.Reflection;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Queues;

namespace SigmaFunctions.Tests;

/// <summary>
/// What versions of the app leave in a storage account, as files: a folder for each version that changed something, a file for each table, container
/// or queue (tests/SigmaFunctions.Storage.Tests/Fixtures/README.md). Rows are written as the service's JSON with types, without what it adds itself.
/// </summary>
public static partial class StoredForms
{
    private const string TypeSuffix = "@odata.type";
    private const string FolderPrefix = "v";

    private static readonly JsonSerializerOptions Readable =
        new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, NewLine = "\n" };

    private static string Root { get; } = typeof(StoredForms).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == "StoredForms").Value!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>The versions that have a file of this name, the oldest first.</summary>
    public static TheoryData<string> Versions(string file) => [.. Find(file)];

    /// <summary>The newest version that has a file of this name; null where none has.</summary>
    public static string? Newest(string file) => Find(file).LastOrDefault();

    /// <summary>The text of a file.</summary>
    public static string Read(string version, string file) => File.ReadAllText(Path.Combine(Root, version, file));

    /// <summary>Keeps what is written now as that of a version, where it differs from what the newest one wrote.</summary>
    public static void Keep(string version, string file, string text)
    {
        if (Newest(file) is { } newest && Comparable(Read(newest, file)) == Comparable(text))
        {
            return;
        }

        Directory.CreateDirectory(Path.Combine(Root, version));
        File.WriteAllText(Path.Combine(Root, version, file), text);
    }

    /// <summary>The text without what may differ between equal contents: how an archive is compressed, and the hash of that.</summary>
    public static string Comparable(string text)
    {
        if (text.StartsWith('['))
        {
            JsonArray items = JsonNode.Parse(text)!.AsArray();
            foreach (JsonObject item in items.Select(item => item!.AsObject()).Where(item => item.ContainsKey("files")))
            {
                item.Remove("base64");
            }

            text = Text(items);
        }
        return HashOfSet().Replace(text, "0000000000000000");
    }

    /// <summary>What a table holds.</summary>
    public static async Task<string> DumpAsync(TableClient table)
    {
        var rows = new JsonArray();
        await foreach (TableEntity row in table.QueryAsync<TableEntity>(cancellationToken: Token))
        {
            rows.Add(ToJson(row));
        }

        return Text(rows);
    }

    /// <summary>What a container holds.</summary>
    public static async Task<string> DumpAsync(BlobContainerClient container, string prefix = "")
    {
        var blobs = new JsonArray();
        await foreach (BlobItem blob in container.GetBlobsAsync(new GetBlobsOptions { Traits = BlobTraits.Metadata, Prefix = prefix }, Token))
        {
            BlobDownloadResult content = await container.GetBlobClient(blob.Name).DownloadContentAsync(Token);
            var json = new JsonObject { ["name"] = blob.Name, ["contentType"] = content.Details.ContentType };
            if (content.Details.ContentDisposition is { Length: > 0 } disposition)
            {
                json["contentDisposition"] = disposition;
            }

            json["metadata"] = new JsonObject(
                blob.Metadata.OrderBy(item => item.Key, StringComparer.Ordinal).Select(item => KeyValuePair.Create(item.Key, (JsonNode?)item.Value)));
            byte[] bytes = content.Content.ToArray();
            if (blob.Name.EndsWith(".zip", StringComparison.Ordinal))
            {
                json["files"] = Unpack(bytes);
            }

            if (json["files"] is null && IsText(bytes))
            {
                json["text"] = Encoding.UTF8.GetString(bytes);
            }
            else
            {
                json["base64"] = Convert.ToBase64String(bytes);
            }

            blobs.Add((JsonNode)json);
        }
        return Text(blobs);
    }

    /// <summary>Takes what a queue holds, which must have been sent one by one: a message a line, in their order.</summary>
    public static async Task<string> TakeAsync(QueueClient queue)
    {
        var lines = new StringBuilder();
        while ((await queue.ReceiveMessagesAsync(1, TimeSpan.FromHours(1), Token)).Value is [var message])
        {
            lines.Append(message.Body).Append('\n');
        }

        return lines.ToString();
    }

    /// <summary>The rows of a version.</summary>
    public static IEnumerable<TableEntity> ReadRows(string version, string file) => Items(version, file).Select(ToRow);

    /// <summary>The messages of a version, without the encoding of the queue.</summary>
    public static string[] ReadMessages(string version, string file) => Read(version, file).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Puts the rows of a version into a table.</summary>
    public static async Task RestoreAsync(string version, string file, TableClient table)
    {
        foreach (TableEntity row in ReadRows(version, file))
        {
            await table.AddEntityAsync(row, Token);
        }
    }

    /// <summary>Puts the blobs of a version into a container.</summary>
    public static async Task RestoreAsync(string version, string file, BlobContainerClient container)
    {
        foreach (JsonObject blob in Items(version, file))
        {
            byte[] content = blob["base64"] is { } base64 ? Convert.FromBase64String((string)base64!) : Encoding.UTF8.GetBytes((string)blob["text"]!);
            var options = new BlobUploadOptions
            {
                HttpHeaders = new BlobHttpHeaders { ContentType = (string)blob["contentType"]!, ContentDisposition = (string?)blob["contentDisposition"] },
                Metadata = blob["metadata"]!.AsObject().ToDictionary(item => item.Key, item => (string)item.Value!),
            };
            await container.GetBlobClient((string)blob["name"]!).UploadAsync(BinaryData.FromBytes(content), options, Token);
        }
    }

    /// <summary>Puts the messages of a version on a queue, encoded as deployments have them.</summary>
    /// <param name="version">Version.</param>
    /// <param name="file">File.</param>
    /// <param name="queue">A queue of whatever encoding.</param>
    /// <param name="account">Connection string of its account.</param>
    public static async Task RestoreAsync(string version, string file, QueueClient queue, string account)
    {
        var raw = new QueueClient(account, queue.Name);
        foreach (string message in ReadMessages(version, file))
        {
            await raw.SendMessageAsync(Convert.ToBase64String(Encoding.UTF8.GetBytes(message)), Token);
        }
    }

    private static IEnumerable<string> Find(string file) => Directory.GetDirectories(Root)
        .Where(folder => File.Exists(Path.Combine(folder, file)))
        .Select(folder => Path.GetFileName(folder))
        .OrderBy(version => int.Parse(version[FolderPrefix.Length..], CultureInfo.InvariantCulture));

    private static IEnumerable<JsonObject> Items(string version, string file) =>
        JsonNode.Parse(Read(version, file))!.AsArray().Select(item => item!.AsObject());

    private static string Text(JsonArray items) => items.ToJsonString(Readable) + "\n";

    private static JsonObject ToJson(TableEntity row)
    {
        var json = new JsonObject { ["PartitionKey"] = row.PartitionKey, ["RowKey"] = row.RowKey };
        foreach ((string name, object value) in row.OrderBy(property => property.Key, StringComparer.Ordinal))
        {
            if (json.ContainsKey(name) || name is "odata.etag" or "Timestamp")
            {
                continue;
            }

            (string? type, JsonNode written) = value switch
            {
                string text => ((string?)null, (JsonNode)text),
                int number => (null, number),
                bool flag => (null, flag),
                long number => ("Edm.Int64", number.ToString(CultureInfo.InvariantCulture)),
                byte[] bytes => ("Edm.Binary", Convert.ToBase64String(bytes)),
                DateTimeOffset time => ("Edm.DateTime", time.UtcDateTime.ToString("O", CultureInfo.InvariantCulture)),
                _ => throw new NotSupportedException($"{name} is {value.GetType()}"),
            };
            if (type is not null)
            {
                json[name + TypeSuffix] = type;
            }

            json[name] = written;
        }
        return json;
    }

    private static TableEntity ToRow(JsonObject json)
    {
        var row = new TableEntity();
        foreach ((string name, JsonNode? value) in json)
        {
            if (name.EndsWith(TypeSuffix, StringComparison.Ordinal))
            {
                continue;
            }

            row[name] = (string?)json[name + TypeSuffix] switch
            {
                "Edm.Int64" => long.Parse((string)value!, CultureInfo.InvariantCulture),
                "Edm.Binary" => Convert.FromBase64String((string)value!),
                "Edm.DateTime" => DateTimeOffset.Parse((string)value!, CultureInfo.InvariantCulture),
                null => value!.GetValueKind() switch
                {
                    JsonValueKind.String => (string)value!,
                    JsonValueKind.Number => (int)value!,
                    JsonValueKind.True or JsonValueKind.False => (bool)value!,
                    var kind => throw new NotSupportedException($"{name} is {kind}"),
                },
                var type => throw new NotSupportedException($"{name} is {type}"),
            };
        }
        return row;
    }

    private static JsonObject Unpack(byte[] archive)
    {
        using var zip = new ZipArchive(new MemoryStream(archive));
        var files = new JsonObject();
        foreach (ZipArchiveEntry entry in zip.Entries)
        {
            using var reader = new StreamReader(entry.Open());
            files[entry.FullName] = reader.ReadToEnd();
        }
        return files;
    }

    private static bool IsText(byte[] bytes)
    {
        try
        {
            string text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes);
            return text.All(character => !char.IsControl(character) || character is '\n' or '\t');
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
    }

    [GeneratedRegex(@"(?<=sets/\d{8}T\d{6}Z-)[0-9a-f]{16}(?=\.zip)")]
    private static partial Regex HashOfSet();
}
