using System.Collections.Immutable;
using System.Text;
using SigmaFunctions.Engine.Logic;

namespace SigmaFunctions.Engine.Compilation;

/// <summary>A value on its way through the transformations: text with wildcards, or bytes after a UTF-16 encoding.</summary>
internal abstract record TextValue
{
    /// <summary>Reads a rule's text: <c>*</c> and <c>?</c> are wildcards, a backslash makes them and itself literal.</summary>
    public static PatternValue Parse(string text) => new(ParsePattern(text, openAtStart: false, openAtEnd: false));

    /// <summary>As <see cref="Parse"/>, with <c>*</c> before and after it where it is open.</summary>
    public static TextPattern ParsePattern(string text, bool openAtStart, bool openAtEnd)
    {
        ImmutableArray<PatternPart>.Builder parts = ImmutableArray.CreateBuilder<PatternPart>(1 + (openAtStart ? 1 : 0) + (openAtEnd ? 1 : 0));
        if (openAtStart)
        {
            parts.Add(PatternPart.AnyRun);
        }
        // Most texts are what they are written as.
        if (text.AsSpan().ContainsAny('*', '?') || text.Contains(@"\\", StringComparison.Ordinal))
        {
            AppendParts(text, parts);
        }
        else
        {
            parts.Add(PatternPart.Literal(text));
        }

        if (openAtEnd)
        {
            parts.Add(PatternPart.AnyRun);
        }

        return new TextPattern(parts.DrainToImmutable());
    }

    private static void AppendParts(string text, ImmutableArray<PatternPart>.Builder parts)
    {
        var literal = new StringBuilder();
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && i + 1 < text.Length && text[i + 1] is '*' or '?' or '\\')
            {
                literal.Append(text[++i]);
            }
            else if (text[i] is '*' or '?')
            {
                parts.Add(PatternPart.Literal(literal.ToString()));
                parts.Add(text[i] == '*' ? PatternPart.AnyRun : PatternPart.AnyOne);
                literal.Clear();
            }
            else
            {
                literal.Append(text[i]);
            }
        }

        parts.Add(PatternPart.Literal(literal.ToString()));
    }
}

/// <summary>Text with wildcards.</summary>
internal sealed record PatternValue(TextPattern Pattern) : TextValue
{
    public static PatternValue FromLiteral(string text) => new(new TextPattern([PatternPart.Literal(text)]));
}

/// <summary>The bytes of an encoded text.</summary>
internal sealed record BytesValue(byte[] Bytes) : TextValue;
