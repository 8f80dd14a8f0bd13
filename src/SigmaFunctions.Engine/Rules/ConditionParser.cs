using System.Collections.Immutable;
using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.Yaml;

namespace SigmaFunctions.Engine.Rules;

/// <summary>
/// Parses a condition: <c>not</c> binds tighter than <c>and</c>, that tighter than <c>or</c>; words of the language are
/// case-insensitive, names are not.
/// </summary>
internal sealed class ConditionParser
{
    public const int MaxDepth = 64;
    public const int MaxLength = 65_536;

    private readonly List<Token> _tokens = [];
    private readonly YamlScalar _source;
    private int _next;
    private int _depth;

    private ConditionParser(YamlScalar source) => _source = source;

    private readonly record struct Token(string Text, Position Position)
    {
        public bool Is(string word) => Text.Equals(word, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>The condition, or null after reporting why it is none.</summary>
    public static ConditionSyntax? Parse(YamlScalar source, DiagnosticSink sink)
    {
        var parser = new ConditionParser(source);
        try
        {
            parser.Tokenize();
            ConditionSyntax condition = parser.ParseOr();
            if (parser._next < parser._tokens.Count)
            {
                throw parser.Unexpected("the condition should end here or go on with 'and' or 'or'");
            }

            return condition;
        }
        catch (ConditionException exception)
        {
            sink.Report(exception.Code, exception.Position, exception.Message);
            return null;
        }
    }

    private void Tokenize()
    {
        string text = _source.Value;
        if (text.Length > MaxLength)
        {
            throw new ConditionException(DiagnosticCode.TooLarge, _source.Position, $"The condition is longer than {MaxLength} characters. Use '1 of' and '*'.");
        }

        for (int i = 0; i < text.Length;)
        {
            if (char.IsWhiteSpace(text[i]))
            {
                i++;
                continue;
            }

            if (OtherOperator(text, i) is var (symbol, word))
            {
                throw new ConditionException(DiagnosticCode.ConditionSyntax, PositionOf(i), $"'{symbol}' is no word of a condition. Write '{word}'.");
            }

            if (text[i] == '|')
            {
                throw new ConditionException(
                    DiagnosticCode.OldAggregation,
                    PositionOf(i),
                    "The old aggregation syntax ('| count() …') is no longer part of Sigma. Write a correlation over this rule instead (docs/correlation.md).");
            }

            int start = i++;
            if (text[start] is not ('(' or ')'))
            {
                while (i < text.Length && !char.IsWhiteSpace(text[i]) && text[i] is not ('(' or ')' or '|'))
                {
                    i++;
                }
            }

            _tokens.Add(new Token(text[start..i], PositionOf(start)));
        }
    }

    /// <summary>What other languages write, and what Sigma calls it.</summary>
    private static (string Symbol, string Word)? OtherOperator(string text, int index) => text[index..Math.Min(index + 2, text.Length)] switch
    {
        "&&" => ("&&", "and"),
        "||" => ("||", "or"),
        ['!', not '='] => ("!", "not"),
        _ => null,
    };

    /// <summary>The place of a character: exact for a condition on one line, which all but folded ones are.</summary>
    private Position PositionOf(int index) =>
        _source.Value.Contains('\n', StringComparison.Ordinal)
            ? _source.Position
            : new Position(_source.Position.Line, _source.Position.Column + index + (_source.IsPlain ? 0 : 1));

    private ConditionSyntax ParseOr() => ParseOperands("or", ParseAnd, operands => new OrCondition(operands));

    private ConditionSyntax ParseAnd() => ParseOperands("and", ParseNot, operands => new AndCondition(operands));

    private ConditionSyntax ParseOperands(
        string separator, Func<ConditionSyntax> parseOperand, Func<ImmutableArray<ConditionSyntax>, ConditionSyntax> combine)
    {
        ConditionSyntax first = parseOperand();
        if (!NextIs(separator))
        {
            return first;
        }

        ImmutableArray<ConditionSyntax>.Builder operands = ImmutableArray.CreateBuilder<ConditionSyntax>();
        operands.Add(first);
        while (NextIs(separator))
        {
            _next++;
            operands.Add(parseOperand());
        }

        return combine(operands.ToImmutable());
    }

    private ConditionSyntax ParseNot()
    {
        if (!NextIs("not"))
        {
            return ParsePrimary();
        }

        _next++;
        return Nested(() => new NotCondition(ParseNot()));
    }

    private ConditionSyntax ParsePrimary()
    {
        if (_next >= _tokens.Count)
        {
            throw Unexpected("a search identifier is expected");
        }

        Token token = _tokens[_next];
        if (token.Text == "(")
        {
            _next++;
            ConditionSyntax inner = Nested(ParseOr);
            if (!NextIs(")"))
            {
                throw Unexpected("a ')' is missing");
            }

            _next++;
            return inner;
        }

        if (_next + 1 < _tokens.Count && _tokens[_next + 1].Is("of"))
        {
            return ParseQuantified(token);
        }

        if (token.Text == ")" || token.Is("and") || token.Is("or") || token.Is("of") || token.Is("them"))
        {
            throw Unexpected("a search identifier is expected");
        }

        _next++;
        return new IdentifierCondition(token.Text, token.Position);
    }

    private QuantifiedCondition ParseQuantified(Token quantifier)
    {
        if (!quantifier.Is("1") && !quantifier.Is("any") && !quantifier.Is("all"))
        {
            throw new ConditionException(
                DiagnosticCode.ConditionSyntax,
                quantifier.Position,
                $"'{quantifier.Text} of' is not a quantifier of Sigma. Use '1 of', 'any of' or 'all of'.");
        }

        _next += 2;
        if (_next >= _tokens.Count || _tokens[_next].Text is "(" or ")")
        {
            throw Unexpected("'them' or a pattern of names is expected after 'of'");
        }

        Token pattern = _tokens[_next++];
        return new QuantifiedCondition(quantifier.Is("all"), pattern.Is("them") ? null : pattern.Text, pattern.Position);
    }

    private ConditionSyntax Nested(Func<ConditionSyntax> parse)
    {
        if (++_depth > MaxDepth)
        {
            throw new ConditionException(
                DiagnosticCode.TooLarge, _tokens[_next - 1].Position, $"The condition is nested more than {MaxDepth} deep. Simplify it.");
        }

        ConditionSyntax result = parse();
        _depth--;
        return result;
    }

    private bool NextIs(string word) => _next < _tokens.Count && _tokens[_next].Is(word);

    private ConditionException Unexpected(string expectation)
    {
        bool atEnd = _next >= _tokens.Count;
        string found = atEnd ? "The condition ends too early" : $"'{_tokens[_next].Text}' is not expected here";
        return new ConditionException(
            DiagnosticCode.ConditionSyntax, atEnd ? _source.Position : _tokens[_next].Position, $"{found}: {expectation}.");
    }

    private sealed class ConditionException(DiagnosticCode code, Position position, string message) : Exception(message)
    {
        public DiagnosticCode Code { get; } = code;

        public Position Position { get; } = position;
    }
}
