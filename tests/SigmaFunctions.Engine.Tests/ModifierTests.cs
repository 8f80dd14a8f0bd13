using SigmaFunctions.Engine.Model;

namespace SigmaFunctions.Engine.Tests;

/// <summary>A set of modifiers tells all of them apart.</summary>
public sealed class ModifierTests
{
    [Fact]
    public void A_set_of_one_modifier_has_no_other()
    {
        foreach (Modifier one in Enum.GetValues<Modifier>())
        {
            Assert.Equal([one], Enum.GetValues<Modifier>().Where(ModifierSet.Of(one).Contains));
        }
    }

    /// <summary>A set has 64 bits: what stands beyond them would be taken for another.</summary>
    [Fact]
    public void There_are_no_more_modifiers_than_a_set_can_hold() =>
        Assert.All(Enum.GetValues<Modifier>(), modifier => Assert.InRange((int)modifier, 0, 63));
}
