using System.Text.Json;
using System.Text.RegularExpressions;
using SigmaFunctions.Packaging;

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
        Assert.Contains("Azure.Core.Amqp", azure.Dependencies);
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

        PackageLicense read = PackageLicense.Read(_folder, "Some");

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

    // The app's output is part of this one's, with the host's side, which has a restore of its own.
    private static Shipment Read(string folder) =>
        new ShipmentReader(folder, [Repository.ProjectAssetsFile, .. Directory.EnumerateFiles(AppObjects, "project.assets.json", SearchOption.AllDirectories)])
            .Read("Some", "1.2.3", "10.0.0");
}
