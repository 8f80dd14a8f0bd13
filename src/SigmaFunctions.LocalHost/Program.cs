using System.CommandLine;
using SigmaFunctions.Engine.Printing;
using SigmaFunctions.LocalHost;
using SigmaFunctions.Storage.Accounts;

LoopbackTraffic.Bypass();

// What the parser has to say quotes arguments.
using var errors = new StreamWriter(new PrintableStream(Console.OpenStandardError())) { AutoFlush = true, NewLine = "\n" };
ParseResult command = LocalHostCommand.Create().Parse(args);
int code = await command.InvokeAsync(new() { ProcessTerminationTimeout = TimeSpan.FromSeconds(30), Error = errors });
return command.Errors.Count > 0 ? LocalHostCommand.ExitUsage : code;
