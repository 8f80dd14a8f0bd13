using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using SigmaFunctions.Catalog.Building;
using SigmaFunctions.Catalog.Coverage;
using SigmaFunctions.Catalog.Model;
using SigmaFunctions.Catalog.Site;
using SigmaFunctions.Cli.Output;
using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Packing;
using SigmaFunctions.Engine.RuleSets;

namespace SigmaFunctions.Cli.Commands;

/// <summary><c>sigmaf catalog</c>: writes rules as a site.</summary>
internal static class CatalogCommand
{
    public static Command Create(Terminal terminal)
    {
        var rules = new Option<string[]>(ScanCommand.RulesName)
        {
            Description = "Rule files, folders and zip archives, each a source of rules that goes by its name. NAME=PATH gives it another.",
            Required = true,
            Arity = ArgumentArity.OneOrMore,
            AllowMultipleArgumentsPerToken = true,
            HelpName = "PATH...",
        };
        var output = new Option<string>("--out")
        {
            Description = "The folder to write: new, empty, or an earlier catalogue, which is replaced.",
            Required = true,
            HelpName = "DIR",
        };
        var baseUrl = new Option<Uri?>("--base-url")
        {
            Description = "Address that the site will have, for links from elsewhere.",
            HelpName = "URL",
            CustomParser = result =>
            {
                if (Uri.TryCreate(result.Tokens[^1].Value, UriKind.Absolute, out Uri? url) && url.Scheme is "http" or "https" && url.Query.Length + url.Fragment.Length == 0)
                {
                    return url;
                }

                result.AddError("--base-url must be an http or https address without a query.");
                return null;
            },
        };
        var title = new Option<string>("--title")
        {
            Description = "Name of the site.",
            DefaultValueFactory = _ => new SiteOptions().Title,
            HelpName = "TEXT",
        };
        Option<string?> placeholders = RuleInput.PlaceholdersOption();
        var command = new DocumentedCommand(
            "catalog",
            "Writes rules as a static site that can be browsed and searched without a server.",
            """
            Rules with errors are left out and told on standard error; the exit code is 1 then, the site being written all the same.
            Open index.html, or put the folder on any web server.

            Examples:
              sigmaf catalog --rules rules/ --out site
              sigmaf catalog --rules github.com/SigmaHQ/sigma=sigma/rules ours=rules/ --out site --base-url https://rules.contoso.example/
            """)
        {
            rules,
            output,
            baseUrl,
            title,
            placeholders,
        };
        command.SetAction(async (parsed, _) =>
        {
            ImmutableArray<RuleSource> sources = RuleSource.Parse(parsed.GetRequiredValue(rules));
            if (sources.FirstOrDefault(source => RulePack.IsPack(source.Path)) is { } pack)
            {
                throw new CommandException($"{pack.Path} is a pack, which does not hold the rules' text: name the YAML");
            }

            (RuleCatalogue catalogue, RuleSet loaded) = CatalogueBuilder.Load(
                sources, RuleInput.Placeholders(parsed.GetValue(placeholders)), set => new TelemetryCoverage(set));
            foreach (Diagnostic error in loaded.Diagnostics.Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error))
            {
                await terminal.Errors.WriteLineAsync(error.ToString());
            }

            string folder = parsed.GetRequiredValue(output);
            SiteSize size = SiteWriter.Write(
                catalogue, folder, new SiteOptions { Title = parsed.GetRequiredValue(title), BaseUrl = parsed.GetValue(baseUrl) });
            await terminal.Text.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture,
                $"{catalogue.Rules.Length} rules catalogued, {catalogue.Rejected} rejected; {size.Files} files, {size.Bytes} bytes; {Path.Combine(folder, "index.html")}"));
            return catalogue.Rejected > 0 ? ExitCode.Failure : ExitCode.Success;
        });
        return command;
    }
}
