using System.Text;
using SigmaFunctions.Engine.Events;

namespace SigmaFunctions.Catalog.Site;

/// <summary>The page names of log sources: distinct, and fit for any file system.</summary>
internal sealed class LogSourceNames
{
    private readonly Dictionary<LogSource, string> _pages = [];

    /// <summary>Names log sources.</summary>
    public LogSourceNames(IEnumerable<LogSource> logSources)
    {
        var taken = new HashSet<string>(StringComparer.Ordinal);
        foreach (LogSource logSource in logSources.Distinct().OrderBy(one => one.ToString(), StringComparer.Ordinal))
        {
            string name = Plain(logSource);
            string page = name;
            for (int number = 2; !taken.Add(page); number++)
            {
                page = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{name}-{number}");
            }

            _pages.Add(logSource, page);
        }
    }

    /// <summary>Every log source, in the order of their names.</summary>
    public IEnumerable<LogSource> All => _pages.Keys;

    /// <summary>The name of a log source's page.</summary>
    public string PageOf(LogSource logSource) => _pages[logSource];

    private static string Plain(LogSource logSource)
    {
        var name = new StringBuilder();
        foreach (string part in new[] { logSource.Product, logSource.Category, logSource.Service }.OfType<string>())
        {
            name.Append(name.Length == 0 ? "" : "-");
            foreach (char c in part.Length > 40 ? part[..40] : part)
            {
                name.Append(char.IsAsciiLetterOrDigit(c) || c == '_' ? char.ToLowerInvariant(c) : '-');
            }
        }

        return name.Length == 0 ? "any" : name.ToString();
    }
}
