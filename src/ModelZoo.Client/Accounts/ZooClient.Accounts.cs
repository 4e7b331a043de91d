using System.Net.Http.Headers;
using System.Text;

namespace ModelZoo.Client;

public sealed partial class ZooClient
{
    /// <summary>Who the token belongs to.</summary>
    /// <exception cref="ZooApiException">401: there is no token, or it is not valid.</exception>
    public Task<Identity> WhoAmIAsync(CancellationToken stop = default) => _hub.GetAsync<Identity>("/api/whoami-v2", stop);

    /// <summary>Makes an access token. ModelZoo only: other hubs make tokens on their pages.</summary>
    public Task<NewAccessToken> CreateTokenAsync(TokenRequest token, CancellationToken stop = default) =>
        _hub.PostAsync<NewAccessToken>("/api/zoo/tokens", token, stop);

    /// <summary>Makes an access token for someone who signs in with a password. ModelZoo only.</summary>
    public Task<NewAccessToken> CreateTokenAsync(TokenRequest token, string handle, string password, CancellationToken stop = default)
    {
        var request = _hub.JsonRequest(HttpMethod.Post, "/api/zoo/tokens", token);
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{handle}:{password}")));
        return _hub.ReadAsync<NewAccessToken>(request, stop);
    }

    /// <summary>The caller's access tokens, without their secrets. ModelZoo only.</summary>
    public async Task<IReadOnlyList<AccessToken>> ListTokensAsync(CancellationToken stop = default) =>
        await _hub.GetAsync<AccessToken[]>("/api/zoo/tokens", stop);

    /// <summary>Revokes an access token at once. ModelZoo only.</summary>
    public Task RevokeTokenAsync(string id, CancellationToken stop = default) =>
        _hub.CallAsync(HttpMethod.Delete, $"/api/zoo/tokens/{Uri.EscapeDataString(id)}", null, stop);

    /// <summary>The client id that the Hugging Face client uses for device login (hub-protocol.md, 4.2); hubs know it.</summary>
    const string DeviceClientId = "26be6b09-91c5-47da-9861-d2d2bb7a7e36";

    /// <summary>Begins a login that a person confirms in a browser, here or on another machine.</summary>
    public Task<DeviceLogin> StartDeviceLoginAsync(CancellationToken stop = default)
    {
        var request = _hub.Request(HttpMethod.Post, "/oauth/device", new FormUrlEncodedContent([new("client_id", DeviceClientId)]));
        request.Headers.Authorization = null;
        return _hub.ReadAsync<DeviceLogin>(request, stop);
    }

    /// <summary>Waits until the person has confirmed; gives the token.</summary>
    /// <exception cref="ZooApiException">The person refused, or the code expired.</exception>
    public async Task<string> FinishDeviceLoginAsync(DeviceLogin login, CancellationToken stop = default)
    {
        var pause = TimeSpan.FromSeconds(Math.Clamp(login.Interval ?? 5, 1, 60));
        var ends = Options.Clock.GetUtcNow().AddSeconds(login.ExpiresIn ?? 600);
        while (Options.Clock.GetUtcNow() < ends)
        {
            await Task.Delay(pause, Options.Clock, stop);
            using var request = _hub.Request(HttpMethod.Post, "/oauth/token", new FormUrlEncodedContent([
                new("grant_type", "urn:ietf:params:oauth:grant-type:device_code"), new("device_code", login.DeviceCode), new("client_id", DeviceClientId)]));
            request.Headers.Authorization = null;
            using var response = await _hub.SendRawAsync(request, stop);
            if (response.IsSuccessStatusCode) return (await HubTransport.ReadJsonAsync<DeviceToken>(response, stop)).AccessToken;
            var refused = await ZooApiException.FromAsync(response, stop);
            if (refused.Message.StartsWith("slow_down", StringComparison.Ordinal)) pause += TimeSpan.FromSeconds(5);   // RFC 8628, 3.5
            else if (!refused.Message.StartsWith("authorization_pending", StringComparison.Ordinal)) throw refused;
        }
        throw new ZooApiException(400, "The code expired before it was confirmed.", "expired_token");
    }
}
