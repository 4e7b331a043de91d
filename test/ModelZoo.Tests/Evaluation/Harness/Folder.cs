using System.IO.Compression;

namespace ModelZoo.Tests.Evaluation.Harness;

/// <summary>A folder of a test, gone with it.</summary>
sealed class Folder : IDisposable
{
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("zoo-eval-");

    public string Path => _folder.FullName;

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public Folder Write(string name, string content) => Write(name, System.Text.Encoding.UTF8.GetBytes(content));

    public Folder Write(string name, byte[] content)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(this[name])!);
        File.WriteAllBytes(this[name], content);
        return this;
    }

    public Folder Copy(string from, string name)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(this[name])!);
        File.Copy(from, this[name]);
        return this;
    }

    public static byte[] Gzip(byte[] content)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest)) gzip.Write(content);
        return packed.ToArray();
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
