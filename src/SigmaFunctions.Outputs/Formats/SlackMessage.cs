using System.Text.Json;
using System.Text.Json.Nodes;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Outputs.Model;

namespace SigmaFunctions.Outputs.Formats;

/// <summary>
/// A message of Slack's Block Kit, for an incoming webhook. Text of events stands in plain text and rich text alone, in which Slack sees no markup, links or mentions.
/// </summary>
internal static class SlackMessage
{
    // Slack's own bounds: 150 characters of a header, ten fields of a section.
    private const int MaxHeader = 150;
    private const int MaxFields = 10;

    public static byte[] Write(Notification notification)
    {
        var card = Card.Of(notification);
        var blocks = new JsonArray
        {
            new JsonObject { ["type"] = "header", ["text"] = Plain(Storage.Model.BoundedText.Cut($"{Sign(card.Level)} {card.Title}", MaxHeader)) },
        };
        foreach ((string Name, string Value)[] facts in card.Facts.Prepend(("Level", card.Level?.Name() ?? "none")).Chunk(MaxFields))
        {
            blocks.Add(new JsonObject { ["type"] = "section", ["fields"] = new JsonArray([.. facts.Select(fact => Plain($"{fact.Name}\n{fact.Value}"))]) });
        }

        if (!card.Command.IsEmpty)
        {
            blocks.Add(Rich(card.Command.Select(part => Run(part.Text, isCode: true, isBold: part.IsMatched))));
        }

        blocks.Add(Rich([Run(card.Lookup, isCode: true, isBold: false)]));
        if (card.Page is { } page)
        {
            blocks.Add(new JsonObject
            {
                ["type"] = "actions",
                ["elements"] = new JsonArray(new JsonObject { ["type"] = "button", ["text"] = Plain("Rule"), ["url"] = page }),
            });
        }

        return JsonSerializer.SerializeToUtf8Bytes(new JsonObject { ["text"] = Escape(card.Summary), ["blocks"] = blocks });
    }

    private static JsonObject Plain(string text) => new() { ["type"] = "plain_text", ["text"] = text, ["emoji"] = false };

    private static JsonObject Rich(IEnumerable<JsonObject> runs) => new()
    {
        ["type"] = "rich_text",
        ["elements"] = new JsonArray(new JsonObject { ["type"] = "rich_text_section", ["elements"] = new JsonArray([.. runs]) }),
    };

    private static JsonObject Run(string text, bool isCode, bool isBold)
    {
        var style = new JsonObject { ["code"] = isCode };
        if (isBold)
        {
            style["bold"] = true;
        }

        return new JsonObject { ["type"] = "text", ["text"] = text, ["style"] = style };
    }

    // What Slack asks for in text that it reads as markup; without < there are no links and no mentions.
    private static string Escape(string text) =>
        text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal);

    private static string Sign(RuleLevel? level) => level switch
    {
        RuleLevel.Critical => "🟥",
        RuleLevel.High => "🟧",
        RuleLevel.Medium => "🟨",
        _ => "🟦",
    };
}
