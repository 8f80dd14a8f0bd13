using System.CommandLine;
using SigmaFunctions.LocalHost;

ParseResult command = LocalHostCommand.Create().Parse(args);
int code = await command.InvokeAsync(new() { ProcessTerminationTimeout = TimeSpan.FromSeconds(30) });
return command.Errors.Count > 0 ? LocalHostCommand.ExitUsage : code;
