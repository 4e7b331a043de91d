using ModelZoo.Git;

namespace ModelZoo.Hub.Repositories;

/// <summary>One line of a folder: a tree entry with what a list shows of it.</summary>
/// <param name="BlobBytes">Size of the git blob; 0 for folders.</param>
/// <param name="Pointer">What the blob points to, when it is an LFS pointer.</param>
sealed record FolderEntry(RepoPath Path, EntryMode Mode, ObjectId Id, long BlobBytes, LfsPointer? Pointer)
{
    public bool IsFolder => Mode == EntryMode.Folder;

    /// <summary>Length of the file that a reader gets: the large content where there is a pointer.</summary>
    public long SizeBytes => Pointer?.SizeBytes ?? BlobBytes;

    /// <summary>The one identity that trees, ETags and client caches share: SHA-256 of large content, else the git blob id.</summary>
    public string ContentId => Pointer?.Digest.Hex ?? Id.Hex;
}
