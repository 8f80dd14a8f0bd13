namespace SigmaFunctions.Pages.Pivots;

/// <summary>Where a pivot is asked.</summary>
internal enum PivotLanguage
{
    /// <summary>KQL for advanced hunting of Defender XDR.</summary>
    Defender,

    /// <summary>KQL for a workspace of Microsoft Sentinel.</summary>
    Sentinel,

    /// <summary>SPL.</summary>
    Splunk,

    /// <summary>Commands of <c>sigmaf</c>.</summary>
    Sigmaf,
}

/// <summary>A question about an event, to be copied and asked elsewhere.</summary>
/// <param name="Language">Where it is asked.</param>
/// <param name="Title">What it asks.</param>
/// <param name="Text">The question.</param>
internal sealed record Pivot(PivotLanguage Language, string Title, string Text);
