namespace SigmaFunctions.Catalog.Site.Parts;

/// <summary>
/// Marks the parts of YAML with spans: <c>k</c> keys, <c>s</c> quoted text, <c>c</c> comments, <c>p</c> punctuation. Whatever it takes a part
/// for, the text is the same.
/// </summary>
internal static class YamlHighlighter
{
    /// <summary>Writes YAML.</summary>
    public static void Write(HtmlWriter html, string yaml)
    {
        // The indentation of the key whose block text follows; -1 outside of one.
        int block = -1;
        foreach (ReadOnlySpan<char> line in yaml.AsSpan().EnumerateLines())
        {
            int indentation = line.Length - line.TrimStart(' ').Length;
            if (block >= 0 && (line.IsWhiteSpace() || indentation > block))
            {
                html.Write($"<span class=\"s\">{line}</span>\n");
                continue;
            }

            block = -1;
            html.Text(line[..indentation]);
            ReadOnlySpan<char> rest = line[indentation..];
            while (rest is ['-', ' ', ..] or ['-'])
            {
                int after = rest.Length - rest[1..].TrimStart(' ').Length;
                html.Write($"<span class=\"p\">{rest[..after]}</span>");
                rest = rest[after..];
            }

            int key = KeyLength(rest);
            if (key > 0)
            {
                html.Write($"<span class=\"k\">{rest[..key]}</span><span class=\"p\">:</span>");
                rest = rest[(key + 1)..];
                if (rest.Trim() is ['|' or '>', ..] and { Length: <= 3 })
                {
                    block = indentation;
                }
            }

            Value(html, rest);
            html.Write($"\n");
        }
    }

    /// <summary>The length of a key that a colon follows; 0 if the line does not begin with one.</summary>
    private static int KeyLength(ReadOnlySpan<char> line)
    {
        if (line is ['\'' or '"', ..])
        {
            int end = QuotedLength(line);
            return end < line.Length && line[end] == ':' ? end : 0;
        }

        if (line is [] or ['#', ..])
        {
            return 0;
        }

        for (int i = 0; i < line.Length; i++)
        {
            if (line[i] == ':' && (i + 1 == line.Length || line[i + 1] == ' '))
            {
                return i;
            }

            if (line[i] == '#' && i > 0 && line[i - 1] == ' ')
            {
                return 0;
            }
        }

        return 0;
    }

    private static void Value(HtmlWriter html, ReadOnlySpan<char> text)
    {
        int start = text.Length - text.TrimStart(' ').Length;
        html.Text(text[..start]);
        text = text[start..];
        if (text is ['\'' or '"', ..])
        {
            int end = QuotedLength(text);
            html.Write($"<span class=\"s\">{text[..end]}</span>");
            text = text[end..];
        }

        int comment = text is ['#', ..] ? 0 : text.IndexOf(" #", StringComparison.Ordinal);
        if (comment < 0)
        {
            html.Text(text);
            return;
        }

        html.Write($"{text[..comment]}<span class=\"c\">{text[comment..]}</span>");
    }

    /// <summary>The length of a quoted text with its quotes, to the end of the line if it is not closed there.</summary>
    private static int QuotedLength(ReadOnlySpan<char> text)
    {
        char quote = text[0];
        for (int i = 1; i < text.Length; i++)
        {
            if (quote == '"' && text[i] == '\\')
            {
                i++;
            }
            else if (text[i] == quote)
            {
                if (quote == '"' || i + 1 == text.Length || text[i + 1] != quote)
                {
                    return i + 1;
                }

                i++;
            }
        }

        return text.Length;
    }
}
