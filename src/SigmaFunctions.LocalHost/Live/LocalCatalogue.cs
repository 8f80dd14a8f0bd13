using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.IO.Compression;
using SigmaFunctions.Catalog.Building;
using SigmaFunctions.Catalog.Coverage;
using SigmaFunctions.Catalog.Model;
using SigmaFunctions.Catalog.Site;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.Packing;
using SigmaFunctions.Engine.Rules;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.LocalHost.Worker;

namespace SigmaFunctions.LocalHost.Live;

/// <summary>What there is of the catalogue.</summary>
/// <param name="Files">Its files by their places in the site, each compressed (gzip); null until all are there.</param>
/// <param name="Failure">Why there are none; null where they are there or being built.</param>
internal sealed record CatalogueState(FrozenDictionary<string, byte[]>? Files, string? Failure);

/// <summary>
/// The catalogue of the rules that run, built once and kept in memory: nothing is left behind, however the program ends. A rule takes
/// 6 KB of it.
/// </summary>
internal sealed class LocalCatalogue : IDisposable
{
    private readonly RuleSettings _rules;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private volatile CatalogueState _state = new(null, null);
    private volatile RuleSet? _running;
    private Task? _build;

    /// <param name="rules">The rules that run.</param>
    public LocalCatalogue(RuleSettings rules) => _rules = rules;

    /// <summary>What there is now.</summary>
    public CatalogueState State => _state;

    /// <summary>The rules that run; null until they are read, and where they cannot be.</summary>
    public RuleSet? Running => _running;

    /// <summary>Begins to build, once.</summary>
    public void Start()
    {
        CancellationToken stop = _stop.Token;
        lock (_gate)
        {
            _build ??= Task.Run(() => Build(stop), CancellationToken.None);
        }
    }

    /// <summary>Ends a build that is under way, at its next page; nobody needs to wait for it.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "Detection goes on without a catalogue; the page says why there is none.")]
    private void Build(CancellationToken cancellationToken)
    {
        try
        {
            _state = new CatalogueState(Files(cancellationToken), null);
        }
        catch (OperationCanceledException)
        {
            // The program ends: there is nobody to tell.
        }
        catch (Exception exception)
        {
            _state = new CatalogueState(null, exception.Message);
        }
    }

    private FrozenDictionary<string, byte[]> Files(CancellationToken cancellationToken)
    {
        if (_rules.Paths.Any(RulePack.IsPack))
        {
            throw new InvalidDataException("The rules come from a pack, which does not hold their text.");
        }

        PlaceholderSet? placeholders = _rules.Placeholders is { } values ? PlaceholderFile.Load(values) : null;
        RuleOverrides overrides = _rules.Overrides is { } changes ? RuleOverrides.Load(changes) : RuleOverrides.None;
        var all = RuleSet.LoadPaths(_rules.Paths, placeholders);
        cancellationToken.ThrowIfCancellationRequested();
        RuleSet rules = all.With(overrides);
        _running = rules;
        RuleCatalogue catalogue = CatalogueBuilder.Build(rules, RuleSource.Parse(_rules.Paths), new TelemetryCoverage(rules), cancellationToken);
        var options = new SiteOptions { PartOf = new ParentSite("SigmaFunctions", "/", "Live"), Remark = RemarkOf(all, overrides) };
        var files = new ConcurrentDictionary<string, byte[]>(StringComparer.Ordinal);
        Parallel.ForEach(
            Partitioner.Create(SiteWriter.Files(catalogue, options), loadBalance: true),
            new ParallelOptions { CancellationToken = cancellationToken },
            file => files[file.Path] = Compressed(file));
        return files.ToFrozenDictionary(StringComparer.Ordinal);
    }

    private static byte[] Compressed(SiteFile file)
    {
        using var content = new MemoryStream();
        using (var gzip = new GZipStream(content, CompressionLevel.Fastest))
        {
            file.Write(gzip);
        }

        return content.ToArray();
    }

    private static string? RemarkOf(RuleSet all, RuleOverrides overrides)
    {
        int off = all.Rules.Count(rule => overrides[rule.Id] is { Enabled: false });
        int levels = all.Rules.Count(rule => overrides[rule.Id] is { Enabled: true, Level: { } level } && level != rule.Level);
        return off + levels == 0
            ? null
            : string.Create(CultureInfo.InvariantCulture, $"As they run here: overrides switch off {off:N0}, which are left out, and give {levels:N0} another level than their text says.");
    }
}
