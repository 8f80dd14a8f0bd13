using System.Runtime.Intrinsics.X86;
using System.Text;
using SigmaFunctions.Engine.Matching.Indexing;

namespace SigmaFunctions.Engine.Tests;

/// <summary>Keywords are looked for by 16 or by 32 places at once: both find what stands in a text, wherever it stands, and nothing else.</summary>
public sealed class FewLiteralsTests
{
    // One more than the last block's width on either side of every block.
    private const int MaxLength = 110;

    [Theory]
    [InlineData("mimi")]
    [InlineData("mimikatz")]
    [InlineData("MimiKatz")]
    [InlineData("::{}@[]|~")]
    [InlineData("a literal of more bytes than are looked at once, whose rarest three are qxz in the middle")]
    public void A_literal_is_found_in_a_text_of_any_length_and_only_in_whole(string literal)
    {
        string[] others = [.. Enumerable.Range(0, 20).Select(i => $"{(char)('a' + i)}other{i}")];
        foreach (FewLiterals literals in new[] { new FewLiterals([literal]), new FewLiterals([.. others, literal]) })
        {
            foreach (bool isWide in Avx2.IsSupported ? new[] { false, true } : [false])
            {
                for (int length = 0; length <= MaxLength; length++)
                {
                    string filling = new('y', length);
                    Check(false, filling);
                    for (int place = 0; place + literal.Length <= length; place++)
                    {
                        string rest = filling[(place + literal.Length)..];
                        Check(true, filling[..place] + literal + rest);
                        Check(true, filling[..place] + literal.ToUpperInvariant() + rest);
                        Check(false, filling[..place] + literal[..^1] + "y" + rest);
                        Check(false, filling[..place] + "y" + literal[1..] + rest);
                    }

                    // What stands around a text is none of it.
                    Check(false, literal[1..] + filling);
                    Check(false, filling + literal[..^1]);
                    Check(false, filling, literal);
                }

                void Check(bool expected, string text, string around = "")
                {
                    ReadOnlySpan<byte> bytes = Encoding.ASCII.GetBytes(around + text + around).AsSpan(around.Length, text.Length);
                    if (literals.StandIn(bytes, isWide) != expected || literals.StandIn(bytes) != expected)
                    {
                        Assert.Fail($"Of '{literal}' in '{text}' ({(isWide ? 32 : 16)} at once), {expected} was expected.");
                    }
                }
            }
        }
    }
}
