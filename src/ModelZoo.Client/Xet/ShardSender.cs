using System.Text.Json;
using ModelZoo.Xet;

namespace ModelZoo.Client;

/// <summary>Registers files once their xorbs are there. Listens to how far the hub is where it says so, because checking a large file takes its time.</summary>
sealed class ShardSender(XetAccess access, ZooClientOptions options)
{
    /// <summary>48 bytes each: shards of at most about 4 MB, which hubs check without queueing.</summary>
    public const int MaxEntries = 80_000;

    bool _saysNothing;

    /// <summary>A shard may be sent again: when the connection breaks, or the hub says that it may, that is what happens.</summary>
    public async Task SendAsync(Shard shard, CancellationToken stop)
    {
        var bytes = shard.Encode();
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await SendOnceAsync(bytes, stop);
                return;
            }
            catch (Exception e) when (attempt < options.MaxAttempts && !stop.IsCancellationRequested && e is IOException or LostConnectionException or ZooApiException { Status: 503 })
            {
                await Task.Delay(options.RetryDelay * attempt, options.Clock, stop);
            }
        }
    }

    async Task SendOnceAsync(byte[] bytes, CancellationToken stop)
    {
        if (!_saysNothing)
        {
            using var response = await PostAsync("v2", bytes, stop);
            if ((int)response.StatusCode is not (404 or 405 or 501))
            {
                if (!response.IsSuccessStatusCode) throw await ZooApiException.FromAsync(response, stop);
                await ListenAsync(response, stop);
                return;
            }
            _saysNothing = true;
        }
        using var older = await PostAsync("v1", bytes, stop);
        if (!older.IsSuccessStatusCode) throw await ZooApiException.FromAsync(older, stop);
    }

    Task<HttpResponseMessage> PostAsync(string version, byte[] shard, CancellationToken stop) => access.SendRawAsync(cas => HubTransport.RequestTo(
        HttpMethod.Post, HubTransport.Verbatim($"{cas}/{version}/shards"), new MemoryContent(shard, options.IdleTimeout)), stop);

    /// <summary>One JSON object a line; the last says what came of it.</summary>
    async Task ListenAsync(HttpResponseMessage response, CancellationToken stop)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(stop);
        try
        {
            using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(stop));
            while (true)
            {
                timeout.CancelAfter(options.IdleTimeout);
                if (await lines.ReadLineAsync(timeout.Token) is not { } line) throw new LostConnectionException("The connection ended before the hub said whether it takes the files.");
                if (line.Length == 0) continue;
                var said = JsonSerializer.Deserialize<Event>(line, Json.Options);
                if (said?.Type == "result") return;
                if (said?.Type == "error") throw new ZooApiException(said.Retryable == true ? 503 : 400, said.Message ?? "The hub does not take the files.");
            }
        }
        catch (JsonException e)
        {
            throw new ZooApiException((int)response.StatusCode, $"The hub's answer to a shard is not what hubs send: {e.Message}", cause: e);
        }
        catch (OperationCanceledException e) when (!stop.IsCancellationRequested)
        {
            throw new LostConnectionException($"The hub said nothing for {options.IdleTimeout.TotalSeconds:0} s.", e);
        }
    }

    sealed record Event(string? Type, string? Message, bool? Retryable);
}
