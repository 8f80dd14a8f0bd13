using Microsoft.Win32.SafeHandles;
using SigmaFunctions.Cli;
using SigmaFunctions.Cli.Output;
using SigmaFunctions.Storage.Accounts;
using Spectre.Console;

LoopbackTraffic.Bypass();

// None of these is closed here: they write at once, and closing would write again into a pipe that is gone.
var output = new OutputStream(OpenOutput());
Stream input = Console.OpenStandardInput();

// The first Ctrl-C ends the command in order, the second the process.
using var interrupted = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = !interrupted.IsCancellationRequested;
    interrupted.Cancel();
};

bool isInteractive = !Console.IsOutputRedirected;
var terminal = new Terminal(input, output, Console.OpenStandardError(), hasColours: isInteractive && HasColours())
{
    IsInteractive = isInteractive,
};
return await new CommandLineApp(terminal).RunAsync(args, interrupted.Token);

// Where a console has to be told first that colours come, asking tells it.
static bool HasColours() =>
    AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Out) }).Profile.Capabilities is { Ansi: true, ColorSystem: not ColorSystem.NoColors };

// .NET's console stream acts as if a closed pipe took everything, and a scan piped into head would never end. A file's stream says
// that the pipe is closed, but keeps a position of its own, which only a pipe does not have.
static Stream OpenOutput()
{
    if (!OperatingSystem.IsWindows())
    {
        var pipe = new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        if (!pipe.CanSeek && Console.IsOutputRedirected)
        {
            return pipe;
        }
    }

    return Console.OpenStandardOutput();
}
