using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using SigmaFunctions.App;
using SigmaFunctions.App.Exporting;
using SigmaFunctions.App.Rules;
using SigmaFunctions.App.Starting;
using SigmaFunctions.Engine.Printing;

if (args is [PackRules.Verb, var folder, var pack])
{
    return PackRules.Run(folder, pack, Console.Out, Console.Error);
}

using var memoryWatch = new MemoryWatch(Environment.FailFast);
string outcome = "cannot start";
IHost? started = null;
try
{
    FunctionsApplicationBuilder builder = FunctionsApplication.CreateBuilder(args);
    builder.Services.AddDetection().AddTelemetryExport(ExportOptions.Read(builder.Configuration));
    IHost host = builder.Build();
    await Startup.PrepareAsync(host.Services, CancellationToken.None);
    StartWatch watch = host.Services.GetRequiredService<StartWatch>();
    await watch.GuardAsync(Task.Run(() => host.StartAsync()));
    watch.Dispose();
    (started, outcome) = (host, "has failed");
    await host.WaitForShutdownAsync();
    await ((IAsyncDisposable)host).DisposeAsync();
}
catch (Exception exception)
{
    // Of a start nothing is disposed: what holds it up would hold that up too. An instance that was kept ready for any app runs this in the
    // process of its own program, which passes over what is returned or thrown here.
    await Console.Error.WriteLineAsync(PrintableText.Of($"SigmaFunctions {outcome}: {StartException.Tell(exception)}"));
    await Console.Error.FlushAsync();
    if (started is IAsyncDisposable host)
    {
        await Task.WhenAny(host.DisposeAsync().AsTask(), Task.Delay(TimeSpan.FromSeconds(5)));
    }

    Environment.Exit(1);
}
return 0;
