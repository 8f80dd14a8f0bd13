using System.Text.Json.Nodes;
using Microsoft.Azure.Functions.Worker.Core.FunctionMetadata;

namespace SigmaFunctions.App.Triggers;

/// <summary>Makes functions from one that was built: a trigger has one hub, or one queue, and the app may have several.</summary>
internal static class FunctionCopy
{
    /// <summary>A function that differs from another in its name and in one member of its binding alone.</summary>
    /// <param name="function">The other.</param>
    /// <param name="name">Its name.</param>
    /// <param name="member">The binding's member, such as <c>queueName</c>.</param>
    /// <param name="value">The member's value.</param>
    public static IFunctionMetadata Of(IFunctionMetadata function, string name, string member, string value) => new DefaultFunctionMetadata
    {
        Name = name,
        EntryPoint = function.EntryPoint,
        ScriptFile = function.ScriptFile,
        Language = function.Language,
        IsProxy = function.IsProxy,
        ManagedDependencyEnabled = function.ManagedDependencyEnabled,
        Retry = function.Retry,
        RawBindings = [.. function.RawBindings!.Select(binding => With(binding, member, value))],
    };

    private static string With(string rawBinding, string member, string value)
    {
        JsonObject binding = JsonNode.Parse(rawBinding)!.AsObject();
        binding[member] = value;
        return binding.ToJsonString();
    }
}
