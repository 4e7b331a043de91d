using System.IO.Pipelines;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using ModelZoo.Git;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;

namespace ModelZoo.Hub.Web.Pages.Files;

/// <summary>What a browser's upload form brought; its content is stored already.</summary>
sealed record ReceivedUpload(string Message, string? Folder, IReadOnlyList<FileOperation> Operations);

/// <summary>
/// Reads a multipart form as it arrives. A browser does not say a file's digest beforehand, so each file is hashed into a
/// temporary file first and then takes the same way as every other upload: verified, durable, then committed.
/// </summary>
sealed class UploadReceiver(TreeReader trees, GitObjectStore objects, BlobUploads uploads, HubOptions options)
{
    /// <summary>Largest file through a form; clients upload larger ones in parts that can be resumed.</summary>
    const long MaxFileBytes = 5_000_000_000;

    const int MaxFiles = 1_000;

    const int MaxFieldBytes = 16 * 1024;

    public async Task<ReceivedUpload> ReadAsync(WritableRepository proof, ObjectId tree, HttpContext http, CancellationToken stop)
    {
        if (!MediaTypeHeaderValue.TryParse(http.Request.ContentType, out var type) || HeaderUtilities.RemoveQuotes(type.Boundary).Value is not { Length: > 0 and <= 200 } boundary)
            throw Refusal.Invalid("This address takes a form with files.");
        var reader = new MultipartReader(boundary, http.Request.Body);
        var attributes = await AttributesAsync(proof.Repository, tree, stop);
        string message = "Upload files", folder = "";
        var isChecked = false;
        var operations = new List<FileOperation>();
        try
        {
            while (await reader.ReadNextSectionAsync(stop) is { } section)
            {
                if (!ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out var disposition)) continue;
                var field = HeaderUtilities.RemoveQuotes(disposition.Name).Value;
                var fileName = disposition.FileNameStar.Value ?? HeaderUtilities.RemoveQuotes(disposition.FileName).Value;
                if (fileName is null)
                {
                    var text = (await ReadTextAsync(section.Body, stop)).Trim();
                    switch (field)
                    {
                        case FormGuard.Field: FormGuard.Check(http, text); isChecked = true; break;
                        case "message" when text.Length is > 0 and <= CommitDraft.MaxSummaryLength: message = text; break;
                        case "folder": folder = text.Trim('/'); break;
                    }
                    continue;
                }
                // The form's own fields come first, so a page of another site is refused before its first file is read.
                if (!isChecked) FormGuard.Check(http, null);
                if (fileName.Length == 0) continue;
                if (operations.Count >= MaxFiles) throw new Refusal(RefusalKind.TooLarge, $"At most {MaxFiles} files go into one upload.");
                operations.Add(await StoreAsync(proof, PathOf(folder, fileName), attributes, section.Body, stop));
            }
        }
        catch (InvalidDataException error)
        {
            throw Refusal.Invalid($"The form cannot be read: {error.Message}");
        }
        if (!isChecked) FormGuard.Check(http, null);
        return operations.Count == 0 ? throw Refusal.Invalid("Choose at least one file.") : new(message, folder.Length == 0 ? null : folder, operations);
    }

    /// <summary>Browsers send the name alone, or the path below a chosen folder; Windows ones may send backslashes.</summary>
    static RepoPath PathOf(string folder, string fileName)
    {
        var name = fileName.Replace('\\', '/').TrimStart('/');
        return RepoPath.TryParse(folder.Length == 0 ? name : $"{folder}/{name}", out var path, out var problem) ? path : throw Refusal.Invalid($"{problem} (\"{name}\")");
    }

    async Task<FileOperation> StoreAsync(WritableRepository proof, RepoPath path, GitAttributes attributes, Stream content, CancellationToken stop)
    {
        Directory.CreateDirectory(options.DataFolder);
        await using var spool = new FileStream(Path.Combine(options.DataFolder, $"upload-{Guid.NewGuid():n}.tmp"), new FileStreamOptions
        {
            Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Options = FileOptions.DeleteOnClose | FileOptions.Asynchronous, BufferSize = 0,
        });
        var digest = await SpoolAsync(content, spool, path, stop);
        spool.Position = 0;
        if (spool.Length <= options.Limits.InlineBytes && !(spool.Length > 0 && attributes.IsLfs(path)))
        {
            var bytes = new byte[spool.Length];
            await spool.ReadExactlyAsync(bytes, stop);
            var blob = StoredObject.Blob(bytes);
            if (blob.Pointer is { } pointer) return new PutLarge(path, pointer.Digest, pointer.SizeBytes);
            await objects.AddAsync(proof.Repository.SpaceId, [blob], stop);
            return new PutFile(path, blob.Id);
        }
        var upload = (await uploads.BeginAsync(proof, digest, spool.Length, inParts: false, mayGoElsewhere: false, stop))!;     // null only for parts
        var pipe = PipeReader.Create(spool, new StreamPipeReaderOptions(bufferSize: 1 << 20, leaveOpen: true));
        try
        {
            await uploads.ReceiveAsync(upload, pipe, stop);
        }
        finally
        {
            await pipe.CompleteAsync();
        }
        return new PutLarge(path, digest, spool.Length);
    }

    static async Task<Digest> SpoolAsync(Stream content, FileStream spool, RepoPath path, CancellationToken stop)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[1 << 18];
        for (int read; (read = await content.ReadAsync(buffer, stop)) > 0;)
        {
            if (spool.Length + read > MaxFileBytes)
                throw new Refusal(RefusalKind.TooLarge, $"'{path}' is larger than {Quantity.Bytes(MaxFileBytes)}; push it with a client, which sends it in parts.");
            sha.AppendData(buffer, 0, read);
            await spool.WriteAsync(buffer.AsMemory(0, read), stop);
        }
        return Digest.FromHash(sha.GetHashAndReset());
    }

    static async Task<string> ReadTextAsync(Stream body, CancellationToken stop)
    {
        var buffer = new byte[MaxFieldBytes + 1];
        var length = await body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, stop);
        return length > MaxFieldBytes ? throw new Refusal(RefusalKind.TooLarge, "A field of the form is too long.") : Encoding.UTF8.GetString(buffer, 0, length);
    }

    async Task<GitAttributes> AttributesAsync(Repository repository, ObjectId tree, CancellationToken stop) =>
        await trees.FindAsync(repository.SpaceId, tree, RepoPath.Parse(".gitattributes"), stop) is { IsFolder: false, BlobBytes: < 1_000_000 } entry
            ? GitAttributes.Parse(Encoding.UTF8.GetString(await trees.GetContentAsync(repository.SpaceId, entry.Id, stop)))
            : GitAttributes.Parse("");
}
