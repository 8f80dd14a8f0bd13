using System.Text.Encodings.Web;
using System.Text.Json;

namespace SigmaFunctions.Cli.Output;

/// <summary>How JSON is written: for terminals and tools, not for web pages, so only what JSON itself asks for is escaped.</summary>
internal static class JsonOutput
{
    public static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
