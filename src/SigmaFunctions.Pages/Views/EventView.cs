using System.Collections.Immutable;
using System.Globalization;
using SigmaFunctions.Catalog.Attack;
using SigmaFunctions.Catalog.Site.Parts;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Pages.Model;
using SigmaFunctions.Pages.Pivots;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.Pages.Views;

/// <summary>The page of an event: what happened, why it was detected, what was around it, and the verdict.</summary>
internal sealed class EventView
{
    private const int MaxNeighbours = 60;
    private const int MaxGist = 4_000;
    private const int MaxValue = 2_000;
    private const int MinValue = 64;
    private const int MaxEvidence = 200;

    // Of all fields together, so that a page stays one that is read.
    private const int MaxFieldText = 20_000;
    private const int MaxOriginal = 12_000;
    private const int NeighbourText = 160;

    private readonly HtmlWriter _html;
    private readonly EventStory _story;
    private readonly PageOptions _options;

    private EventView(HtmlWriter html, EventStory story, PageOptions options)
    {
        _html = html;
        _story = story;
        _options = options;
    }

    private Detection Asked => _story.Asked;

    /// <summary>Writes the page.</summary>
    /// <param name="html">Where it is written.</param>
    /// <param name="story">What it tells.</param>
    /// <param name="options">Where things are.</param>
    /// <param name="mayDecide">Whether the reader may give a verdict.</param>
    /// <param name="remark">Why a verdict was not taken; null otherwise.</param>
    public static void Write(HtmlWriter html, EventStory story, PageOptions options, bool mayDecide, string? remark)
    {
        var view = new EventView(html, story, options);
        html.Write($"<div class=\"page event\">\n<article>\n");
        view.Head();
        view.Gist();
        view.Lineage();
        view.Rules();
        view.CorrelationEvents();
        view.Around();
        PivotView.Write(html, PivotSubject.Of(story.Asked));
        view.AllFields();
        view.Record();
        html.Write($"</article>\n");
        view.Aside(mayDecide, remark);
        html.Write($"</div>\n");
    }

    private void Head()
    {
        RuleStory top = _story.Rules[0];
        _html.Write($"<p class=\"crumbs\"><a href=\"{PageAddress.List}\">Detections</a> <span aria-hidden=\"true\">›</span> ");
        PageParts.Time(_html, top.Row.Time);
        _html.Write($" <span class=\"to-verdict\">· <a href=\"#verdict\">Verdict</a></span></p>\n<h1>{top.Row.Detection.RuleTitle}</h1>\n<dl class=\"facts\">\n<div><dt>Level</dt><dd>");
        LevelBadge.Write(_html, top.Row.Detection.Level);
        _html.Write($"</dd></div>\n");
        Fact("Host", Asked.Host, Facet.Host);
        Fact("User", Asked.User, Facet.User);
        if (Asked.EventTime is { } time)
        {
            _html.Write($"<div class=\"wide\"><dt>Happened</dt><dd>");
            PageParts.Time(_html, time, isPrecise: true);
            _html.Write($"</dd></div>\n");
        }

        _html.Write($"<div class=\"wide\"><dt>Arrived</dt><dd>");
        PageParts.Time(_html, Asked.Identity.Time, isPrecise: true);
        _html.Write($"</dd></div>\n<div><dt>Source</dt><dd>{Asked.Identity.ByKind(hub => hub.EventHub)}</dd></div>\n</dl>\n");
        if (Asked.Correlation is { IsSuperseded: true })
        {
            _html.Write($"<p class=\"notice\">Events that came late have shown that there was nothing to detect.</p>\n");
        }
    }

    private void Fact(string name, string? value, Facet facet)
    {
        if (!string.IsNullOrEmpty(value))
        {
            _html.Write($"<div><dt>{name}</dt><dd><a href=\"{new BoardQuery().Toggle(facet, value).Address}\">{value}</a></dd></div>\n");
        }
    }

    private void Gist()
    {
        if (_story.Gist is not var (field, text))
        {
            return;
        }

        MarkedText shown = text.Around(MaxGist);
        _html.Write($"<section id=\"what\"><h2>What happened</h2>\n<p class=\"label\">{field}</p>\n<div class=\"code copyable\"><pre class=\"wrap\" tabindex=\"0\"><code>");
        PageParts.Marked(_html, shown.Text, shown.Spans);
        _html.Write($"</code></pre></div>\n");
        DecodedView.Write(_html, text.Text);
        _html.Write($"</section>\n");
    }

    private void Lineage()
    {
        if (_story.Lineage.IsEmpty)
        {
            return;
        }

        _html.Write($"<section id=\"lineage\"><h2>Lineage</h2>\n<ol class=\"lineage\">\n");
        foreach (StoryProcess process in _story.Lineage)
        {
            _html.Write($"<li><p><b>{(process.Facts.Image is { } image ? PageParts.FileOf(image) : "unknown")}</b>");
            if (process.Facts.Id is { } id)
            {
                _html.Write($" <span class=\"none\">process {id}</span>");
            }

            if (process.Facts.Image is { } path)
            {
                _html.Write($" <span class=\"path\">{path}</span>");
            }

            _html.Write($"</p>\n");
            if (process.Facts.CommandLine is { } command)
            {
                _html.Write($"<p class=\"what\"><code>{new MarkedText(command, []).Around(MaxValue).Text}</code></p>\n");
            }

            foreach (BoardRow row in process.Detections.Take(3))
            {
                _html.Write($"<p class=\"own\">");
                LevelBadge.Write(_html, row.Detection.Level);
                _html.Write($" <a href=\"{PageAddress.Of(row.Detection.Id)}\">{row.Detection.RuleTitle}</a></p>\n");
            }

            _html.Write($"</li>\n");
        }

        _html.Write($"</ol></section>\n");
    }

    private void Rules()
    {
        _html.Write($"<section id=\"rules\"><h2>{PageParts.Count(_story.RuleCount, "rule")} matched this event</h2>\n");
        foreach (RuleStory rule in _story.Rules)
        {
            Rule(rule);
        }

        More(_story.RuleCount - _story.Rules.Length, "rule");
        _html.Write($"</section>\n");
    }

    private void Rule(RuleStory rule)
    {
        Detection detection = rule.Row.Detection;
        _html.Write($"<section class=\"rule\"{(detection.Id == Asked.Id ? " id=\"asked\"" : "")}><h3>");
        LevelBadge.Write(_html, detection.Level);
        if (_options.Catalogue is { } catalogue)
        {
            _html.Write($" <a href=\"{catalogue + RulePageName.PathOf(detection.RuleId)}\">{detection.RuleTitle}</a>");
        }
        else
        {
            _html.Write($" {detection.RuleTitle}");
        }

        _html.Write($"</h3>\n");
        if (AttackCatalogue.Enterprise.TechniquesOf(detection.Tags) is { IsEmpty: false } techniques)
        {
            _html.Write($"<p class=\"soft\">{string.Join(" · ", techniques.Select(technique => $"{technique.Id} {technique.FullName}"))}</p>\n");
        }

        if ((rule.Rule?.Description ?? rule.Correlation?.Description) is { Length: > 0 } description)
        {
            _html.Write($"<p class=\"says\">{description}</p>\n");
        }

        if ((rule.Rule?.FalsePositives ?? rule.Correlation?.FalsePositives) is { IsDefaultOrEmpty: false } falsePositives)
        {
            _html.Write($"<p><span class=\"label\">False positives</span> {string.Join("; ", falsePositives)}</p>\n");
        }

        _html.Write($"<p class=\"soft\">By {detection.RuleAuthor ?? "an author who is not stated"} · {OutcomeOf(detection)}");
        if (detection.HeldBackBy is { } other)
        {
            _html.Write($": <a href=\"{PageAddress.Of(other)}\">the alert that stands for it</a>");
        }

        _html.Write($"</p>\n");
        Mutes(rule.Mutes);
        if (rule.History is { } history)
        {
            HistoryView.Write(_html, detection.RuleId, history);
        }

        if (rule.Explanation?.Condition is { } condition)
        {
            _html.Write($"<details><summary>Why: the rule's condition, part by part</summary>\n<ul class=\"tree\">");
            ExplanationView.Write(_html, condition);
            _html.Write($"</ul></details>\n");
        }
        else
        {
            Evidence(detection);
        }

        _html.Write($"</section>\n");
    }

    private void Mutes(ImmutableArray<Mute> mutes)
    {
        if (mutes.FirstOrDefault(mute => mute.Scope == MuteScope.Everywhere) is { } everywhere)
        {
            Muted("This rule is muted", everywhere);
        }
        else if (mutes is [var last, ..])
        {
            Muted($"This rule is muted on {PageParts.Count(mutes.Length, "host")}, at the longest", last);
        }

        void Muted(string what, Mute mute)
        {
            _html.Write($"<p class=\"notice\">{what} until ");
            PageParts.Time(_html, mute.Until);
            _html.Write($", since it alerted too often: <a href=\"{PageAddress.Of(mute.AlertId)}\">the alert that says so</a>.</p>\n");
        }
    }

    private void Evidence(Detection detection)
    {
        if (detection.Fields.IsEmpty)
        {
            return;
        }

        _html.Write($"<details><summary>Why: the values that made it match</summary>\n<dl class=\"values-of\">");
        foreach (DetectedField field in detection.Fields)
        {
            _html.Write($"<dt>{(field.Field.Length == 0 ? "keyword" : field.Field)}</dt><dd><code>{new MarkedText(field.Value, []).Around(MaxEvidence).Text}</code></dd>");
        }

        _html.Write($"</dl></details>\n");
    }

    private static string OutcomeOf(Detection detection) => detection switch
    {
        { AlertedAt: { } at } => string.Create(CultureInfo.InvariantCulture, $"alerted {at.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC"),
        { HeldBack: { } reason } => "no alert: " + reason switch
        {
            HoldReason.Level => "its level is below those that alert",
            HoldReason.Repetition => "the same was alerted before",
            HoldReason.Rate => "the rule is muted, since it alerted too often",
            HoldReason.Moved => "its correlation alerted on the same group before",
            HoldReason.Warming => "its correlation has not been in force for long enough",
            _ => throw new ArgumentOutOfRangeException(nameof(detection)),
        },
        _ => "its alert is still to be sent",
    };

    private void CorrelationEvents()
    {
        if (Asked.Correlation is not { } correlation)
        {
            return;
        }

        _html.Write($"<section id=\"events\"><h2>{PageParts.Count(correlation.EventCount, "event")} made this detection</h2>\n<p>{correlation.Type} {correlation.Value}");
        foreach (DetectedField field in correlation.Group)
        {
            _html.Write($" · {field.Field} <b>{field.Value}</b>");
        }

        _html.Write($"</p>\n<ol class=\"timeline\">\n");
        foreach (CorrelatedStory one in _story.Events)
        {
            _html.Write($"<li>");
            PageParts.Time(_html, one.Event.Time, isPrecise: true);
            _html.Write($"<p>");
            if (one.Detection is { } id)
            {
                _html.Write($"<a href=\"{PageAddress.Of(id)}\">{one.RuleTitle ?? one.Event.RuleId}</a>");
            }
            else
            {
                _html.Write($"{one.RuleTitle ?? one.Event.RuleId}");
            }

            _html.Write($" <span class=\"soft\">{string.Join(" · ", new[] { one.Event.Host, one.Event.User }.Where(text => !string.IsNullOrEmpty(text)))}</span></p></li>\n");
        }

        _html.Write($"</ol>\n");
        if (_story.Events.Length < correlation.EventCount)
        {
            _html.Write($"<p class=\"none\">Of {PageParts.Count(correlation.EventCount, "event")} the first and the last are kept.</p>\n");
        }

        _html.Write($"</section>\n");
    }

    private void Around()
    {
        _html.Write($"<section id=\"around\"><h2>Fifteen minutes before and after, by arrival</h2>\n");
        if (Asked.Host is null && Asked.User is null)
        {
            _html.Write($"<p class=\"none\">The event names no host and no user.</p></section>\n");
            return;
        }

        var own = _story.Rules.Select(rule => rule.Row.Detection.Id).ToHashSet();
        ImmutableArray<Neighbour> others = [.. _story.Neighbours.Where(neighbour => !own.Contains(neighbour.Row.Detection.Id))];
        if (others.IsEmpty)
        {
            _html.Write($"<p class=\"none\">Nothing else was detected on this host or of this user.</p></section>\n");
            return;
        }

        ImmutableArray<IGrouping<string, Neighbour>> events = [.. _story.Neighbours.GroupBy(neighbour => neighbour.Row.Event)];
        int place = Array.FindIndex([.. events], one => own.Contains(one.First().Row.Detection.Id));
        int begin = Math.Clamp(place - (MaxNeighbours / 2), 0, Math.Max(0, events.Length - MaxNeighbours));
        _html.Write($"<p class=\"soft\">{PageParts.Count(others.Length, "other detection")} on this host or of this user. ");
        if (Asked.Host is { } host)
        {
            DateTimeOffset time = Asked.Identity.Time;
            _html.Write($"<a href=\"{new BoardQuery().Toggle(Facet.Host, host).Between(time.AddMinutes(-15), time.AddMinutes(15)).Address}\">In the list</a>");
        }

        _html.Write($"</p>\n<ol class=\"timeline\">\n");
        foreach (IGrouping<string, Neighbour> one in events.Skip(begin).Take(MaxNeighbours))
        {
            Neighbour first = one.OrderByDescending(neighbour => neighbour.Row.Rank).First();
            bool isThis = own.Contains(first.Row.Detection.Id);
            _html.Write($"<li{(isThis ? " class=\"this\"" : "")}>");
            PageParts.Time(_html, first.Row.Time);
            _html.Write($"<p>");
            LevelBadge.Write(_html, first.Row.Detection.Level);
            if (isThis)
            {
                _html.Write($" <b>this event</b>");
            }
            else
            {
                _html.Write($" <a href=\"{PageAddress.Of(first.Row.Detection.Id)}\">{first.Row.Detection.RuleTitle}</a>");
                if (one.Count() > 1)
                {
                    _html.Write($" <span class=\"more\">and {PageParts.Count(one.Count() - 1, "rule")} more</span>");
                }

                _html.Write($" <span class=\"soft\">{(first.IsSameHost ? "same host" : first.Row.Detection.Host)}{(first.IsSameUser ? ", same user" : "")}</span>");
            }

            _html.Write($"</p>");
            if (!isThis && first.Row.Detection.Facts?.Process?.CommandLine is { } command)
            {
                _html.Write($"<p class=\"what\"><code>{new MarkedText(command, []).Around(NeighbourText).Text}</code></p>");
            }

            _html.Write($"</li>\n");
        }

        _html.Write($"</ol>\n");
        if (events.Length > MaxNeighbours)
        {
            _html.Write($"<p class=\"none\">The nearest {MaxNeighbours} of {PageParts.Count(events.Length, "event")}.</p>\n");
        }

        _html.Write($"</section>\n");
    }

    private void AllFields()
    {
        _html.Write($"<section id=\"fields\"><h2>Fields</h2>\n");
        if (_story.Unread is { } reason)
        {
            _html.Write($"<p class=\"none\">{reason} These are the values that made rules match.</p>\n");
        }

        _html.Write($"<dl class=\"values-of\">\n");
        int left = MaxFieldText;
        foreach (StoryField field in _story.Fields)
        {
            MarkedText shown = field.Value.Around(Math.Clamp(left, MinValue, MaxValue));
            left -= shown.Text.Length;
            _html.Write($"<dt>{field.Name}</dt><dd><code>");
            PageParts.Marked(_html, shown.Text, shown.Spans);
            _html.Write($"</code></dd>\n");
        }

        _html.Write($"</dl>\n");
        More(_story.FieldCount - _story.Fields.Length, "field");
        _html.Write($"</section>\n");
    }

    private void More(int count, string noun)
    {
        if (count > 0)
        {
            _html.Write($"<p class=\"none\">and {PageParts.Count(count, "other " + noun)}, which this page leaves out: sigmaf detections show has them</p>\n");
        }
    }

    private void Record()
    {
        string shown = new MarkedText(_story.Original, []).Around(MaxOriginal).Text;
        _html.Write($"<section id=\"record\"><h2>Record as it came</h2>\n<details><summary>{PageParts.Count(_story.Original.Length, "character")}{(Asked.OriginalTruncated ? ", cut" : "")}</summary>\n<div class=\"code copyable\"><pre class=\"wrap\" tabindex=\"0\"><code>{shown}</code></pre></div></details></section>\n");
    }

    private void Aside(bool mayDecide, string? remark)
    {
        _html.Write($"<aside>\n");
        VerdictView.Write(_html, _story, mayDecide, remark);
        _html.Write($"<dl><div><dt>Id of this detection</dt><dd class=\"code copyable\"><code class=\"id\">{Asked.Id.Value}</code></dd></div></dl>\n</aside>\n");
    }
}
