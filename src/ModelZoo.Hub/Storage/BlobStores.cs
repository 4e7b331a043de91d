namespace ModelZoo.Hub.Storage;

/// <summary>Makes the blob store that the options ask for.</summary>
static class BlobStores
{
    public static IBlobStore Create(StorageOptions options, TimeProvider time)
    {
        options.Validate();
        return options.Kind == StorageKind.S3 ? new S3BlobStore(options) : new FolderBlobStore(options.Root!, time);
    }
}
