using System.Security.Cryptography;
using System.Text;
using Azure;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SigmaFunctions.App.Diagnostics;
using SigmaFunctions.App.Options;
using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.Packing;
using SigmaFunctions.Engine.Rules;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Storage.Rules;

namespace SigmaFunctions.App.Rules;

/// <summary>
/// Reads and compiles rules: first those of the package, then those of the container, which take the place of what has the same id
/// in the package.
/// </summary>
/// <param name="options">Which rules.</param>
/// <param name="logger">Log.</param>
/// <param name="store">The container of rules; null where there is none.</param>
/// <param name="own">Rules of the app itself, which run whatever others say.</param>
internal sealed class RuleSetLoader(IOptions<RuleOptions> options, ILogger logger, RuleStore? store = null, RuleSet? own = null)
{
    private readonly RuleOptions _options = options.Value;

    /// <summary>Reads and compiles.</summary>
    /// <param name="version">Which rules of the container; null where there is no container.</param>
    /// <param name="concurrency">Most threads that compile at a time; -1 for one on every processor.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="UnusableRulesException">There are no rules, or what they are read from is not as it should be.</exception>
    /// <exception cref="RequestFailedException">The container could not be reached, refused, or has changed meanwhile.</exception>
    public async Task<LoadedRules> LoadAsync(RuleStoreVersion? version, int concurrency, CancellationToken cancellationToken)
    {
        try
        {
            return version is null || store is null ? LoadPackage() : await LoadAsync(store, version, concurrency, cancellationToken);
        }
        catch (InvalidDataException exception)
        {
            throw new UnusableRulesException(exception.Message, exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UnusableRulesException($"The rules cannot be read: {exception.Message} Rules__Path names the files and folders.", exception);
        }
    }

    /// <summary>Keeps what was compiled, so that the next instance that starts need not compile; where that fails, it does.</summary>
    public Task KeepAsync(LoadedRules loaded, CancellationToken cancellationToken) => loaded.Unkept is { } pack && store is not null
        ? KeepAsync(store, pack, loaded.All, cancellationToken)
        : Task.CompletedTask;

    private LoadedRules LoadPackage()
    {
        RuleSet all = ReadPackage(_options.FullPaths(AppContext.BaseDirectory), ReadPlaceholders(null));
        if (all.Pack is { } pack)
        {
            logger.PackUsed(pack);
        }
        else
        {
            logger.YamlUsed();
        }

        return Compile(all, ReadOverrides(null), null);
    }

    private async Task<LoadedRules> LoadAsync(RuleStore from, RuleStoreVersion version, int concurrency, CancellationToken cancellationToken)
    {
        RuleLayer package = PackageLayer();
        string key = Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(version.Key + package.Hash())).AsSpan(0, 16));
        if (await from.ReadPackAsync(key, cancellationToken) is { } pack)
        {
            RuleStoreContent extras = await from.ReadAsync(version, withRules: false, cancellationToken);
            if (RulePack.TryRead(pack, $"{from.CompiledName}/{key}", ReadPlaceholders(extras.Placeholders), out _) is { } packed)
            {
                logger.PackUsed(packed.Pack!);
                return Compile(packed, ReadOverrides(extras.Overrides), version);
            }
        }

        RuleStoreContent content = await from.ReadAsync(version, withRules: true, cancellationToken);
        PlaceholderSet? placeholders = ReadPlaceholders(content.Placeholders);
        var all = RuleSet.LoadLayers([package, RuleLayer.FromFiles(content.Files)], placeholders, concurrency);
        RequireAny(from, content, all);
        logger.YamlUsed();
        return Compile(all, ReadOverrides(content.Overrides), version) with { Unkept = new UnkeptPack(key, placeholders) };
    }

    // A container that is not empty and adds nothing is not what its people meant.
    private static void RequireAny(RuleStore from, RuleStoreContent content, RuleSet all)
    {
        var files = content.Files.Select(file => file.Path).ToHashSet(StringComparer.Ordinal);
        bool any = all.Rules.Select(rule => rule.File).Concat(all.Filters.Select(filter => filter.File)).Any(files.Contains);
        if (!any && all.Diagnostics.FirstOrDefault(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error && files.Contains(diagnostic.File)) is { } error)
        {
            throw new InvalidDataException($"None of the {files.Count} files of rules in the container {from.Name} holds a rule that can be used. The first error: {error}");
        }
    }

    private async Task KeepAsync(RuleStore to, UnkeptPack pack, RuleSet all, CancellationToken cancellationToken)
    {
        try
        {
            await to.WritePackAsync(pack.Key, RulePack.Write(all, pack.Placeholders), cancellationToken);
        }
        catch (RequestFailedException exception)
        {
            logger.PackNotKept(to.CompiledName, $"status {exception.Status} {exception.ErrorCode}");
        }
        catch (InvalidDataException exception)
        {
            logger.PackNotKept(to.CompiledName, exception.Message);
        }
    }

    private LoadedRules Compile(RuleSet all, RuleOverrides overrides, RuleStoreVersion? version)
    {
        RuleSet rules = all.With(overrides).With(_options.Selection);
        if (rules.Rules.IsEmpty)
        {
            throw new UnusableRulesException(NoRules(all, version));
        }

        return new LoadedRules(new Detector(own is null ? rules : rules.Including(own)), all, overrides, version);
    }

    private string NoRules(RuleSet all, RuleStoreVersion? version)
    {
        string paths = string.Join("; ", _options.FullPaths(AppContext.BaseDirectory));
        string places = version is null ? paths : $"{paths} and the container {store!.Name}";
        if (!all.Rules.IsEmpty)
        {
            return $"None of the {all.Rules.Length} rules in {places} is selected: see Rules__Statuses, Levels, Tags, Products, Ids and the overrides.";
        }

        string first = all.Diagnostics.FirstOrDefault(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error) is { } error
            ? $" The first error: {error}"
            : "";
        return $"There is no usable rule in {places} ({all.Rejected} rejected). Rules__Path names the files and folders of rules.{first}";
    }

    // Where the container has the rules, the package need not.
    private RuleLayer PackageLayer()
    {
        IReadOnlyList<string> paths = _options.FullPaths(AppContext.BaseDirectory);
        if (paths.FirstOrDefault(RulePack.IsPack) is { } pack)
        {
            throw new InvalidDataException($"Rules__Path names the pack {pack}, to which Rules__BlobContainer cannot add: name the YAML.");
        }

        return string.IsNullOrWhiteSpace(_options.Path) && !paths.Any(System.IO.Path.Exists) ? RuleLayer.Empty : RuleLayer.FromPaths(paths);
    }

    private static RuleSet ReadPackage(IReadOnlyList<string> paths, PlaceholderSet? placeholders)
    {
        if (paths is not [var path])
        {
            return RuleSet.LoadPaths(paths, placeholders);
        }

        if (RulePack.IsPack(path))
        {
            return RulePack.Load(path, placeholders);
        }

        string pack = RulePack.PathFor(path);
        return File.Exists(pack)
            ? RulePack.Load(pack, placeholders, System.IO.Path.Exists(path) ? [path] : [])
            : RuleSet.LoadPaths(paths, placeholders);
    }

    private RuleOverrides ReadOverrides(RuleFile? stored) => Read(
        "file of overrides", "Rules__Overrides", stored, _options.FullOverrides(AppContext.BaseDirectory), RuleOverrides.Parse) ?? RuleOverrides.None;

    private PlaceholderSet? ReadPlaceholders(RuleFile? stored) => Read(
        "placeholder file", "Rules__Placeholders", stored, _options.FullPlaceholders(AppContext.BaseDirectory), PlaceholderFile.Parse);

    // What the container says counts instead of what the package says.
    private static T? Read<T>(string what, string setting, RuleFile? stored, string? path, Func<RuleFile, T> parse)
        where T : class
    {
        if (stored is null && path is null)
        {
            return null;
        }

        try
        {
            return parse(stored ?? new RuleFile(path!, File.ReadAllText(path!)));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            string where = stored is null ? $"that {setting} names" : "of the container of rules";
            throw new InvalidDataException($"The {what} {where} cannot be used: {exception.Message}", exception);
        }
    }
}
