using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SigmaFunctions.App.Diagnostics;
using SigmaFunctions.App.Options;
using SigmaFunctions.App.Starting;
using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Telemetry;
using SigmaFunctions.Telemetry.Mappings;

namespace SigmaFunctions.App.Detecting;

/// <summary>Makes the app's decoder, with the mappings of further sources.</summary>
internal static class DecoderFactory
{
    /// <summary>Makes it. A mapping that is wrong is reported and left out.</summary>
    /// <exception cref="StartException">A path of mappings does not exist.</exception>
    public static EventDecoder Create(IOptions<MappingOptions> options, ILogger<EventDecoder> logger)
    {
        MappingSet mappings = Read(options.Value.FullPaths(AppContext.BaseDirectory));
        foreach (Diagnostic diagnostic in mappings.Diagnostics)
        {
            logger.MappingRejected(diagnostic.File, diagnostic.Line, diagnostic.Code, diagnostic.Message);
        }

        if (!mappings.Mappings.IsEmpty)
        {
            logger.MappingsLoaded(mappings.Mappings.Length);
        }

        return new EventDecoder(mappings: mappings.Mappings);
    }

    private static MappingSet Read(IReadOnlyList<string> paths)
    {
        try
        {
            return MappingSet.LoadPaths(paths);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StartException($"The mappings cannot be read: {exception.Message} Mappings__Path names the files and folders.", exception);
        }
    }
}
