using SigmaFunctions.Packaging.Reading;
using SigmaFunctions.Packaging.Writing;

// As Packaging.targets calls it:
//   notices FOLDER --name NAME --version VERSION --apphost VERSION [--assets FILE]… [--notice FILE]… --notices FILE [--bom FILE]
//   readme REPOSITORY DOCUMENT FILE [ADDRESS]
return args switch
{
    ["notices", string folder, .. string[] options] =>
        WriteNotices(folder, Enumerable.Range(0, options.Length / 2).ToLookup(i => options[2 * i], i => options[(2 * i) + 1], StringComparer.Ordinal)),
    ["readme", string repository, string document, string file, .. string[] address] => WriteReadme(repository, document, file, address.SingleOrDefault()),
    _ => throw new ArgumentException("notices or readme"),
};

static int WriteNotices(string folder, ILookup<string, string> options)
{
    Shipment shipment;
    try
    {
        shipment = new ShipmentReader(folder, options["--assets"]).Read(options["--name"].Single(), options["--version"].Single(), options["--apphost"].Single());
    }
    catch (InvalidDataException exception)
    {
        Console.Error.WriteLine($"SigmaFunctions.Packaging : error : {exception.Message}");
        return 1;
    }
    // Who publishes from source is not held up for it; the project's tests are.
    foreach (string file in shipment.Unknown)
    {
        Console.WriteLine($"SigmaFunctions.Packaging : {file} is of no package that is known; it is named without a license.");
    }

    string notices = options["--notices"].Single();
    CreateFolderOf(notices);
    File.WriteAllText(notices, Notices.Write(shipment, options["--notice"].Select(File.ReadAllText)));
    foreach (string bill in options["--bom"])
    {
        CreateFolderOf(bill);
        using FileStream stream = File.Create(bill);
        BillOfMaterials.Write(shipment, stream);
    }
    return 0;
}

static int WriteReadme(string repository, string document, string file, string? address)
{
    CreateFolderOf(file);
    File.WriteAllText(file, PackageReadme.Write(File.ReadAllText(Path.Combine(repository, document)), document, address));
    return 0;
}

static void CreateFolderOf(string file) => Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
