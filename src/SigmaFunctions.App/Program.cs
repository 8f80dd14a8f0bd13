using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.Hosting;
using SigmaFunctions.App;

try
{
    FunctionsApplicationBuilder builder = FunctionsApplication.CreateBuilder(args);
    builder.Services.AddDetection();
    using IHost host = builder.Build();
    await Startup.PrepareAsync(host.Services, CancellationToken.None);
    await host.RunAsync();
    return 0;
}
catch (StartException exception)
{
    await Console.Error.WriteLineAsync($"SigmaFunctions cannot start: {exception.Message}");
    return 1;
}
