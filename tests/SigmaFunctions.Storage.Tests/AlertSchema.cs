using Json.Schema;

namespace SigmaFunctions.Storage.Tests;

/// <summary>The schema of alerts that is published. It has an id, under which it can be read once in a process.</summary>
internal static class AlertSchema
{
    public static JsonSchema Json { get; } = JsonSchema.FromFile(Path.Combine(AppContext.BaseDirectory, "alert.schema.json"));
}
