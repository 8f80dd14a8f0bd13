using System.Globalization;
using System.Text;
using System.Xml;
using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Printing;
using SigmaFunctions.Engine.Testing;

namespace SigmaFunctions.Cli.Testing;

/// <summary>
/// Results as JUnit XML, which build servers read: a test suite a test file, a test case a case; what is wrong with a file is a case that
/// could not be run. Times are not measured: a case takes microseconds. What does not show as itself is escaped, as on a terminal: XML has no way
/// to write most of it, and people read the report.
/// </summary>
internal static class JUnitReport
{
    public static void Write(Stream output, RuleTestReport report)
    {
        using var xml = XmlWriter.Create(output, new XmlWriterSettings { Indent = true, Encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false) });
        xml.WriteStartElement("testsuites");
        WriteCounts(xml, report.Results.Length + report.Faults.Length, report.Results.Count(IsFailure), report.Results.Count(IsError) + report.Faults.Length);
        foreach (string file in report.Results.Select(result => result.File).Concat(report.Faults.Select(fault => fault.File)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            List<RuleTestResult> results = [.. report.Results.Where(result => result.File == file)];
            List<Diagnostic> faults = [.. report.Faults.Where(fault => fault.File == file)];
            xml.WriteStartElement("testsuite");
            xml.WriteAttributeString("name", PrintableText.Of(file));
            WriteCounts(xml, results.Count + faults.Count, results.Count(IsFailure), results.Count(IsError) + faults.Count);
            foreach (RuleTestResult result in results)
            {
                WriteResult(xml, result);
            }

            foreach (Diagnostic fault in faults)
            {
                BeginCase(xml, file, $"{fault.Code} at line {fault.Line.ToString(CultureInfo.InvariantCulture)}", file, fault.Line);
                WriteOutcome(xml, "error", fault.Message, [fault.ToString()]);
                xml.WriteEndElement();
            }

            xml.WriteEndElement();
        }

        xml.WriteEndElement();
    }

    private static void WriteResult(XmlWriter xml, RuleTestResult result)
    {
        BeginCase(xml, result.Rule?.Title ?? result.File, result.Case.Name, result.File, result.Case.Line);
        if (result.Fault is { } fault)
        {
            WriteOutcome(xml, "error", fault, []);
        }
        else if (!result.Passed)
        {
            WriteOutcome(xml, "failure", TestText.VerdictOf(result), TestText.DetailOf(result));
        }

        xml.WriteEndElement();
    }

    private static void BeginCase(XmlWriter xml, string className, string name, string file, int line)
    {
        xml.WriteStartElement("testcase");
        xml.WriteAttributeString("classname", PrintableText.Of(className));
        xml.WriteAttributeString("name", PrintableText.Of(name));
        xml.WriteAttributeString("file", PrintableText.Of(file));
        xml.WriteAttributeString("line", line.ToString(CultureInfo.InvariantCulture));
    }

    private static void WriteOutcome(XmlWriter xml, string element, string message, IEnumerable<string> detail)
    {
        xml.WriteStartElement(element);
        xml.WriteAttributeString("message", PrintableText.Of(message));
        xml.WriteString(string.Concat(detail.Select(line => PrintableText.Of(line) + "\n")));
        xml.WriteEndElement();
    }

    private static void WriteCounts(XmlWriter xml, int tests, int failures, int errors)
    {
        xml.WriteAttributeString("tests", tests.ToString(CultureInfo.InvariantCulture));
        xml.WriteAttributeString("failures", failures.ToString(CultureInfo.InvariantCulture));
        xml.WriteAttributeString("errors", errors.ToString(CultureInfo.InvariantCulture));
    }

    private static bool IsFailure(RuleTestResult result) => !result.Passed && result.Fault is null;

    private static bool IsError(RuleTestResult result) => result.Fault is not null;
}
