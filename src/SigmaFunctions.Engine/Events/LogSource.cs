namespace SigmaFunctions.Engine.Events;

/// <summary>
/// Where an event comes from, or where a rule looks: the specification's category, product and service.
/// An attribute that is <see langword="null"/> is not stated. Values are compared exactly (Sigma writes them in lower case).
/// </summary>
/// <param name="Category">Kind of event, such as <c>process_creation</c>.</param>
/// <param name="Product">Product that writes the log, such as <c>windows</c>.</param>
/// <param name="Service">Service within the product, such as <c>sysmon</c>.</param>
public sealed record LogSource(string? Category = null, string? Product = null, string? Service = null)
{
    /// <summary>Whether every attribute stated here has the same value in <paramref name="other"/>.</summary>
    public bool Covers(LogSource other) =>
        (Category is null || Category == other.Category)
        && (Product is null || Product == other.Product)
        && (Service is null || Service == other.Service);

    /// <summary>The stated attributes, as <c>product=windows,category=process_creation</c>.</summary>
    public override string ToString() => string.Join(
        ',',
        new[] { ("product", Product), ("category", Category), ("service", Service) }
            .Where(part => part.Item2 is not null)
            .Select(part => $"{part.Item1}={part.Item2}"));
}
