using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace SigmaFunctions.Documentation.Tests;

/// <summary>What is to become of a documented command.</summary>
internal enum CommandKind
{
    /// <summary>It is run, or <see cref="DocumentedCommand.Try"/> in its place.</summary>
    Run,

    /// <summary>It runs until it is ended; others run meanwhile.</summary>
    Server,

    /// <summary>The form of a command: its options are looked for in the command's help, and <see cref="DocumentedCommand.Try"/> is run.</summary>
    Synopsis,

    /// <summary>It needs an Azure subscription, or Microsoft's tools.</summary>
    Azure,

    /// <summary>It takes long and is run elsewhere: <see cref="DocumentedCommand.Why"/> tells where.</summary>
    Elsewhere,

    /// <summary>It cannot be run as it stands: <see cref="DocumentedCommand.Why"/>.</summary>
    Illustration,
}

/// <summary>An entry of commands.yml.</summary>
internal sealed class DocumentedCommand
{
    /// <summary>As it is documented.</summary>
    public string Command { get; init; } = "";

    public CommandKind Kind { get; init; }

    /// <summary>What is run in its place: the command with values for what it leaves open.</summary>
    public string? Try { get; init; }

    /// <summary>Whether the server has to run meanwhile.</summary>
    public bool WithServer { get; init; }

    /// <summary>The exit code that is due.</summary>
    public int Exit { get; init; }

    /// <summary>What the output must contain, standard error included.</summary>
    public List<string> Says { get; init; } = [];

    /// <summary>A file that must be there afterwards.</summary>
    public string? Writes { get; init; }

    public string? Why { get; init; }
}

/// <summary>commands.yml: every command of the documentation, and what is to become of it.</summary>
internal sealed class Manifest
{
    public List<DocumentedCommand> Commands { get; init; } = [];

    /// <summary>First words of lines in code blocks that are no commands, but what a program prints.</summary>
    public List<string> Output { get; init; } = [];

    public static Manifest Read() => new DeserializerBuilder()
        .WithNamingConvention(CamelCaseNamingConvention.Instance)
        .Build()
        .Deserialize<Manifest>(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "commands.yml")));
}
