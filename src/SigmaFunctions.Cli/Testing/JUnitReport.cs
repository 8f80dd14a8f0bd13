using System.Globalization;
using System.Text;
using System.Xml;
using SigmaFunctions.Cli.Explaining;
using SigmaFunctions.Engine.Rules;
using SigmaFunctions.Engine.Testing;

namespace SigmaFunctions.Cli.Testing;

/// <summary>
/// Results as JUnit XML, which build servers read: a test suite a test file, a test case a case; what is wrong with a file is a case that
/// could not be run. Times are not measured: a case takes microseconds.
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
            xml.WriteAttributeString("name", Valid(file));
            WriteCounts(xml, results.Count + faults.Count, results.Count(IsFailure), results.Count(IsError) + faults.Count);
            foreach (RuleTestResult result in results)
            {
                WriteResult(xml, result);
            }

            foreach (Diagnostic fault in faults)
            {
                BeginCase(xml, file, $"{fault.Code} at line {fault.Line.ToString(CultureInfo.InvariantCulture)}", file, fault.Line);
                WriteOutcome(xml, "error", fault.Message, fault.ToString());
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
            WriteOutcome(xml, "error", fault, "");
        }
        else if (!result.Passed)
        {
            WriteOutcome(xml, "failure", TestText.VerdictOf(result), result.Explanation is { } explanation ? ExplanationText.Tree(explanation) : "");
        }

        xml.WriteEndElement();
    }

    private static void BeginCase(XmlWriter xml, string className, string name, string file, int line)
    {
        xml.WriteStartElement("testcase");
        xml.WriteAttributeString("classname", Valid(className));
        xml.WriteAttributeString("name", Valid(name));
        xml.WriteAttributeString("file", Valid(file));
        xml.WriteAttributeString("line", line.ToString(CultureInfo.InvariantCulture));
    }

    private static void WriteOutcome(XmlWriter xml, string element, string message, string detail)
    {
        xml.WriteStartElement(element);
        xml.WriteAttributeString("message", Valid(message));
        xml.WriteString(Valid(detail));
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

    // XML has no way to write most control characters.
    private static string Valid(string text)
    {
        var valid = new StringBuilder(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            if (XmlConvert.IsXmlChar(text[i]))
            {
                valid.Append(text[i]);
            }
            else if (i + 1 < text.Length && XmlConvert.IsXmlSurrogatePair(text[i + 1], text[i]))
            {
                valid.Append(text[i]).Append(text[++i]);
            }
            else
            {
                valid.Append('\uFFFD');
            }
        }

        return valid.ToString();
    }
}
