namespace SigmaFunctions.Archives.Recognising;

/// <summary>What a file is.</summary>
/// <param name="Kind">How its content is got at.</param>
/// <param name="Advice">For one that is not read: what it is and what to do, as it follows the file's name.</param>
internal sealed record FileForm(FileKind Kind, string? Advice = null)
{
    public static FileForm Text { get; } = new(FileKind.Text);
}
