using System.Collections.Immutable;
using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using SigmaFunctions.Catalog.Site;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Pages;
using SigmaFunctions.Pages.Model;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.Detections;
using SigmaFunctions.Storage.Verdicts;
using SigmaFunctions.Telemetry;
using SigmaFunctions.Telemetry.Mappings;

namespace SigmaFunctions.LocalHost.Live;

/// <summary>The list of detections and the pages of events, over HTTP. Whoever opens them on this machine may give verdicts, under the name of its account.</summary>
internal sealed class DetectionSite : IDisposable
{
    /// <summary>Bytes of a form at most.</summary>
    public const long MaxForm = 64 * 1024;

    private const string FormType = "application/x-www-form-urlencoded";

    private readonly DetectionPages _pages;

    /// <param name="storage">Connection string of the storage account; its tables exist.</param>
    /// <param name="rules">The rules that run; null while they are not at hand.</param>
    /// <param name="mappings">Files and folders of mappings, as the app has them.</param>
    /// <param name="time">The clock.</param>
    public DetectionSite(string storage, Func<RuleSet?> rules, IReadOnlyList<string> mappings, TimeProvider time)
    {
        var table = new TableClient(storage, DetectionTable.DefaultName);
        var originals = new OriginalStore(new BlobContainerClient(storage, OriginalStore.DefaultName));
        _pages = new DetectionPages(
            new PageSources
            {
                Detections = new DetectionTable(table, time, originals),
                Search = new DetectionSearch(table),
                Index = new DetectionIndex(new TableClient(storage, DetectionTable.DefaultName + DetectionIndex.NameSuffix)),
                Windows = new AlertWindows(new TableClient(storage, DetectionTable.DefaultName + AlertWindows.NameSuffix), time),
                Verdicts = new VerdictStore(new TableClient(storage, DetectionTable.DefaultName + VerdictStore.NameSuffix)),
                Rules = rules,
                Decoder = new EventDecoder(mappings: MappingSet.LoadPaths(mappings).Mappings),
            },
            new PageOptions
            {
                Navigation =
                [
                    new PageLinkItem("/", "Live"),
                    new PageLinkItem(PageAddress.List, "Detections"),
                    new PageLinkItem("/catalog/", "Catalogue"),
                    .. SiteNavigation.Pages.Select(page => new PageLinkItem($"/catalog/{page.Path}", page.Name)),
                ],
                Catalogue = "/catalog/",
                Footer = "Only this machine can open this page.",
            },
            time);
    }

    /// <summary>Whether a request writes and may: a form that one of these pages sent. A browser says where a form is from; what says nothing is no browser.</summary>
    public static bool IsOwnForm(HttpRequest request) =>
        HttpMethods.IsPost(request.Method)
        && DetectionPages.Has(request.Path.Value ?? "")
        && request.ContentType?.StartsWith(FormType, StringComparison.OrdinalIgnoreCase) == true
        && (request.Headers.TryGetValue("Sec-Fetch-Site", out StringValues site)
            ? site == "same-origin"
            : request.Headers.Origin == $"{request.Scheme}://{request.Host}");

    /// <summary>Answers a request for one of the pages.</summary>
    public async Task AnswerAsync(HttpContext context)
    {
        HttpRequest request = context.Request;
        ImmutableArray<KeyValuePair<string, string>>? form = null;
        if (HttpMethods.IsPost(request.Method))
        {
            if (request.ContentLength is null or > MaxForm)
            {
                context.Response.StatusCode = StatusCodes.Status413PayloadTooLarge;
                return;
            }

            form = Pairs(await request.ReadFormAsync(context.RequestAborted));
        }

        PageReply reply = await _pages.AnswerAsync(
            new PageRequest(request.Path.Value!, Pairs(request.Query)) { Form = form, User = Environment.UserName, MayDecide = true },
            context.RequestAborted);
        HttpResponse response = context.Response;
        response.Headers.ContentSecurityPolicy = DetectionPages.ContentSecurityPolicy;
        response.StatusCode = reply.Status;
        if (reply.Location is { } location)
        {
            response.Headers.Location = location;
        }

        response.ContentType = reply.ContentType;
        response.ContentLength = reply.Body.Length;
        await response.Body.WriteAsync(reply.Body, context.RequestAborted);
    }

    /// <inheritdoc/>
    public void Dispose() => _pages.Dispose();

    private static ImmutableArray<KeyValuePair<string, string>> Pairs(IEnumerable<KeyValuePair<string, StringValues>> values) =>
        [.. values.SelectMany(pair => pair.Value.Select(value => KeyValuePair.Create(pair.Key, value ?? "")))];
}
