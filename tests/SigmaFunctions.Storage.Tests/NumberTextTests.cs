using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.Storage.Tests;

public sealed class NumberTextTests
{
    [Theory]
    [InlineData("0", true)]
    [InlineData("-0.5", true)]
    [InlineData("12", true)]
    [InlineData("1.50e+10", true)]
    [InlineData("1E-7", true)]
    [InlineData("", false)]
    [InlineData("-", false)]
    [InlineData("01", false)]
    [InlineData("1.", false)]
    [InlineData(".5", false)]
    [InlineData("1e", false)]
    [InlineData("1e+", false)]
    [InlineData("1 ", false)]
    [InlineData("1,2", false)]
    [InlineData("NaN", false)]
    [InlineData("٣", false)]
    [InlineData("[]", false)]
    public void A_number_is_one_as_JSON_has_them(string text, bool expected) => Assert.Equal(expected, NumberText.IsNumber(text));

    [Theory]
    [InlineData("12345678901234567890123456789012", "12345678901234567890123456789012")]
    [InlineData("123456789012345678901234567890123", "1.2345678901234567e32")]
    [InlineData("-123456789012345678901234567890123", "-1.2345678901234567e32")]
    [InlineData("1000000000000000000000000000000000.5", "1e33")]
    [InlineData("1500000000000000000000000000000000", "1.5e33")]
    [InlineData("0.000000000000000000000000000000000125", "1.25e-34")]
    [InlineData("12.345678901234567890123456789012345", "1.2345678901234567e1")]
    [InlineData("0.1234567890123456789012345678901234", "1.2345678901234567e-1")]
    [InlineData("0.0000000000000000000000000000000000", "0")]
    [InlineData("1e400", "1e400")]
    public void A_long_number_has_its_first_digits_and_an_exponent(string number, string expected)
    {
        string shortened = NumberText.Shorten(number, 32);

        Assert.Equal(expected, shortened);
        Assert.True(NumberText.IsNumber(shortened));
        Assert.Equal(shortened, NumberText.Shorten(shortened, 32));
    }
}
