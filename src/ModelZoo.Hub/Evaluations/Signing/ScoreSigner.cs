using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Evaluations.Signing;

/// <summary>
/// Signs scores as JSON Web Signatures (RFC 7515, compact; ES256 of RFC 7518) with a key of this hub, and checks tokens against all keys that it ever had.
/// Keys are few and stay in memory; one that is not known is looked up, because another node may have made it.
/// </summary>
sealed class ScoreSigner(ScoreKeyStore store, TimeProvider time) : IDisposable
{
    const string Algorithm = "ES256";
    const string Type = "zoo-score+jws";

    /// <summary>Longest token that is looked at.</summary>
    const int MaxToken = 8_000;

    /// <summary>Made-up key ids must not become a query each.</summary>
    static readonly TimeSpan s_lookAgain = TimeSpan.FromSeconds(2);

    readonly SemaphoreSlim _turn = new(1, 1);
    Dictionary<string, ECDsa> _keys = new(StringComparer.Ordinal);
    string? _current;
    DateTimeOffset _loadedAt;

    public async Task<string> SignAsync(ScoreClaim claim, CancellationToken stop)
    {
        if (!double.IsFinite(claim.Value)) throw new ArgumentException("Only numbers are signed.", nameof(claim));
        if (_current is null || time.GetUtcNow() - _loadedAt > s_lookAgain) await LoadAsync(stop);
        while (_current is null) await MakeAsync(replace: false, stop);
        var header = Encode(JsonSerializer.SerializeToUtf8Bytes(new { alg = Algorithm, kid = _current, typ = Type }));
        var payload = Encode(JsonSerializer.SerializeToUtf8Bytes(claim with { SignedAt = time.GetUtcNow().ToUnixTimeSeconds() }));
        return $"{header}.{payload}.{Encode(_keys[_current].SignData(Encoding.ASCII.GetBytes($"{header}.{payload}"), HashAlgorithmName.SHA256))}";
    }

    /// <summary>What a token says, when this hub signed it; null for any other text.</summary>
    public async Task<ScoreClaim?> VerifyAsync(string token, CancellationToken stop)
    {
        if (token.Length > MaxToken || token.Split('.') is not [var header, var payload, var signature]) return null;
        if (Decode(header) is not { } head || Decode(payload) is not { } body || Decode(signature) is not { } proof) return null;
        try
        {
            var named = JsonSerializer.Deserialize<JsonObject>(head);
            if (named?["alg"]?.GetValue<string>() != Algorithm || named["typ"]?.GetValue<string>() != Type || named["kid"]?.GetValue<string>() is not { } id) return null;
            if (!_keys.ContainsKey(id) && time.GetUtcNow() - _loadedAt > s_lookAgain) await LoadAsync(stop);
            if (!_keys.TryGetValue(id, out var key) || !key.VerifyData(Encoding.ASCII.GetBytes($"{header}.{payload}"), proof, HashAlgorithmName.SHA256)) return null;
            return JsonSerializer.Deserialize<ScoreClaim>(body);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    /// <summary>All public keys, the one that signs now first: a JSON Web Key Set (RFC 7517).</summary>
    public async Task<JsonObject> KeysAsync(CancellationToken stop)
    {
        var rows = await store.ListAsync(stop);
        if (rows.All(row => row.RetiredAt is not null))
        {
            await MakeAsync(replace: false, stop);
            rows = await store.ListAsync(stop);
        }
        return new() { ["keys"] = new JsonArray([.. rows.OrderBy(row => row.RetiredAt is not null).Select(row => JsonNode.Parse(row.PublicJson))]) };
    }

    /// <summary>A new key signs from now on; what the old one signed stays verifiable, and its secret is gone.</summary>
    public Task RotateAsync(CancellationToken stop) => MakeAsync(replace: true, stop);

    async Task MakeAsync(bool replace, CancellationToken stop)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var point = key.ExportParameters(includePrivateParameters: false).Q;
        var (x, y) = (Encode(point.X!), Encode(point.Y!));
        var id = Encode(SHA256.HashData(Encoding.ASCII.GetBytes($$"""{"crv":"P-256","kty":"EC","x":"{{x}}","y":"{{y}}"}""")));
        var json = JsonSerializer.Serialize(new { kty = "EC", crv = "P-256", x, y, use = "sig", alg = Algorithm, kid = id });
        await store.AddAsync(id, json, Convert.ToBase64String(key.ExportPkcs8PrivateKey()), replace, stop);
        await LoadAsync(stop);
    }

    async Task LoadAsync(CancellationToken stop)
    {
        await _turn.WaitAsync(stop);
        try
        {
            var rows = await store.ListAsync(stop);
            var keys = new Dictionary<string, ECDsa>(_keys, StringComparer.Ordinal);
            foreach (var row in rows)
            {
                // A key whose secret went stays as it is known here: for verifying nothing changes.
                if (keys.ContainsKey(row.Id)) continue;
                keys[row.Id] = row.Secret is { } secret ? Private(secret) : Public(row.PublicJson);
            }
            (_keys, _current, _loadedAt) = (keys, rows.FirstOrDefault(row => row.RetiredAt is null)?.Id, time.GetUtcNow());
        }
        finally
        {
            _turn.Release();
        }
    }

    static ECDsa Private(string secret)
    {
        var key = ECDsa.Create();
        key.ImportPkcs8PrivateKey(Convert.FromBase64String(secret), out _);
        return key;
    }

    static ECDsa Public(string json)
    {
        var read = JsonNode.Parse(json)!;
        return ECDsa.Create(new ECParameters
        {
            Curve = ECCurve.NamedCurves.nistP256, Q = new() { X = Decode(read["x"]!.GetValue<string>()), Y = Decode(read["y"]!.GetValue<string>()) },
        });
    }

    static string Encode(ReadOnlySpan<byte> bytes) => Base64Url.EncodeToString(bytes);

    static byte[]? Decode(string text)
    {
        try
        {
            return Base64Url.DecodeFromChars(text);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    public void Dispose()
    {
        foreach (var key in _keys.Values) key.Dispose();
        _turn.Dispose();
    }
}
