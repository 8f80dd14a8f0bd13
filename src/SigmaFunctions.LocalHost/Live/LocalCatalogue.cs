using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using SigmaFunctions.Catalog.Building;
using SigmaFunctions.Catalog.Coverage;
using SigmaFunctions.Catalog.Model;
using SigmaFunctions.Catalog.Site;
using SigmaFunctions.Engine.Packing;

namespace SigmaFunctions.LocalHost.Live;

/// <summary>The catalogue of the rules that run, built once into a folder of its own, which goes with it.</summary>
internal sealed class LocalCatalogue : IAsyncDisposable
{
    private readonly ImmutableArray<string> _rules;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sigmafunctions-catalogue-");
    private Task? _build;

    /// <param name="rules">Files and folders of rules.</param>
    public LocalCatalogue(ImmutableArray<string> rules) => _rules = rules;

    /// <summary>The folder of the pages; null until all are there.</summary>
    public string? Folder { get; private set; }

    /// <summary>Why there are no pages; null where they are there or being built.</summary>
    public string? Failure { get; private set; }

    /// <summary>Begins to build, once.</summary>
    public void Start(CancellationToken cancellationToken) => _build ??= Task.Run(() => Build(cancellationToken), CancellationToken.None);

    /// <summary>Removes the folder, after a build that is under way.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_build is not null)
            await _build;
        Folder = null;
        _folder.Delete(recursive: true);
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "Detection goes on without a catalogue; the page says why there is none.")]
    private void Build(CancellationToken cancellationToken)
    {
        try
        {
            if (_rules.Any(RulePack.IsPack))
            {
                Failure = "The rules come from a pack, which does not hold their text.";
                return;
            }
            RuleCatalogue catalogue = CatalogueBuilder.Load(RuleSource.Parse(_rules), coverage: set => new TelemetryCoverage(set)).Catalogue;
            if (cancellationToken.IsCancellationRequested)
                return;
            string site = Path.Combine(_folder.FullName, "site");
            SiteWriter.Write(catalogue, site);
            Folder = site;
        }
        catch (Exception e)
        {
            Failure = e.Message;
        }
    }
}
