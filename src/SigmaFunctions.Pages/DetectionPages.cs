using System.Collections.Immutable;
using System.Text;
using Azure;
using SigmaFunctions.Catalog.Site;
using SigmaFunctions.Catalog.Site.Parts;
using SigmaFunctions.Pages.Model;
using SigmaFunctions.Pages.Views;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.Pages;

/// <summary>
/// The pages that people decide on: the list of detections and the page of each event. It knows nothing of HTTP but requests and replies, so that whatever
/// serves it decides who may ask.
/// </summary>
public sealed class DetectionPages : IDisposable
{
    /// <summary>What a browser may do with these pages: nothing from elsewhere, no script or style within a page, forms to these pages alone.</summary>
    public const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    private const string Html = "text/html; charset=utf-8";
    private const string AssetPrefix = "pages/";

    private readonly PageOptions _options;
    private readonly TimeProvider _time;
    private readonly BoardReader _board;
    private readonly EventReader _events;
    private readonly VerdictForm _verdicts;

    /// <summary>Makes the pages.</summary>
    /// <param name="sources">Where they read.</param>
    /// <param name="options">What differs where they are served.</param>
    /// <param name="time">The clock.</param>
    public DetectionPages(PageSources sources, PageOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(sources);
        _options = options;
        _time = time;
        _board = new BoardReader(sources.Search, sources.Verdicts, time);
        _events = new EventReader(sources, _board, time);
        _verdicts = new VerdictForm(sources, time);
    }

    /// <summary>Whether an address is of these pages.</summary>
    public static bool Has(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return path == PageAddress.List || path.StartsWith(PageAddress.Event, StringComparison.Ordinal);
    }

    /// <summary>The content of a style sheet or script of these pages; null where there is none of this name.</summary>
    public static byte[]? FindAsset(string name) => SiteAssets.Read(typeof(DetectionPages).Assembly, AssetPrefix + name);

    /// <summary>Answers a request. A store that cannot be reached is a reply too, which says so.</summary>
    public async Task<PageReply> AnswerAsync(PageRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        try
        {
            if (request.Path == PageAddress.List)
            {
                return request.Form is null ? await ListAsync(request, cancellationToken) : Say(405, "The list is only read.");
            }

            if (!DetectionId.TryParse(request.Path[PageAddress.Event.Length..], out DetectionId id))
            {
                return Say(404, "This is not the address of a detection: its id has 21 digits of time, a hyphen and 32 hex digits.");
            }

            return request.Form is { } form ? await DecideAsync(id, request, form, cancellationToken) : await EventAsync(id, request, null, cancellationToken);
        }
        catch (RequestFailedException exception)
        {
            return Say(503, $"The store of detections cannot be read now ({exception.ErrorCode ?? exception.Status.ToString(System.Globalization.CultureInfo.InvariantCulture)}). Load the page again in a while.");
        }
        catch (FormatException exception)
        {
            return Say(500, $"The store holds what is no detection. {exception.Message}");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _board.Dispose();

    private async Task<PageReply> ListAsync(PageRequest request, CancellationToken cancellationToken)
    {
        var query = BoardQuery.Parse(request.Query);
        (DateTimeOffset from, DateTimeOffset to) = query.Range(_time.GetUtcNow());
        BoardRead read = await _board.ReadAsync(from, to, cancellationToken);
        BoardPage page = read.Board.Find(query, from, to);
        return Page(200, "Detections", html => ListView.Write(html, page, read.CompleteFrom, _events.GistOf));
    }

    private async Task<PageReply> EventAsync(DetectionId id, PageRequest request, string? remark, CancellationToken cancellationToken) =>
        await _events.ReadAsync(id, cancellationToken) is { } story
            ? Page(remark is null ? 200 : 409, story.Rules[0].Row.Detection.RuleTitle, html => EventView.Write(html, story, _options, request.MayDecide, remark))
            : Say(404, "There is no such detection. It may have been removed: the table keeps detections as long as its settings say.");

    private async Task<PageReply> DecideAsync(
        DetectionId id, PageRequest request, ImmutableArray<KeyValuePair<string, string>> form, CancellationToken cancellationToken)
    {
        if (!request.MayDecide)
        {
            return Say(403, "You may read detections, but not give verdicts.");
        }

        if (await _events.ReadAsync(id, cancellationToken) is not { } story)
        {
            return Say(404, "There is no such detection.");
        }

        return await _verdicts.TakeAsync(story, form, request.User, cancellationToken) is { } remark
            ? await EventAsync(id, request, remark, cancellationToken)
            : new PageReply(303, Html, ReadOnlyMemory<byte>.Empty) { Location = PageAddress.Of(id) };
    }

    private PageReply Say(int status, string message) => Page(
        status,
        status == 404 ? "Not found" : "Detections",
        html => html.Write($"<div class=\"board\"><h1 class=\"quiet\">{(status == 404 ? "Not found" : "Detections")}</h1>\n<p class=\"lead\" role=\"status\">{message}</p>\n<p><a href=\"{PageAddress.List}\">All detections</a></p></div>\n"));

    private PageReply Page(int status, string title, Action<HtmlWriter> content) => new(status, Html, Encoding.UTF8.GetBytes(PageFrame.Page(_options, title, content)));
}
