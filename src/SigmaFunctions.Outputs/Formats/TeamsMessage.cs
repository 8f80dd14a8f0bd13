using System.Text.Json;
using System.Text.Json.Nodes;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Outputs.Model;

namespace SigmaFunctions.Outputs.Formats;

/// <summary>
/// An Adaptive Card in the message that the webhook of a Teams workflow takes, under 28 KB. Text of events stands in text runs alone, in which Teams sees no markup and no links.
/// </summary>
internal static class TeamsMessage
{
    public static byte[] Write(Notification notification)
    {
        var card = Card.Of(notification);
        var body = new JsonArray
        {
            Block([Run(card.Title, size: "Large", isBold: true)]),
            Block([Run((card.Level?.Name() ?? "no level").ToUpperInvariant(), isBold: true, colour: ColourOf(card.Level))]),
        };
        foreach ((string name, string value) in card.Facts)
        {
            body.Add(Block([Run($"{name}  ", isBold: true), Run(value)]));
        }

        if (!card.Command.IsEmpty)
        {
            body.Add(Block(card.Command.Select(part => Run(part.Text, isCode: true, isMatched: part.IsMatched)), isApart: true));
        }

        body.Add(Block([Run(card.Lookup, size: "Small", isCode: true)], isApart: true));
        var content = new JsonObject
        {
            ["$schema"] = "http://adaptivecards.io/schemas/adaptive-card.json",
            ["type"] = "AdaptiveCard",
            ["version"] = "1.5",
            ["fallbackText"] = card.Summary,
            ["msteams"] = new JsonObject { ["width"] = "Full" },
            ["body"] = body,
        };
        if (card.Page is { } page)
        {
            content["actions"] = new JsonArray(new JsonObject { ["type"] = "Action.OpenUrl", ["title"] = "Rule", ["url"] = page });
        }

        return JsonSerializer.SerializeToUtf8Bytes(new JsonObject
        {
            ["type"] = "message",
            ["attachments"] = new JsonArray(new JsonObject
            {
                ["contentType"] = "application/vnd.microsoft.card.adaptive",
                ["contentUrl"] = null,
                ["content"] = content,
            }),
        });
    }

    private static JsonObject Block(IEnumerable<JsonObject> runs, bool isApart = false)
    {
        var block = new JsonObject { ["type"] = "RichTextBlock", ["inlines"] = new JsonArray([.. runs]) };
        if (isApart)
        {
            block["separator"] = true;
        }

        return block;
    }

    private static JsonObject Run(string text, string? size = null, bool isBold = false, string? colour = null, bool isCode = false, bool isMatched = false)
    {
        var run = new JsonObject { ["type"] = "TextRun", ["text"] = text };
        if (size is not null)
        {
            run["size"] = size;
        }

        if (isBold || isMatched)
        {
            run["weight"] = "Bolder";
        }

        if (colour is not null)
        {
            run["color"] = colour;
        }

        if (isCode)
        {
            run["fontType"] = "Monospace";
        }

        if (isMatched)
        {
            run["highlight"] = true;
        }

        return run;
    }

    private static string ColourOf(RuleLevel? level) => level switch
    {
        RuleLevel.Critical or RuleLevel.High => "Attention",
        RuleLevel.Medium => "Warning",
        _ => "Accent",
    };
}
