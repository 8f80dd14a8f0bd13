using System.Diagnostics;
using System.IO.Compression;
using System.Text;

namespace SigmaFunctions.Documentation.Tests;

/// <summary>
/// A folder that looks like a fresh clone to a command, with the files beside it that the documentation names; <c>sigmaf</c> is this build's.
/// Projects are not built again: <c>dotnet run</c> gets <c>--no-build</c>.
/// </summary>
internal sealed class Workspace : IDisposable
{
    private const string NodeEvent =
        """{"EventID":1,"Channel":"Microsoft-Windows-Sysmon/Operational","Image":"C:\\x\\node.exe","CommandLine":"node -e """;

    private static readonly string[] NotOfAClone = [".git", ".vs", ".idea", ".vscode"];

    private readonly string _folder = Directory.CreateTempSubdirectory("documentation-").FullName;

    public Workspace()
    {
        foreach (string entry in Directory.EnumerateFileSystemEntries(Repository.Folder))
        {
            if (!NotOfAClone.Contains(Path.GetFileName(entry)))
            {
                File.CreateSymbolicLink(Path.Combine(_folder, Path.GetFileName(entry)), entry);
            }
        }

        CopyRules("my-rules");
        CopyRules("changed");
        string changed = Path.Combine(_folder, "changed", "rule.yml");
        File.WriteAllText(changed, File.ReadAllText(changed)
            .Replace("' --eval '", "' --evil '", StringComparison.Ordinal)
            .Replace("level: high", "level: low", StringComparison.Ordinal));
        using (ZipArchive archive = ZipFile.Open(Path.Combine(_folder, "sigma_core.zip"), ZipArchiveMode.Create))
        using (var rule = new StreamWriter(archive.CreateEntry("rules/other.yml").Open()))
        {
            rule.Write(File.ReadAllText(changed).Replace("id: 6640f31c", "id: 6640f31d", StringComparison.Ordinal));
        }

        Write("overrides.yml", "6640f31c-01ad-49b5-beb5-83498a5cd8bd:\n  level: critical\n");
        Write("placeholders.yml", "admins: [alice, bob]\n");
        Write("events.ndjson", NodeEvent + """require('child_process').exec('cmd');new net.socket().connect(1)"}""" + "\n");
        Write("event.json", NodeEvent + "1\"}\n");
    }

    /// <summary>Variables that commands see beside those of this process.</summary>
    public Dictionary<string, string> Variables { get; } = new()
    {
        ["REPOSITORY"] = Repository.Folder,
        ["CONFIGURATION"] = Repository.Configuration,
        ["Rules__CheckInterval"] = "00:00:01",
    };

    public void Dispose()
    {
        // Links go, not what they lead to.
        foreach (string entry in Directory.EnumerateFileSystemEntries(_folder))
        {
            if (File.ResolveLinkTarget(entry, returnFinalTarget: false) is not null)
            {
                File.Delete(entry);
            }
        }

        Directory.Delete(_folder, recursive: true);
    }

    public bool Exists(string file) => File.Exists(Path.Combine(_folder, file));

    /// <summary>Starts a command in a shell.</summary>
    public Process Start(string command)
    {
        string built = command
            .Replace("dotnet run -v minimal --project", "dotnet run --project", StringComparison.Ordinal)
            .Replace("dotnet run --project", $"dotnet run --no-build -c {Repository.Configuration} --project", StringComparison.Ordinal);
        string sigmaf = Path.Combine(Repository.Folder, "src", "SigmaFunctions.Cli", "bin", Repository.Configuration, "net10.0", "sigmaf.dll");
        var start = new ProcessStartInfo("/bin/sh", ["-c", $"sigmaf() {{ dotnet '{sigmaf}' \"$@\"; }}; {built}"])
        {
            WorkingDirectory = _folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        foreach ((string name, string value) in Variables)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    /// <summary>Runs a command to its end; its standard output and standard error, one after the other.</summary>
    public async Task<(int Exit, string Output)> RunAsync(string command, CancellationToken cancellationToken)
    {
        using Process process = Start(command);
        process.StandardInput.Close();
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(cancellationToken);
            Task<string> errors = process.StandardError.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            return (process.ExitCode, await output + await errors);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    /// <summary>The bundled rules and their tests, with that of Node.EXE as <c>rule.yml</c>.</summary>
    private void CopyRules(string to)
    {
        string from = Path.Combine(Repository.Folder, "rules");
        foreach (string file in Directory.EnumerateFiles(from, "*.yml", SearchOption.AllDirectories))
        {
            string name = Path.GetRelativePath(from, file);
            if (Path.GetFileName(name).StartsWith("proc_creation_win_node_abuse.", StringComparison.Ordinal))
            {
                name = Path.GetFileName(name).Replace("proc_creation_win_node_abuse", "rule", StringComparison.Ordinal);
            }

            string target = Path.Combine(_folder, to, name);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_folder, name), text);
}
