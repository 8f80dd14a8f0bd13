using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.Pages.Model;

/// <summary>Addresses of pages, from the site's root.</summary>
public static class PageAddress
{
    /// <summary>The list.</summary>
    public const string List = "/detections";

    /// <summary>What the address of an event's page begins with; the id of one of its detections follows.</summary>
    public const string Event = "/d/";

    /// <summary>The page of a detection's event.</summary>
    public static string Of(DetectionId id) => Event + id.Value;
}
