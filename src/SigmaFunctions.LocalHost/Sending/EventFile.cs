using SigmaFunctions.Archives;
using SigmaFunctions.Archives.Bodies;
using SigmaFunctions.LocalHost.Processes;
using SigmaFunctions.Telemetry;

namespace SigmaFunctions.LocalHost.Sending;

/// <summary>A file of event hub bodies.</summary>
internal static class EventFile
{
    /// <summary>Makes sure that there is an event in the file that can be read.</summary>
    /// <exception cref="LocalHostException">There is none, or the file is one that is not read.</exception>
    public static async Task RequireAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            await EventCheck.RequireAsync([BodyInput.OfFile(path)], new EventDecoder(), cancellationToken);
        }
        catch (BodyFileException exception)
        {
            throw new LocalHostException($"The events file cannot be used: {exception.Message}", exception);
        }
    }

    /// <summary>Reads the bodies as they are asked for, faults among them; of an archive only the files that hold events.</summary>
    public static IAsyncEnumerable<BodyLine> ReadAsync(string path) =>
        EventCheck.ReadAsync([BodyInput.OfFile(path)], new EventDecoder(), CancellationToken.None);
}
