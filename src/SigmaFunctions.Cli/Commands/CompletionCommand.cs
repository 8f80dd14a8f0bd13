using System.CommandLine;
using SigmaFunctions.Cli.Output;

namespace SigmaFunctions.Cli.Commands;

/// <summary>
/// <c>sigmaf completion</c>: a script by which a shell completes commands, options and their values. It asks the program itself, with what stands on
/// the line behind its name (the parser's directive <c>[suggest]</c>); where that has nothing, the shell completes names of files.
/// </summary>
internal static class CompletionCommand
{
    // Options are offered only where one is begun: elsewhere they would stand in the way of names of files. "/?" and "/h" are never offered.
    private const string Bash = """
        _sigmaf() {
            local program="${COMP_WORDS[0]/#\~/$HOME}" word="${COMP_WORDS[COMP_CWORD]}"
            local line="${COMP_LINE:0:COMP_POINT}"
            line="${line#"${COMP_WORDS[0]}"}"
            COMPREPLY=()
            while IFS= read -r suggestion; do
                if [[ $suggestion == "$word"* && $suggestion != /* && ( $word == -* || $suggestion != -* ) ]]; then
                    COMPREPLY+=("$suggestion")
                fi
            done < <("$program" "[suggest:${#line}]" "$line" 2>/dev/null | tr -d '\r')
        }
        complete -o bashdefault -o default -F _sigmaf sigmaf
        """;

    private const string Zsh = """
        #compdef sigmaf
        _sigmaf() {
            local program="${(Q)words[1]}" line="${LBUFFER#*${words[1]}}" word="${words[CURRENT]}"
            local -a suggestions
            suggestions=("${(@f)$("$program" "[suggest:${#line}]" "$line" 2>/dev/null)}")
            [[ $word == -* ]] || suggestions=("${(@)suggestions:#-*}")
            suggestions=("${(@)suggestions:#(/*|)}")
            if (( ${#suggestions} )); then compadd -a suggestions; else _files; fi
        }
        (( $+functions[compdef] )) || { autoload -Uz compinit; compinit }
        compdef _sigmaf sigmaf
        """;

    private const string Fish = """
        function __sigmaf_complete
            set -l words (commandline -opc)
            set -l line (string replace -- $words[1] '' (commandline -cp))
            set -l suggestions ($words[1] "[suggest:"(string length -- $line)"]" "$line" 2>/dev/null | string match -v -- '/*')
            if string match -q -- '-*' (commandline -ct)
                printf '%s\n' $suggestions
            else
                string match -v -- '-*' $suggestions
            end
        end
        complete -c sigmaf -a '(__sigmaf_complete)'
        """;

    private const string PowerShell = """
        Register-ArgumentCompleter -Native -CommandName sigmaf -ScriptBlock {
            param($word, $ast, $position)
            $program = $ast.CommandElements[0].Extent.Text
            $line = $ast.ToString().PadRight($position - $ast.Extent.StartOffset).Substring($program.Length)
            & $program "[suggest:$($line.Length)]" $line |
                Where-Object { $_ -like "$word*" -and $_ -notlike '/*' -and ($word -like '-*' -or $_ -notlike '-*') } |
                ForEach-Object { [System.Management.Automation.CompletionResult]::new($_) }
        }
        """;

    public static Command Create(Terminal terminal)
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh, fish or pwsh." };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish", "pwsh");
        var command = new DocumentedCommand(
            "completion",
            "Prints a script by which a shell completes commands, options and their values.",
            """
            Put it where the shell looks when it starts:
              bash  echo 'source <(sigmaf completion bash)' >> ~/.bashrc
              zsh   echo 'source <(sigmaf completion zsh)' >> ~/.zshrc
              fish  sigmaf completion fish > ~/.config/fish/completions/sigmaf.fish
              pwsh  sigmaf completion pwsh >> $PROFILE
            """)
        {
            shell,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string script = parsed.GetRequiredValue(shell) switch
            {
                "bash" => Bash,
                "zsh" => Zsh,
                "fish" => Fish,
                _ => PowerShell,
            };
            foreach (string line in script.ReplaceLineEndings("\n").Split('\n'))
            {
                await terminal.Text.WriteLineAsync(line);
            }

            return ExitCode.Success;
        });
        return command;
    }
}
