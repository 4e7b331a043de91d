using System.Net.Http.Headers;
using System.Text.Json.Serialization;

namespace ModelZoo.Client;

/// <summary>The right to read or write chunks of one repository: a token that the hub hands out for a while, renewed before it ends.</summary>
sealed class XetAccess : IDisposable
{
    /// <summary>Renewed this long before its end, so that a call under way does not see it (hf_xet takes 30 s).</summary>
    static readonly TimeSpan s_margin = TimeSpan.FromSeconds(60);

    readonly HubTransport _hub;
    readonly string _tokenPath;
    readonly SemaphoreSlim _gate = new(1);
    XetToken _token;

    XetAccess(HubTransport hub, string tokenPath, XetToken token) => (_hub, _tokenPath, _token) = (hub, tokenPath, token);

    /// <summary>Asks for a first token. Null when the hub does not offer Xet here; the ordinary ways then say why, if it was for another reason.</summary>
    public static async Task<XetAccess?> FindAsync(HubTransport hub, string tokenPath, CancellationToken stop)
    {
        try
        {
            var token = await hub.GetAsync<XetToken>(tokenPath, stop);
            return token.IsUsable ? new(hub, tokenPath, token) : null;
        }
        catch (ZooApiException e) when (e.Status is >= 200 and < 500 or 501)
        {
            return null;
        }
    }

    public static string ReadPath(RepoId repo, string commit) => $"{repo.ApiPath}/xet-read-token/{Address.Revision(commit)}";

    public static string WritePath(RepoId repo, string branch, bool asPullRequest) => $"{repo.ApiPath}/xet-write-token/{Address.Revision(branch)}{(asPullRequest ? "?create_pr=1" : "")}";

    /// <summary>Calls the chunk store; a token that it does not take any more is renewed once, and the request made anew.</summary>
    public async Task<HttpResponseMessage> SendRawAsync(Func<string, HttpRequestMessage> make, CancellationToken stop)
    {
        var token = await TokenAsync(null, stop);
        var response = await SendOnceAsync(make, token, stop);
        if ((int)response.StatusCode != 401) return response;
        response.Dispose();
        return await SendOnceAsync(make, await TokenAsync(token, stop), stop);
    }

    /// <summary>Like <see cref="SendRawAsync"/>; a refusal becomes <see cref="ZooApiException"/>.</summary>
    public async Task<HttpResponseMessage> SendAsync(Func<string, HttpRequestMessage> make, CancellationToken stop)
    {
        var response = await SendRawAsync(make, stop);
        if (response.IsSuccessStatusCode) return response;
        using (response) throw await ZooApiException.FromAsync(response, stop);
    }

    async Task<HttpResponseMessage> SendOnceAsync(Func<string, HttpRequestMessage> make, XetToken token, CancellationToken stop)
    {
        using var request = make(token.CasUrl!.TrimEnd('/'));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token.AccessToken);
        request.Options.Set(RetryHandler.Repeatable, true);
        return await _hub.SendRawAsync(request, stop);
    }

    /// <summary>A token that is not the one that was refused.</summary>
    async Task<XetToken> TokenAsync(XetToken? refused, CancellationToken stop)
    {
        await _gate.WaitAsync(stop);
        try
        {
            if (_token != refused && _token.Expires - s_margin > _hub.Options.Clock.GetUtcNow()) return _token;
            var token = await _hub.GetAsync<XetToken>(_tokenPath, stop);
            return token.IsUsable ? _token = token : throw new ZooApiException(200, "The hub's token for its chunk store is not usable.");
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose() => _gate.Dispose();

    sealed record XetToken(string? CasUrl, string? AccessToken, [property: JsonPropertyName("exp")] long ExpiresAt)
    {
        public DateTimeOffset Expires => DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(ExpiresAt, 0, 253402300799));

        public bool IsUsable =>
            Uri.TryCreate(CasUrl, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
            && AccessToken is { Length: > 0 } && !AccessToken.AsSpan().ContainsAnyExceptInRange('!', '~');
    }
}
