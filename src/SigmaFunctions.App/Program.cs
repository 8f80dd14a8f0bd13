using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.Hosting;
using SigmaFunctions.App;
using SigmaFunctions.App.Exporting;
using SigmaFunctions.App.Rules;
using SigmaFunctions.Engine.Printing;

if (args is [PackRules.Verb, var folder, var pack])
    return PackRules.Run(folder, pack, Console.Out, Console.Error);

using var memoryWatch = new MemoryWatch(Environment.FailFast);
try
{
    FunctionsApplicationBuilder builder = FunctionsApplication.CreateBuilder(args);
    builder.Services.AddDetection().AddTelemetryExport(ExportOptions.Read(builder.Configuration));
    using IHost host = builder.Build();
    await Startup.PrepareAsync(host.Services, CancellationToken.None);
    await host.RunAsync();
    return 0;
}
catch (StartException exception)
{
    await Console.Error.WriteLineAsync(PrintableText.Of($"SigmaFunctions cannot start: {exception.Message}"));
    return 1;
}
