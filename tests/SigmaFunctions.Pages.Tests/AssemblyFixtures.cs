using SigmaFunctions.Tests;

[assembly: AssemblyFixture(typeof(StorageAccount))]
