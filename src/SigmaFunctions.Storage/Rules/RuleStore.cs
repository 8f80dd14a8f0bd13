using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.Packing;
using SigmaFunctions.Engine.Rules;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Storage.Accounts;

namespace SigmaFunctions.Storage.Rules;

/// <summary>
/// The blob container of rules. Either it holds sets that were pushed whole (<c>sets/*.zip</c>, of which <c>sets/current.json</c> names the one that
/// counts), or rules as people put them there: <c>*.yml</c> and <c>*.yaml</c> in any folder, and <c>*.zip</c> such as the releases of SigmaHQ. Beside rules
/// there may be <c>overrides.yml</c> (<see cref="RuleOverrides"/>) and <c>placeholders.yml</c> (<see cref="PlaceholderFile"/>), at the top of the container or of a pushed set.
/// What the app compiled of them it keeps in a container of its own, below <c>packs/</c>: it need not write where rules are. Versions before that kept it
/// below <c>packs/</c> beside the rules, where it is passed over.
/// </summary>
public sealed class RuleStore
{
    /// <summary>Name of the container that deployments create.</summary>
    public const string DefaultName = "rules";

    /// <summary>Name of the container of what was compiled that deployments create.</summary>
    public const string DefaultCompiledName = "compiled-rules";

    /// <summary>Most bytes of one blob of rules.</summary>
    public const int MaxBlobSize = 64 * 1024 * 1024;

    /// <summary>Most bytes of all blobs of rules.</summary>
    public const int MaxSize = 256 * 1024 * 1024;

    /// <summary>Most blobs of rules; more belong into an archive.</summary>
    public const int MaxBlobs = 20_000;

    /// <summary>Most blobs of any kind that are looked through for rules.</summary>
    public const int MaxListed = 100_000;

    /// <summary>Age from which a pack is removed when another is written: what still counts is compiled again.</summary>
    public static readonly TimeSpan PackRetention = TimeSpan.FromDays(30);

    private const string SetFolder = "sets/";
    private const string Pointer = SetFolder + "current.json";
    private const string PackFolder = "packs/";
    private const string TimeFormat = "yyyyMMdd'T'HHmmss'Z'";
    private const string RulesMetadata = "rules";
    private const string SetProperty = "set";
    private const int MaxPointerSize = 4 * 1024;

    private readonly BlobContainerClient _container;
    private readonly BlobContainerClient _compiled;
    private readonly TimeProvider _timeProvider;

    /// <summary>Uses a container that exists.</summary>
    /// <param name="container">The container.</param>
    /// <param name="timeProvider">Clock of the names of pushed sets; the system's where none is given.</param>
    /// <param name="compiled">The container of what was compiled; <paramref name="container"/> where none is given.</param>
    public RuleStore(BlobContainerClient container, TimeProvider? timeProvider = null, BlobContainerClient? compiled = null)
    {
        ArgumentNullException.ThrowIfNull(container);
        _container = container;
        _compiled = compiled ?? container;
        _timeProvider = timeProvider ?? TimeProvider.System;
    }

    /// <summary>Name of the container.</summary>
    public string Name => _container.Name;

    /// <summary>Name of the container of what was compiled.</summary>
    public string CompiledName => _compiled.Name;

    /// <summary>Creates the containers where there are none.</summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public async Task CreateIfNotExistsAsync(CancellationToken cancellationToken)
    {
        await _container.CreateIfNotExistsAsync(cancellationToken: cancellationToken);
        await _compiled.CreateIfNotExistsAsync(cancellationToken: cancellationToken);
    }

    /// <summary>Which rules count now: one request where a set was pushed, else a listing.</summary>
    /// <exception cref="InvalidDataException">The container is not as it should be; the message says where and why.</exception>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public async Task<RuleStoreVersion> GetVersionAsync(CancellationToken cancellationToken)
    {
        if (await GetCurrentAsync(cancellationToken) is { } current)
        {
            return VersionOf(current);
        }

        ImmutableArray<RuleBlob>.Builder blobs = ImmutableArray.CreateBuilder<RuleBlob>();
        int listed = 0;
        await foreach (BlobItem blob in ListAsync("", cancellationToken))
        {
            if (++listed > MaxListed)
            {
                throw new InvalidDataException($"The container '{Name}' holds more than {MaxListed} blobs: rules need a container of their own.");
            }

            if (blob.Name.StartsWith(SetFolder, StringComparison.Ordinal) || blob.Name.StartsWith(PackFolder, StringComparison.Ordinal) || !IsRules(blob.Name))
            {
                continue;
            }

            if (blobs.Count == MaxBlobs)
            {
                throw new InvalidDataException($"The container '{Name}' holds more than {MaxBlobs} blobs of rules: put them into a zip archive.");
            }

            blobs.Add(new RuleBlob(blob.Name, blob.Properties.ETag!.Value, blob.Properties.ContentLength ?? 0));
        }
        return new RuleStoreVersion(
            KeyOf(blobs.OrderBy(blob => blob.Name, StringComparer.Ordinal).Select(blob => $"{blob.Name}\n{blob.ETag}\n")), null, blobs.ToImmutable());
    }

    /// <summary>The version that a pushed set is.</summary>
    /// <param name="set">Its name (<see cref="PushedRuleSet.Name"/>).</param>
    public static RuleStoreVersion VersionOf(string set) => new(KeyOf([set]), set, []);

    /// <summary>Reads what a version holds.</summary>
    /// <param name="version">The version.</param>
    /// <param name="withRules">Whether the rules are wanted, and not only what stands beside them.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="InvalidDataException">A blob is damaged, too large or no longer there; the message names it.</exception>
    /// <exception cref="RequestFailedException">The store could not be reached or refused; status 412: a blob has changed since.</exception>
    public async Task<RuleStoreContent> ReadAsync(RuleStoreVersion version, bool withRules, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(version);
        if (version.Set is { } set)
        {
            ReadOnlyMemory<byte> archive = await DownloadAsync(set, null, cancellationToken);
            return RuleStoreContent.Of(Unpack(set, "", archive, withRules ? null : RuleStoreContent.IsExtra));
        }
        ImmutableArray<RuleBlob> blobs = withRules ? version.Blobs : [.. version.Blobs.Where(blob => RuleStoreContent.IsExtra(blob.Name))];
        if (blobs.Sum(blob => blob.Length) > MaxSize)
        {
            throw new InvalidDataException($"The blobs of rules in the container '{Name}' are more than {MaxSize / (1024 * 1024)} MiB.");
        }

        var files = new IReadOnlyList<RuleFile>[blobs.Length];
        // Archives are unpacked one by one, and are bounded together.
        using var unpacking = new SemaphoreSlim(1);
        long left = MaxSize;
        await Parallel.ForAsync(
            0,
            files.Length,
            StorageConcurrency.Options(cancellationToken),
            async (index, token) =>
            {
                RuleBlob blob = blobs[index];
                ReadOnlyMemory<byte> content = await DownloadAsync(blob.Name, blob.ETag, token);
                if (!RuleArchive.IsArchive(blob.Name))
                {
                    files[index] = [RuleFile.Decode(blob.Name, content.Span)];
                    return;
                }
                await unpacking.WaitAsync(token);
                try
                {
                    files[index] = Unpack(blob.Name, blob.Name + "/", content, null, left);
                    left -= files[index].Sum(file => (long)file.Text.Length);
                }
                finally
                {
                    unpacking.Release();
                }
            });
        return RuleStoreContent.Of(files.SelectMany(file => file));
    }

    /// <summary>The name of the pushed set that counts; null if none was pushed.</summary>
    /// <exception cref="InvalidDataException">What says so is not of its form.</exception>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public async Task<string?> GetCurrentAsync(CancellationToken cancellationToken)
    {
        byte[]? pointer;
        try
        {
            pointer = await TryDownloadAsync(_container, Pointer, null, MaxPointerSize, cancellationToken);
        }
        catch (RequestFailedException exception) when (exception.ErrorCode == BlobErrorCode.BlobNotFound.ToString())
        {
            return null;
        }
        if (pointer is null)
        {
            throw new InvalidDataException($"The blob '{Pointer}' is larger than {MaxPointerSize / 1024} KiB and does not name a set of rules: push or roll back again.");
        }

        try
        {
            using var document = JsonDocument.Parse(pointer);
            if (document.RootElement is { ValueKind: JsonValueKind.Object } root && root.TryGetProperty(SetProperty, out JsonElement set)
                && set.ValueKind == JsonValueKind.String && set.GetString() is { } name && PushedRuleSet.TryParse(name, out _))
            {
                return name;
            }
        }
        catch (JsonException)
        {
            // Told below, without what it holds.
        }
        throw new InvalidDataException($"The blob '{Pointer}' does not name a set of rules: push or roll back again.");
    }

    /// <summary>Pushed sets, newest first.</summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public async Task<IReadOnlyList<PushedRuleSet>> ListSetsAsync(CancellationToken cancellationToken)
    {
        var sets = new List<PushedRuleSet>();
        await foreach (BlobItem blob in ListAsync(SetFolder, cancellationToken, BlobTraits.Metadata))
        {
            if (PushedRuleSet.TryParse(blob.Name, out PushedRuleSet? set))
            {
                sets.Add(set with { Rules = RulesOf(blob.Metadata), Size = blob.Properties.ContentLength ?? 0 });
            }
        }
        sets.Reverse();
        return sets;
    }

    /// <summary>Puts a whole set into the container and makes it the one that counts.</summary>
    /// <param name="files">Its files of rules, with names below the set's top.</param>
    /// <param name="overrides">What is changed about rules; null for nothing.</param>
    /// <param name="placeholders">Values of placeholders; null for none.</param>
    /// <param name="rules">Number of rules in it.</param>
    /// <param name="cancellationToken">Ends the work; until its end the former set counts.</param>
    /// <returns>The set.</returns>
    /// <exception cref="InvalidDataException">It is larger than what is read of a container.</exception>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public async Task<PushedRuleSet> PushAsync(
        IEnumerable<RuleFile> files, RuleFile? overrides, RuleFile? placeholders, int rules, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(files);
        List<RuleFile> all = [.. files];
        if (overrides is not null)
        {
            all.Add(overrides with { Path = RuleStoreContent.OverridesName });
        }

        if (placeholders is not null)
        {
            all.Add(placeholders with { Path = RuleStoreContent.PlaceholdersName });
        }

        byte[] archive = RuleArchive.Write(all);
        if (archive.Length > MaxBlobSize)
        {
            throw new InvalidDataException($"The set is larger than {MaxBlobSize / (1024 * 1024)} MiB when packed, which no app reads.");
        }

        DateTimeOffset now = _timeProvider.GetUtcNow();
        string hash = Convert.ToHexStringLower(SHA256.HashData(archive).AsSpan(0, 8));
        string name = $"{SetFolder}{now.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture)}-{hash}{RuleArchive.Extension}";
        await _container.GetBlobClient(name).UploadAsync(
            BinaryData.FromBytes(archive),
            new BlobUploadOptions
            {
                HttpHeaders = new BlobHttpHeaders { ContentType = "application/zip" },
                Metadata = new Dictionary<string, string> { [RulesMetadata] = rules.ToString(CultureInfo.InvariantCulture) },
            },
            cancellationToken);
        await PointAsync(name, cancellationToken);
        return new PushedRuleSet(name, new DateTimeOffset(now.Ticks - (now.Ticks % TimeSpan.TicksPerSecond), TimeSpan.Zero), hash) { Rules = rules, Size = archive.Length };
    }

    /// <summary>Makes a pushed set the one that counts.</summary>
    /// <param name="set">Its name.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>False if there is no such set.</returns>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public async Task<bool> TryPointAsync(string set, CancellationToken cancellationToken)
    {
        if (!PushedRuleSet.TryParse(set, out _) || !await _container.GetBlobClient(set).ExistsAsync(cancellationToken))
        {
            return false;
        }

        await PointAsync(set, cancellationToken);
        return true;
    }

    /// <summary>What an app compiled of some rules; null if none did, or if its container is not there or not open to this identity: it is compiled again then.</summary>
    /// <param name="key">What the rules are: lower-case hex digits.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public async Task<byte[]?> ReadPackAsync(string key, CancellationToken cancellationToken)
    {
        try
        {
            return await TryDownloadAsync(_compiled, PackName(key), null, RulePack.MaxSize, cancellationToken);
        }
        catch (RequestFailedException exception) when (exception.Status is (int)HttpStatusCode.NotFound or (int)HttpStatusCode.Forbidden)
        {
            return null;
        }
    }

    /// <summary>Keeps what was compiled of some rules, and removes what is older than <see cref="PackRetention"/>.</summary>
    /// <param name="key">What the rules are: lower-case hex digits.</param>
    /// <param name="pack">The pack.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public async Task WritePackAsync(string key, byte[] pack, CancellationToken cancellationToken)
    {
        await _compiled.GetBlobClient(PackName(key)).UploadAsync(BinaryData.FromBytes(pack), overwrite: true, cancellationToken);
        DateTimeOffset old = _timeProvider.GetUtcNow() - PackRetention;
        await foreach (BlobItem blob in _compiled.GetBlobsAsync(new GetBlobsOptions { Prefix = PackFolder }, cancellationToken))
        {
            if (blob.Properties.LastModified < old)
            {
                await _compiled.DeleteBlobIfExistsAsync(blob.Name, cancellationToken: cancellationToken);
            }
        }
    }

    private static string PackName(string key) => $"{PackFolder}{key}-{RulePack.Build}{RulePack.Extension}";

    private static bool IsRules(string name) => RuleArchive.IsArchive(name) || RuleFile.HasName(name);

    private static string KeyOf(IEnumerable<string> parts) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(parts))).AsSpan(0, 16));

    private static int? RulesOf(IDictionary<string, string>? metadata) =>
        metadata is not null && metadata.TryGetValue(RulesMetadata, out string? text)
            && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int rules)
                ? rules
                : null;

    private static IReadOnlyList<RuleFile> Unpack(string blob, string prefix, ReadOnlyMemory<byte> content, Func<string, bool>? isWanted, long maximum = RuleArchive.MaxSize)
    {
        try
        {
            return RuleArchive.Read(content, prefix, isWanted, maximum);
        }
        catch (InvalidDataException exception)
        {
            throw new InvalidDataException($"The archive '{blob}' cannot be read: {exception.Message}.", exception);
        }
    }

    private async Task PointAsync(string set, CancellationToken cancellationToken)
    {
        byte[] pointer = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string> { [SetProperty] = set });
        await _container.GetBlobClient(Pointer).UploadAsync(
            BinaryData.FromBytes(pointer),
            new BlobUploadOptions { HttpHeaders = new BlobHttpHeaders { ContentType = "application/json" } },
            cancellationToken);
    }

    /// <summary>A blob of rules.</summary>
    private async Task<ReadOnlyMemory<byte>> DownloadAsync(string name, ETag? tag, CancellationToken cancellationToken)
    {
        try
        {
            return await TryDownloadAsync(_container, name, tag, MaxBlobSize, cancellationToken)
                ?? throw new InvalidDataException($"The blob '{name}' is larger than {MaxBlobSize / (1024 * 1024)} MiB.");
        }
        catch (RequestFailedException exception) when (exception.Status == (int)HttpStatusCode.NotFound)
        {
            throw new InvalidDataException($"The blob '{name}' is not there.", exception);
        }
    }

    /// <summary>A blob; null if it is larger than it may be, of which nothing is read then.</summary>
    private static async Task<byte[]?> TryDownloadAsync(
        BlobContainerClient container, string name, ETag? tag, int maximum, CancellationToken cancellationToken)
    {
        var options = new BlobDownloadOptions { Conditions = new BlobRequestConditions { IfMatch = tag } };
        using BlobDownloadStreamingResult blob = await container.GetBlobClient(name).DownloadStreamingAsync(options, cancellationToken);
        if (blob.Details.ContentLength > maximum)
        {
            return null;
        }

        byte[] content = new byte[blob.Details.ContentLength];
        await blob.Content.ReadExactlyAsync(content, cancellationToken);
        return content;
    }

    private AsyncPageable<BlobItem> ListAsync(string prefix, CancellationToken cancellationToken, BlobTraits traits = BlobTraits.None) =>
        _container.GetBlobsAsync(new GetBlobsOptions { Prefix = prefix, Traits = traits }, cancellationToken);
}

/// <summary>Which rules count in a container at some time.</summary>
/// <param name="Key">Equal for equal rules: 32 hex digits.</param>
/// <param name="Set">The pushed set; null where rules were put there one by one.</param>
/// <param name="Blobs">The blobs, where no set was pushed.</param>
public sealed record RuleStoreVersion(string Key, string? Set, ImmutableArray<RuleBlob> Blobs);

/// <summary>A blob of rules.</summary>
/// <param name="Name">Its name.</param>
/// <param name="ETag">Which version of it.</param>
/// <param name="Length">Its size in bytes.</param>
public sealed record RuleBlob(string Name, ETag ETag, long Length);

/// <summary>What a container holds of rules.</summary>
/// <param name="Files">Files of rules.</param>
/// <param name="Overrides">What is changed about rules; null where the container says nothing.</param>
/// <param name="Placeholders">Values of placeholders; null where the container says nothing.</param>
public sealed record RuleStoreContent(ImmutableArray<RuleFile> Files, RuleFile? Overrides, RuleFile? Placeholders)
{
    /// <summary>Name of the file of overrides, at the top.</summary>
    public const string OverridesName = "overrides.yml";

    /// <summary>Name of the file of placeholders, at the top.</summary>
    public const string PlaceholdersName = "placeholders.yml";

    /// <summary>What files are, by their names below the top.</summary>
    public static RuleStoreContent Of(IEnumerable<RuleFile> files)
    {
        ILookup<string, RuleFile> extras = files.ToLookup(file => IsExtra(file.Path) ? file.Path : "");
        return new RuleStoreContent([.. extras[""]], extras[OverridesName].LastOrDefault(), extras[PlaceholdersName].LastOrDefault());
    }

    internal static bool IsExtra(string name) => name is OverridesName or PlaceholdersName;
}
