using System.Net;
using System.Text;
using System.Text.RegularExpressions;

namespace ModelZoo.Hub.Tests.Web;

/// <summary>What a browser got: status, where it was sent, the document.</summary>
public sealed record Visit(HttpStatusCode Status, string? Location, string Html, HttpResponseMessage Response)
{
    public int Code => (int)Status;

    public string FormToken => Regex.Match(Html, "name=\"form-token\" value=\"([0-9a-f]+)\"").Groups[1].Value;
}

/// <summary>A person with a browser: keeps cookies, fills forms that it was shown, follows nothing by itself.</summary>
public sealed class PageVisitor : IDisposable
{
    readonly HttpClient _http;

    public PageVisitor(string url)
    {
        _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false, CookieContainer = Cookies }) { BaseAddress = new(url) };
        _http.DefaultRequestHeaders.Accept.ParseAdd("text/html");
    }

    public CookieContainer Cookies { get; } = new();

    public async Task<Visit> GetAsync(string path) => await ReadAsync(await _http.GetAsync(path));

    /// <summary>Loads the page, then sends a form with the token that the page carries.</summary>
    public async Task<Visit> FillAsync(string page, string action, params (string Name, string Value)[] fields)
    {
        var shown = await GetAsync(page);
        return await PostAsync(action, [("form-token", shown.FormToken), .. fields]);
    }

    public async Task<Visit> PostAsync(string action, params (string Name, string Value)[] fields) =>
        await ReadAsync(await _http.PostAsync(action, new FormUrlEncodedContent(fields.Select(f => KeyValuePair.Create(f.Name, f.Value)))));

    public async Task<Visit> UploadAsync(string page, string folder, params (string Name, byte[] Content)[] files)
    {
        var shown = await GetAsync(page);
        return await UploadAsync(page, shown.FormToken, folder, files);
    }

    public async Task<Visit> UploadAsync(string action, string? token, string folder, params (string Name, byte[] Content)[] files)
    {
        using var form = new MultipartFormDataContent();
        if (token is not null) form.Add(new StringContent(token), "form-token");
        form.Add(new StringContent(folder, Encoding.UTF8), "folder");
        form.Add(new StringContent("Upload by hand"), "message");
        foreach (var (name, content) in files) form.Add(new ByteArrayContent(content), "files", name);
        return await ReadAsync(await _http.PostAsync(action, form));
    }

    public async Task<Visit> SignInAsync(string handle, string password, string next = "") =>
        await FillAsync("/login", "/login", ("handle", handle), ("password", password), ("next", next));

    public void Dispose() => _http.Dispose();

    static async Task<Visit> ReadAsync(HttpResponseMessage response) =>
        new(response.StatusCode, response.Headers.Location?.OriginalString, await response.Content.ReadAsStringAsync(), response);
}
