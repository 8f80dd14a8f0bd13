using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json;
using Azure;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SigmaFunctions.Catalog.Site;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.LocalHost.Processes;
using SigmaFunctions.LocalHost.Reporting;
using SigmaFunctions.LocalHost.Trigger;
using SigmaFunctions.LocalHost.Worker;
using SigmaFunctions.Pages;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.LocalHost.Live;

/// <summary>What a run has done so far.</summary>
/// <param name="Events">Events processed.</param>
/// <param name="Batches">Batches processed.</param>
/// <param name="Unseen">What no rule could see, by kind.</param>
internal sealed record RunCounters(long Events, long Batches, ImmutableArray<UnseenEvents> Unseen);

/// <summary>The run that the site tells of, once it has begun.</summary>
/// <param name="Counters">Tells what it has done.</param>
/// <param name="Find">Finds a detection in the table; null where it is not there.</param>
/// <param name="EventHubs">Connection string of the namespace that events are sent to; empty where it is not known.</param>
/// <param name="Get">What the app's function of a route below <c>/api/</c> answers; null where there is none.</param>
internal sealed record LiveRun(
    Func<RunCounters> Counters,
    Func<DetectionId, CancellationToken, Task<Detection?>> Find,
    string EventHubs,
    Func<Uri, CancellationToken, Task<HttpReply?>> Get)
{
    /// <summary>The list of detections and the pages of events; null before the stores are there.</summary>
    public DetectionSite? Detections { get; init; }
}

/// <summary>
/// The page that shows detections as they land, and the catalogue of the rules beside it, over HTTP on loopback. Answers only to the names
/// of loopback, so that no page from elsewhere reaches it under a name of its own.
/// </summary>
internal sealed class LiveSite : IAsyncDisposable
{
    /// <summary>Port that is tried where none is asked for.</summary>
    public const int DefaultPort = 7070;

    private const int MaxReaders = 16;
    private const int EntriesPerWrite = 100;
    private const string LivePolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private const string CataloguePolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    // What lands within so long goes to a browser together.
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan CounterInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);
    private static readonly ImmutableHashSet<string> LoopbackNames = ["localhost", "127.0.0.1", "[::1]"];
    private static readonly FileExtensionContentTypeProvider ContentTypes = new();

    private readonly DetectionFeed _feed = new();
    private readonly ConcurrentDictionary<string, long> _levels = new(StringComparer.Ordinal);
    private readonly LocalCatalogue _catalogue;
    private readonly TimeProvider _time;
    private readonly byte[] _page = LivePages.Live();
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile LiveRun _run = new(() => new RunCounters(0, 0, []), (_, _) => Task.FromResult<Detection?>(null), "", (_, _) => Task.FromResult<HttpReply?>(null));
    private WebApplication? _server;
    private int _readers;

    private LiveSite(RuleSettings rules, TimeProvider time)
    {
        _catalogue = new LocalCatalogue(rules);
        _time = time;
    }

    /// <summary>Where the page is, <c>http://127.0.0.1:PORT/</c>.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>Where the catalogue is.</summary>
    public Uri CatalogAddress => new(Address, "catalog/");

    /// <summary>Starts the site.</summary>
    /// <param name="port">The port: null for the default one, or any free one where that is taken; 0 for any free one.</param>
    /// <param name="rules">The rules that run.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    /// <exception cref="LocalHostException">The port is taken.</exception>
    public static async Task<LiveSite> StartAsync(int? port, RuleSettings rules, TimeProvider time, CancellationToken cancellationToken)
    {
        var site = new LiveSite(rules, time);
        try
        {
            if (!await site.TryListenAsync(port ?? DefaultPort, cancellationToken))
            {
                if (port is not null)
                {
                    throw new LocalHostException($"Port {port} of the live view is in use: choose another with --http-port (0: any free one).");
                }

                await site.TryListenAsync(0, cancellationToken);
            }
            return site;
        }
        catch
        {
            await site.DisposeAsync();
            throw;
        }
    }

    /// <summary>The rules that run; null until they are read, and where they cannot be.</summary>
    public RuleSet? Rules => _catalogue.Running;

    /// <summary>Tells of a run from now on.</summary>
    public void Attach(LiveRun run) => _run = run;

    /// <summary>Shows a detection.</summary>
    public void Show(Alert alert, Detection? detection)
    {
        _levels.AddOrUpdate(RuleLevels.Parse(alert.Rule.Level)?.Name() ?? "none", 1, (_, count) => count + 1);
        _feed.Add(alert.Id, DetectionSummary.Write(alert, detection), alert.ToJson());
        _first.TrySetResult();
    }

    /// <summary>Builds the catalogue in the background: once there was a detection, or after <paramref name="patience"/>, so that it delays none.</summary>
    public async Task BuildCatalogueAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        await Task.WhenAny(_first.Task, Task.Delay(patience, _time, cancellationToken));
        cancellationToken.ThrowIfCancellationRequested();
        _catalogue.Start();
    }

    /// <summary>Ends the site.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        _catalogue.Dispose();
        _stop.Dispose();
    }

    /// <summary>Whether a Host header names this machine and nothing else.</summary>
    internal static bool IsLoopbackName(HostString host) => host.HasValue && LoopbackNames.Contains(host.Host.ToLowerInvariant());

    // Links from elsewhere may lead here; scripts and pictures of other pages get nothing, not even a place among the readers.
    private static bool IsFromElsewhere(HttpRequest request) =>
        request.Headers["Sec-Fetch-Site"].ToString() is "cross-site" or "same-site" && request.Headers["Sec-Fetch-Mode"] != "navigate";

    private async Task<bool> TryListenAsync(int port, CancellationToken cancellationToken)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = 100;
            kestrel.Limits.MaxRequestBodySize = DetectionSite.MaxForm;
            kestrel.Listen(IPAddress.Loopback, port);
        });
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        WebApplication server = builder.Build();
        server.Run(AnswerAsync);
        try
        {
            await server.StartAsync(cancellationToken);
        }
        catch (IOException exception) when (exception.InnerException is AddressInUseException)
        {
            await server.DisposeAsync();
            return false;
        }
        _server = server;
        string address = server.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Single();
        Address = new Uri(address);
        return true;
    }

    private async Task AnswerAsync(HttpContext context)
    {
        HttpResponse response = context.Response;
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.ContentSecurityPolicy = LivePolicy;
        response.Headers["Cross-Origin-Resource-Policy"] = "same-origin";
        response.Headers["Referrer-Policy"] = "no-referrer";
        response.Headers.CacheControl = "no-store";
        if (!IsLoopbackName(context.Request.Host))
        {
            await SayAsync(response, StatusCodes.Status421MisdirectedRequest, "This site answers to localhost, 127.0.0.1 and [::1] only.");
            return;
        }
        if (IsFromElsewhere(context.Request))
        {
            await SayAsync(response, StatusCodes.Status403Forbidden, "This site is not for the pages of others.");
            return;
        }
        if (!HttpMethods.IsGet(context.Request.Method) && !DetectionSite.IsOwnForm(context.Request))
        {
            response.Headers.Allow = HttpMethods.Get;
            await SayAsync(response, StatusCodes.Status405MethodNotAllowed, "This is not one of this site's own forms.");
            return;
        }

        string path = context.Request.Path.Value ?? "/";
        try
        {
            await (path switch
            {
                "/" => SendAsync(response, "text/html; charset=utf-8", _page),
                "/events" => StreamAsync(context),
                "/detection" => WholeAsync(context),
                "/catalog" => RedirectAsync(response),
                _ when DetectionPages.Has(path) => DetectionsAsync(context),
                _ when path.StartsWith("/api/", StringComparison.Ordinal) => FunctionAsync(context),
                _ when path.StartsWith("/assets/", StringComparison.Ordinal) => AssetAsync(response, path["/assets/".Length..]),
                _ when path.StartsWith("/catalog/", StringComparison.Ordinal) => CatalogueAsync(context, path["/catalog/".Length..]),
                _ => SayAsync(response, StatusCodes.Status404NotFound, "There is no such page."),
            });
        }
        catch (OperationCanceledException)
        {
            // The browser went away, or the program ends.
            context.Abort();
        }
    }

    private Task DetectionsAsync(HttpContext context)
    {
        if (_run.Detections is { } detections)
        {
            return detections.AnswerAsync(context);
        }

        context.Response.Headers["Refresh"] = "1";
        return SayAsync(context.Response, StatusCodes.Status503ServiceUnavailable, "Storage is being started. This page shows detections as soon as it is there.");
    }

    /// <summary>What the app's own function of this route answers.</summary>
    private async Task FunctionAsync(HttpContext context)
    {
        HttpRequest request = context.Request;
        var address = new Uri(Address, request.PathBase + request.Path + request.QueryString);
        if (await _run.Get(address, context.RequestAborted) is not { } reply)
        {
            await SayAsync(context.Response, StatusCodes.Status404NotFound, "The app has no such function.");
            return;
        }
        context.Response.StatusCode = reply.Status;
        await SendAsync(context.Response, reply.ContentType ?? "application/octet-stream", reply.Body.ToArray());
    }

    /// <summary>Detections as server-sent events, from where the browser was; counters between them.</summary>
    private async Task StreamAsync(HttpContext context)
    {
        if (Interlocked.Increment(ref _readers) > MaxReaders)
        {
            Interlocked.Decrement(ref _readers);
            await SayAsync(context.Response, StatusCodes.Status503ServiceUnavailable, "Too many live views are open.");
            return;
        }
        try
        {
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _stop.Token);
            context.Response.ContentType = "text/event-stream; charset=utf-8";
            long seen = _feed.Resume(context.Request.Headers["Last-Event-ID"]);
            if (seen == 0)
            {
                await EventAsync(context.Response, string.Create(CultureInfo.InvariantCulture, $"event: reset\ndata: {_feed.Count}\n\n"), ended.Token);
            }

            string told = "";
            long last = _time.GetTimestamp();
            while (true)
            {
                (IReadOnlyList<FeedEntry> entries, Task more) = _feed.After(seen, EntriesPerWrite);
                var text = new StringBuilder();
                foreach (FeedEntry entry in entries)
                {
                    text.Append("id: ").Append(_feed.EventId(entry)).Append("\ndata: ").Append(Encoding.UTF8.GetString(entry.Summary)).Append("\n\n");
                    seen = entry.Number;
                }
                string counters = CountersJson();
                if (counters != told)
                {
                    text.Append("event: counters\ndata: ").Append(told = counters).Append("\n\n");
                }
                else if (text.Length == 0 && _time.GetElapsedTime(last) > Heartbeat)
                {
                    text.Append(":\n\n");
                }

                if (text.Length > 0)
                {
                    last = _time.GetTimestamp();
                    await EventAsync(context.Response, text.ToString(), ended.Token);
                }
                if (entries.Count is > 0 and < EntriesPerWrite)
                {
                    await Task.Delay(Gathering, _time, ended.Token);
                }

                await Task.WhenAny(more, Task.Delay(CounterInterval, _time, ended.Token));
                ended.Token.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _readers);
        }
    }

    private static async Task EventAsync(HttpResponse response, string text, CancellationToken cancellationToken)
    {
        await response.WriteAsync(text, cancellationToken);
        await response.Body.FlushAsync(cancellationToken);
    }

    private string CountersJson()
    {
        LiveRun run = _run;
        RunCounters counters = run.Counters();
        return JsonSerializer.Serialize(new
        {
            events = counters.Events,
            batches = counters.Batches,
            unseen = counters.Unseen.Select(kind => new { events = kind.Events, description = kind.Description }),
            detections = _feed.Count,
            levels = _levels.ToDictionary(),
            eventHubs = run.EventHubs,
        });
    }

    private async Task WholeAsync(HttpContext context)
    {
        FeedEntry? entry = _feed.Find(context.Request.Query["id"].ToString());
        Detection? detection;
        try
        {
            detection = entry is not null && DetectionId.TryParse(entry.Id, out DetectionId id) ? await _run.Find(id, context.RequestAborted) : null;
        }
        catch (RequestFailedException)
        {
            await SayAsync(context.Response, StatusCodes.Status503ServiceUnavailable, "The table cannot be read now.");
            return;
        }
        if (detection is null)
        {
            await SayAsync(context.Response, StatusCodes.Status404NotFound, "This detection is no longer kept here.");
        }
        else
        {
            await SendAsync(context.Response, "application/json", DetectionSummary.WriteWhole(detection, entry!.Alert));
        }
    }

    private static Task RedirectAsync(HttpResponse response)
    {
        response.Redirect("/catalog/");
        return Task.CompletedTask;
    }

    private static Task AssetAsync(HttpResponse response, string name) =>
        (name is "live.js" or "live.css" ? LivePages.Asset(name) : DetectionPages.FindAsset(name) ?? SiteAssets.Find(name)) is { } content
            ? SendAsync(response, ContentTypeOf(name), content)
            : SayAsync(response, StatusCodes.Status404NotFound, "There is no such file.");

    private async Task CatalogueAsync(HttpContext context, string path)
    {
        HttpResponse response = context.Response;
        CatalogueState catalogue = _catalogue.State;
        if (catalogue.Files is null)
        {
            response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            if (catalogue.Failure is null)
            {
                response.Headers["Refresh"] = "1";
            }

            await SendAsync(response, "text/html; charset=utf-8", LivePages.NoCatalogue(
                catalogue.Failure is { } failure ? $"There is no catalogue: {failure}" : "The catalogue of the rules is being built. This page shows it as soon as it is there."));
            return;
        }
        string name = path.Length == 0 ? "index.html" : path;
        if (!catalogue.Files.TryGetValue(name, out byte[]? compressed))
        {
            await SayAsync(response, StatusCodes.Status404NotFound, "There is no such page in the catalogue.");
            return;
        }
        response.Headers.ContentSecurityPolicy = CataloguePolicy;
        if (context.Request.GetTypedHeaders().AcceptEncoding.Any(coding => coding.Value.Equals("gzip", StringComparison.OrdinalIgnoreCase) && coding.Quality is null or > 0))
        {
            response.Headers.ContentEncoding = "gzip";
            await SendAsync(response, ContentTypeOf(name), compressed);
            return;
        }
        response.ContentType = ContentTypeOf(name);
        using var content = new GZipStream(new MemoryStream(compressed), CompressionMode.Decompress);
        await content.CopyToAsync(response.Body, context.RequestAborted);
    }

    private static string ContentTypeOf(string name) =>
        !ContentTypes.TryGetContentType(name, out string? type) ? "application/octet-stream"
        : type.StartsWith("text/", StringComparison.Ordinal) ? type + "; charset=utf-8" : type;

    private static Task SayAsync(HttpResponse response, int status, string message)
    {
        response.StatusCode = status;
        return SendAsync(response, "text/plain; charset=utf-8", Encoding.UTF8.GetBytes(message));
    }

    private static async Task SendAsync(HttpResponse response, string type, byte[] content)
    {
        response.ContentType = type;
        response.ContentLength = content.Length;
        await response.Body.WriteAsync(content);
    }
}
