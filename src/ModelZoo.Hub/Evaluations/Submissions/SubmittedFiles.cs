using System.IO.Compression;
using System.Security.Cryptography;
using ModelZoo.Evaluation.Submissions;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Evaluations.Submissions;

/// <summary>Files that somebody handed in, unpacked and bounded. They lie in memory: results are small.</summary>
sealed class SubmittedFiles
{
    const int MaxFiles = SubmissionReader.MaxFiles;

    /// <summary>How many times larger than what was sent the unpacked files may be, and at least so many bytes.</summary>
    const int MostGrowth = 20;
    const long LeastRoom = 64L << 20;

    readonly List<SubmissionFile> _files = [];
    readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    readonly long _room;
    long _unpacked;

    public SubmittedFiles(long maxBytes) => _room = Math.Max(LeastRoom, maxBytes) * MostGrowth / 4;

    public IReadOnlyList<SubmissionFile> Files => _files;

    /// <summary>SHA-256 of what was sent, file after file.</summary>
    public string Digest { get; private set; } = "";

    public void Add(string name, byte[] content)
    {
        _hash.AppendData(content);
        if (content.AsSpan().StartsWith("PK\u0003\u0004"u8)) Unpack(content);
        else Keep(name, content);
    }

    public SubmittedFiles Close()
    {
        Digest = Convert.ToHexStringLower(_hash.GetHashAndReset());
        return _files.Count > 0 ? this : throw Refusal.Invalid("There is no file: send one as the body, or several as a form or a zip archive.");
    }

    void Unpack(byte[] content)
    {
        try
        {
            using var archive = new ZipArchive(new MemoryStream(content, writable: false), ZipArchiveMode.Read);
            if (archive.Entries.Count > MaxFiles) throw new Refusal(RefusalKind.TooLarge, $"The archive has {archive.Entries.Count} files; at most {MaxFiles} are read.");
            foreach (var entry in archive.Entries)
            {
                if (entry.FullName.EndsWith('/')) continue;
                using var stream = entry.Open();
                using var unpacked = new MemoryStream();
                var buffer = new byte[81920];
                // What an archive says of sizes is not believed.
                for (int read; (read = stream.Read(buffer)) > 0;)
                {
                    if (_unpacked + unpacked.Length + read > _room) throw new Refusal(RefusalKind.TooLarge, $"Unpacked, the archive has more than {_room} bytes.");
                    unpacked.Write(buffer, 0, read);
                }
                Keep(entry.FullName, unpacked.ToArray());
            }
        }
        catch (InvalidDataException)
        {
            throw Refusal.Invalid("The archive is broken.");
        }
    }

    void Keep(string name, byte[] content)
    {
        if (_files.Count >= MaxFiles) throw new Refusal(RefusalKind.TooLarge, $"At most {MaxFiles} files go into one submission.");
        _unpacked += content.Length;
        name = JsonText.Storable(name.Replace('\\', '/')).Trim('/');
        _files.Add(SubmissionFile.Of(name.Length is 0 or > 300 ? "submission" : name, content));
    }
}
