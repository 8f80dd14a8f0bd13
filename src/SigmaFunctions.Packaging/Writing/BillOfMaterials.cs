using System.Text.Encodings.Web;
using System.Text.Json;
using SigmaFunctions.Packaging.Reading;

namespace SigmaFunctions.Packaging.Writing;

/// <summary>A bill of materials in the form of CycloneDX 1.6. It is the same for the same output: it has neither a time nor a number of its own.</summary>
internal static class BillOfMaterials
{
    // Names of authors are read by people too.
    private static readonly JsonWriterOptions Options = new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes the bill.</summary>
    /// <param name="shipment">What is shipped.</param>
    /// <param name="stream">Takes it, as UTF-8.</param>
    public static void Write(Shipment shipment, Stream stream)
    {
        string root = $"{shipment.Name}@{shipment.Version}";
        using var json = new Utf8JsonWriter(stream, Options);
        json.WriteStartObject();
        json.WriteString("$schema", "http://cyclonedx.org/schema/bom-1.6.schema.json");
        json.WriteString("bomFormat", "CycloneDX");
        json.WriteString("specVersion", "1.6");
        json.WriteNumber("version", 1);
        json.WriteStartObject("metadata");
        json.WriteStartObject("component");
        json.WriteString("type", "application");
        json.WriteString("bom-ref", root);
        json.WriteString("name", shipment.Name);
        json.WriteString("version", shipment.Version);
        WriteLicense(json, new PackageLicense("MIT", null, "", null, []));
        json.WriteEndObject();
        json.WriteEndObject();

        json.WriteStartArray("components");
        foreach (Component component in shipment.Components)
        {
            Write(json, component);
        }

        json.WriteEndArray();

        json.WriteStartArray("dependencies");
        WriteDependencies(json, root, shipment.Dependencies);
        foreach (Component component in shipment.Components)
        {
            WriteDependencies(json, component.PackageUrl, component.Dependencies);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, Component component)
    {
        json.WriteStartObject();
        json.WriteString("type", "library");
        json.WriteString("bom-ref", component.PackageUrl);
        json.WriteString("name", component.Id);
        json.WriteString("version", component.Version);
        if (component.Sha512.Length > 0)
        {
            json.WriteStartArray("hashes");
            json.WriteStartObject();
            json.WriteString("alg", "SHA-512");
            json.WriteString("content", component.Sha512);
            json.WriteEndObject();
            json.WriteEndArray();
        }
        WriteLicense(json, component.License);
        json.WriteString("copyright", component.License.Copyright);
        json.WriteString("purl", component.PackageUrl);
        json.WriteEndObject();
    }

    private static void WriteLicense(Utf8JsonWriter json, PackageLicense license)
    {
        json.WriteStartArray("licenses");
        json.WriteStartObject();
        if (license.Expression is not null)
        {
            json.WriteString("expression", license.Expression);
        }
        else
        {
            json.WriteStartObject("license");
            json.WriteString("name", license.Address ?? "in the package");
            json.WriteEndObject();
        }
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private static void WriteDependencies(Utf8JsonWriter json, string reference, IEnumerable<string> needs)
    {
        json.WriteStartObject();
        json.WriteString("ref", reference);
        json.WriteStartArray("dependsOn");
        foreach (string need in needs)
        {
            json.WriteStringValue(need);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
