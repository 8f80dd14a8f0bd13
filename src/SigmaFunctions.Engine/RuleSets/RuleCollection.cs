using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Yaml;

namespace SigmaFunctions.Engine.RuleSets;

/// <summary>
/// Applies the <c>action</c> of old rule collections: <c>global</c> is laid over every later document (its keys win, as in the
/// reference implementation), <c>reset</c> ends that, <c>repeat</c> lays a document over the previous one.
/// </summary>
internal static class RuleCollection
{
    /// <summary>The documents that are to be read as rules, filters or correlations.</summary>
    public static IEnumerable<(YamlMapping? Root, DiagnosticSink Diagnostics)> Resolve(IEnumerable<YamlDocument> documents)
    {
        YamlMapping? global = null;
        YamlMapping? previous = null;
        foreach (YamlDocument document in documents)
        {
            DiagnosticSink sink = document.Diagnostics;
            if (document.Root is YamlScalar { IsNull: true } && !sink.HasErrors)
            {
                continue;
            }

            if (document.Root is not YamlMapping root)
            {
                if (!sink.HasErrors)
                {
                    sink.Report(DiagnosticCode.NotAMapping, document.Root.Position, "A rule is a map of attributes such as 'title' and 'detection'. Write 'key: value' lines.");
                }

                yield return (null, sink);
                continue;
            }

            string? action = (root["action"] as YamlScalar)?.Value;
            root = root.Without("action");
            switch (action)
            {
                case "global":
                    global = previous = root;
                    if (sink.Diagnostics.Count > 0)
                    {
                        yield return (null, sink);
                    }

                    continue;
                case "reset":
                    global = null;
                    if (root.Entries.Length > 0)
                    {
                        sink.Report(DiagnosticCode.ResetWithContent, document.Root.Position, "A document with 'action: reset' only ends the global one; what else it holds is passed over. Move that to a document of its own.");
                    }

                    if (sink.Diagnostics.Count > 0)
                    {
                        yield return (null, sink);
                    }

                    continue;
                case "repeat":
                    root = previous is null ? root : previous.OverlaidBy(root);
                    break;
                case null:
                    break;
                default:
                    sink.Report(DiagnosticCode.UnknownAction, document.Root.Position, $"The action '{action}' is unknown. Use global, reset or repeat.");
                    yield return (null, sink);
                    continue;
            }

            previous = root = global is null ? root : root.OverlaidBy(global);
            yield return (root, sink);
        }
    }
}
