// Brings the files at one commit; large ones are checked against the SHA-256 that the hub states.
//   dotnet run Download.cs [FOLDER]                  (.NET 10 or later, no package)
#:property PublishAot=false
using System.Net.Http.Headers;
using System.Security.Cryptography;

const string Repository = {{address}};
const string Commit = {{commit}};
var endpoint = Environment.GetEnvironmentVariable("MODELZOO_ENDPOINT") ?? {{endpoint}};
string[] files = {{files}};

var folder = args.Length > 0 ? args[0] : Path.GetFileName(Repository);
using var http = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false });
if (Environment.GetEnvironmentVariable("HF_TOKEN") is { Length: > 0 } token) http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
using var store = new HttpClient();     // where the hub sends us for large files: it must not see the token

foreach (var file in files)
{
    var target = Path.Combine(folder, Path.Combine(file.Split('/')));
    if (File.Exists(target)) continue;
    Directory.CreateDirectory(Path.GetDirectoryName(target)!);
    var address = new Uri($"{endpoint}/{Repository}/resolve/{Commit}/{string.Join('/', file.Split('/').Select(Uri.EscapeDataString))}");
    using var answer = await http.GetAsync(address, HttpCompletionOption.ResponseHeadersRead);
    var elsewhere = (int)answer.StatusCode is >= 300 and < 400 && answer.Headers.Location is not null
        ? await store.GetAsync(new Uri(address, answer.Headers.Location), HttpCompletionOption.ResponseHeadersRead) : null;
    using var content = (elsewhere ?? answer).EnsureSuccessStatusCode();
    using var sha = SHA256.Create();
    await using (var part = File.Create(target + ".part"))
    await using (var hashed = new CryptoStream(part, sha, CryptoStreamMode.Write))
        await content.Content.CopyToAsync(hashed);
    // A small file's tag is git's id of it, 40 digits; a large one's is its SHA-256.
    var stated = (answer.Headers.TryGetValues("X-Linked-Etag", out var linked) ? linked.First() : answer.Headers.ETag?.Tag)?.Trim('"');
    if (stated is { Length: 64 } && stated != Convert.ToHexStringLower(sha.Hash!)) throw new InvalidDataException($"{file} is not what the hub says it is.");
    File.Move(target + ".part", target, overwrite: true);
}
Console.WriteLine(folder);
