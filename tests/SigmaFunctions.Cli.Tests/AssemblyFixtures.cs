[assembly: AssemblyFixture(typeof(StorageAccount))]
