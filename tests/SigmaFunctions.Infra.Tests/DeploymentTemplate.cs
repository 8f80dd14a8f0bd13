using System.Text.Json;
using SigmaFunctions.Infra.Tests;

[assembly: AssemblyFixture(typeof(DeploymentTemplate))]

namespace SigmaFunctions.Infra.Tests;

/// <summary>A resource of the compiled template.</summary>
/// <param name="Module">Symbolic name of the module it is in; empty in the main file.</param>
/// <param name="Type">Resource type.</param>
/// <param name="Json">The resource.</param>
internal sealed record TemplateResource(string Module, string Type, JsonElement Json)
{
    /// <summary>Name, mostly an expression.</summary>
    public string Name => Json.GetProperty("name").GetString()!;

    /// <summary>The value at a path of properties below <c>properties</c>.</summary>
    public JsonElement Property(params string[] path) =>
        path.Aggregate(Json.GetProperty("properties"), (element, name) => element.GetProperty(name));
}

/// <summary>
/// infra/main.bicep, compiled once for all tests, with the resources of its modules laid flat. Empty where the compiler
/// does not run.
/// </summary>
public sealed class DeploymentTemplate : IAsyncLifetime
{
    private readonly Dictionary<string, JsonElement> _modules = new(StringComparer.Ordinal);
    private readonly List<TemplateResource> _resources = [];
    private JsonDocument? _document;

    /// <summary>The main template.</summary>
    internal JsonElement Main => _document!.RootElement;

    /// <summary>What the compiler complained about.</summary>
    internal string Diagnostics { get; private set; } = "";

    /// <summary>Every resource that is made, but the modules themselves.</summary>
    internal IReadOnlyList<TemplateResource> Resources => _resources;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        if (!Bicep.IsSupported)
        {
            return;
        }

        BicepResult result = await Bicep.RunAsync("build", Path.Combine(Repository.InfraFolder, "main.bicep"), "--stdout");
        Assert.True(result.ExitCode == 0, result.Diagnostics);
        Diagnostics = result.Diagnostics;
        _document = JsonDocument.Parse(result.Output);
        Collect("", Main);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _document?.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>The only resource of a type.</summary>
    internal TemplateResource Single(string type) => Assert.Single(_resources, resource => resource.Type == type);

    /// <summary>The condition of a module; empty for one that always is.</summary>
    internal string Condition(string module) => _modules[module].TryGetProperty("condition", out JsonElement condition) ? condition.GetString()! : "";

    /// <summary>A module's own template.</summary>
    internal JsonElement ModuleTemplate(string module) => _modules[module].GetProperty("properties").GetProperty("template");

    /// <summary>What the main file passes for a module's parameter; the whole expression where it chooses between two.</summary>
    internal JsonElement Argument(string module, string parameter)
    {
        JsonElement argument = _modules[module].GetProperty("properties").GetProperty("parameters").GetProperty(parameter);
        return argument.ValueKind == JsonValueKind.Object ? argument.GetProperty("value") : argument;
    }

    /// <summary>The text of a module's variable.</summary>
    internal string Variable(string module, string variable) =>
        ModuleTemplate(module).GetProperty("variables").GetProperty(variable).GetString()!;

    /// <summary>The app's settings but for those of outputs.</summary>
    internal JsonElement Settings => ModuleTemplate("functionApp").GetProperty("variables").GetProperty("ownSettings");

    private void Collect(string module, JsonElement template)
    {
        JsonElement resources = template.GetProperty("resources");
        IEnumerable<(string Name, JsonElement Json)> entries = resources.ValueKind == JsonValueKind.Array
            ? resources.EnumerateArray().Select(json => ("", json))
            : resources.EnumerateObject().Select(property => (property.Name, property.Value));
        foreach ((string? name, JsonElement json) in entries)
        {
            if (json.TryGetProperty("existing", out JsonElement existing) && existing.GetBoolean())
            {
                continue;
            }

            string type = json.GetProperty("type").GetString()!;
            if (type != "Microsoft.Resources/deployments")
            {
                _resources.Add(new TemplateResource(module, type, json));
                continue;
            }

            _modules.Add(name, json);
            Collect(name, json.GetProperty("properties").GetProperty("template"));
        }
    }
}
