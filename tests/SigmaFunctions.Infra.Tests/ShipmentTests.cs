using System.Text.Json;
using System.Text.RegularExpressions;
using SigmaFunctions.Packaging.Reading;
using SigmaFunctions.Packaging.Writing;

namespace SigmaFunctions.Infra.Tests;

/// <summary>Which packages an output ships, on the output of this very project.</summary>
public sealed class ShipmentTests : IDisposable
{
    private static readonly string AppObjects = Path.Combine(Repository.Folder, "src", "SigmaFunctions.App", "obj");

    private readonly string _folder = Directory.CreateTempSubdirectory("shipment-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Every_assembly_is_of_a_package_or_of_ours()
    {
        Shipment shipment = Read(AppContext.BaseDirectory);

        Assert.Empty(shipment.Unknown);
        string[] files = [.. shipment.Components.SelectMany(component => component.Files)];
        Assert.All(
            Directory.EnumerateFiles(AppContext.BaseDirectory, "*.dll", SearchOption.AllDirectories).Select(file => Path.GetFileName(file)),
            file => Assert.NotEqual(
                file.StartsWith("SigmaFunctions.", StringComparison.Ordinal) || file == "Microsoft.Azure.Functions.Worker.Extensions.dll",
                files.Contains(file)));
    }

    [Fact]
    public void A_package_is_known_with_version_hash_license_and_what_it_needs()
    {
        Component azure = Read(AppContext.BaseDirectory).Components.Single(component => component.Id == "Azure.Messaging.EventHubs");

        Assert.Matches(@"^\d+\.\d+\.\d+$", azure.Version);
        Assert.Matches("^[0-9a-f]{128}$", azure.Sha512);
        Assert.Equal(["Azure.Messaging.EventHubs.dll"], azure.Files);
        Assert.Contains(azure.Dependencies, url => url.StartsWith("pkg:nuget/Azure.Core.Amqp@", StringComparison.Ordinal));
        Assert.Equal("MIT", azure.License.Expression);
        Assert.Contains("Microsoft", azure.License.Copyright, StringComparison.Ordinal);
        Assert.Contains("Permission is hereby granted", Assert.Single(azure.License.Texts).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Tools_of_the_build_are_not_shipped_but_for_what_they_put_there()
    {
        Shipment shipment = Read(AppContext.BaseDirectory);

        Assert.DoesNotContain(shipment.Components, component => component.Id is "MinVer" or "Grpc.Tools" or "Microsoft.Azure.Functions.Worker.Sdk.Analyzers");
        // The host's side has a loader that only the SDK's package has, among its tools.
        Component sdk = Assert.Single(shipment.Components, component => component.Id == "Microsoft.Azure.Functions.Worker.Sdk");
        Assert.Equal(["Microsoft.Azure.WebJobs.Extensions.FunctionMetadataLoader.dll"], sdk.Files);
    }

    [Fact]
    public void The_hosts_side_has_packages_and_versions_of_its_own()
    {
        Write("out/App.deps.json", Dependencies("App", "Some", "2.0.0", other: "2.1.0"));
        Write("out/.azurefunctions/function.deps.json", Dependencies("Extensions", "Some", "1.0.0", other: "1.1.0"));
        foreach (string file in (string[])["App.dll", "Some.dll", "Other.dll", ".azurefunctions/Extensions.dll", ".azurefunctions/Some.dll", ".azurefunctions/Loader.dll"])
        {
            Write("out/" + file, "");
        }

        Write("assets.json", Assets(("Some", "2.0.0"), ("Other", "2.1.0"), ("Tool", "1.0.0")));
        Write("host.json", Assets(("Some", "1.0.0"), ("Other", "1.1.0")));

        Shipment shipment = new ShipmentReader(Path.Combine(_folder, "out"), [Path.Combine(_folder, "assets.json"), Path.Combine(_folder, "host.json")])
            .Read("App", "1.2.3", "10.0.0");

        Assert.Empty(shipment.Unknown);
        Assert.Equal(
            ["Other 2.1.0: Other.dll", "Some 1.0.0: Some.dll", "Some 2.0.0: Some.dll", "Tool 1.0.0: Loader.dll"],
            shipment.Components.Select(component => $"{component.Id} {component.Version}: {string.Join(' ', component.Files)}"));
        Assert.Equal(["pkg:nuget/Some@1.0.0", "pkg:nuget/Some@2.0.0"], shipment.Dependencies);
        // Other 1.1.0 is there for the build only.
        Assert.Equal(["", "", "pkg:nuget/Other@2.1.0", ""], shipment.Components.Select(component => string.Join(' ', component.Dependencies)));
    }

    [Fact]
    public void What_is_of_no_package_is_told()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "below"));
        File.WriteAllText(Path.Combine(_folder, "below", "Stray.dll"), "");

        Shipment shipment = Read(_folder);

        Assert.Equal([Path.Combine("below", "Stray.dll")], shipment.Unknown);
        Assert.Contains("Stray.dll\n  of an unknown package", Notices.Write(shipment, []), StringComparison.Ordinal);
    }

    [Fact]
    public void A_text_stands_in_the_notices_once_for_all_that_it_is_for()
    {
        string notices = Notices.Write(Read(AppContext.BaseDirectory), ["Of others\r\n"]);

        Assert.Single(Regex.Matches(notices, "(?m)^MIT, for .*Azure.Core, .*YamlDotNet"));
        Assert.Single(Regex.Matches(notices, "(?m)^MIT, for "));
        Assert.Contains("Copyright 2008 Google Inc.", notices, StringComparison.Ordinal);
        Assert.Contains("Neither the name of Google Inc.", notices, StringComparison.Ordinal);
        Assert.EndsWith("\n\nOf others\n", notices, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<license type=\"expression\">BSD-3-Clause</license>", "BSD-3-Clause", "Redistribution and use in source and binary forms")]
    [InlineData("<license type=\"file\">own.md</license>", null, "Own terms")]
    [InlineData("<licenseUrl>https://github.com/Azure/azure-storage-net/blob/master/LICENSE.txt</licenseUrl>", "Apache-2.0", "Version 2.0, January 2004")]
    [InlineData("<licenseUrl>https://example.org/</licenseUrl>", null, null)]
    [InlineData("<license type=\"expression\">MIT</license>", "MIT", "Own terms", "license.TXT")]
    public void A_license_is_a_file_of_the_package_an_expression_or_a_page_that_is_known(string license, string? expression, string? text, string file = "own.md")
    {
        File.WriteAllText(Path.Combine(_folder, "some.nuspec"), $"<package><metadata><authors>Some One</authors>{license}</metadata></package>");
        File.WriteAllText(Path.Combine(_folder, file), "Own terms");

        var read = PackageLicense.Read(_folder, "Some");

        Assert.Equal(expression, read.Expression);
        Assert.Equal("Some One", read.Copyright);
        Assert.Equal(text is null ? 0 : 1, read.Texts.Count);
        Assert.All(read.Texts, item => Assert.Contains(text!, item.Text, StringComparison.Ordinal));
    }

    [Fact]
    public void The_bill_of_materials_has_the_output_its_packages_and_what_needs_what()
    {
        Shipment shipment = Read(AppContext.BaseDirectory);
        using var stream = new MemoryStream();
        BillOfMaterials.Write(shipment, stream);
        using var bill = JsonDocument.Parse(stream.ToArray());
        JsonElement root = bill.RootElement;

        Assert.Equal("CycloneDX", root.GetProperty("bomFormat").GetString());
        Assert.Equal("1.2.3", root.GetProperty("metadata").GetProperty("component").GetProperty("version").GetString());
        string[] urls = [.. root.GetProperty("components").EnumerateArray().Select(component => component.GetProperty("purl").GetString()!)];
        Assert.Equal(shipment.Components.Select(component => $"pkg:nuget/{component.Id}@{component.Version}"), urls);
        JsonElement[] dependencies = [.. root.GetProperty("dependencies").EnumerateArray()];
        Assert.Equal(["Some@1.2.3", .. urls], dependencies.Select(item => item.GetProperty("ref").GetString()));
        Assert.All(dependencies.SelectMany(item => item.GetProperty("dependsOn").EnumerateArray()), item => Assert.Contains(item.GetString(), urls));
        Assert.Contains(dependencies[0].GetProperty("dependsOn").EnumerateArray(), item => item.GetString()!.StartsWith("pkg:nuget/YamlDotNet@", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("see [a b](x.md#c).", "see [a b](https://example.org/r/blob/v1/docs/x.md#c).", "see a b.")]
    [InlineData("[r](../README.md)", "[r](https://example.org/r/blob/v1/README.md)", "r")]
    [InlineData("[h](#here) [w](https://example.org/) ", "[h](#here) [w](https://example.org/) ", "[h](#here) [w](https://example.org/) ")]
    [InlineData(@"`\u001B` [not] (x)", @"`\u001B` [not] (x)", @"`\u001B` [not] (x)")]
    public void Links_of_a_package_page_lead_to_the_repository(string text, string withAddress, string without)
    {
        Assert.Equal(withAddress, PackageReadme.Write(text, "docs/cli.md", "https://example.org/r/blob/v1"));
        Assert.Equal(without, PackageReadme.Write(text, "docs/cli.md", null));
    }

    private static string Dependencies(string program, string id, string version, string other) => $$"""
        {
          "targets": { "net": {
            "{{program}}/1.2.3": { "dependencies": { "{{id}}": "{{version}}" }, "runtime": { "{{program}}.dll": {} } },
            "{{id}}/{{version}}": { "dependencies": { "Other": "{{other}}" }, "runtime": { "lib/net/{{id}}.dll": {} } },
            "Other/{{other}}": { "runtime": { "lib/net/Other.dll": {} } }
          } },
          "libraries": {
            "{{program}}/1.2.3": { "type": "project" }, "{{id}}/{{version}}": { "type": "package" }, "Other/{{other}}": { "type": "package" }
          }
        }
        """;

    /// <summary>Of packages that lie unpacked beside it; the package Tool has a loader.</summary>
    private string Assets(params (string Id, string Version)[] packages)
    {
        foreach ((string id, string version) in packages)
        {
            Write($"packages/{id}/{version}/{id.ToLowerInvariant()}.nuspec", "<package><metadata><authors>Some One</authors></metadata></package>");
        }

        string libraries = string.Join(',', packages.Select(package =>
            $$"""
            "{{package.Id}}/{{package.Version}}": { "type": "package", "sha512": "AAAA", "path": "{{package.Id}}/{{package.Version}}",
              "files": ["tools/{{(package.Id == "Tool" ? "Loader" : package.Id)}}.dll"] }
            """));
        return $$"""{ "packageFolders": { {{JsonSerializer.Serialize(Path.Combine(_folder, "packages"))}}: {} }, "libraries": { {{libraries}} } }""";
    }

    private void Write(string file, string text)
    {
        string path = Path.Combine(_folder, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }

    // The app's output is part of this one's, with the host's side, which has a restore of its own.
    private static Shipment Read(string folder) =>
        new ShipmentReader(folder, [Repository.ProjectAssetsFile, .. Directory.EnumerateFiles(AppObjects, "project.assets.json", SearchOption.AllDirectories)])
            .Read("Some", "1.2.3", "10.0.0");
}
