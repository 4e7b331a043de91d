using ModelZoo.Xet;

namespace ModelZoo.Client;

/// <summary>Knows which chunks need not be sent: those of this upload, and those that the hub says it has.</summary>
sealed class XetDeduplication(XetAccess access, ZooClientOptions options, bool asksHub)
{
    /// <summary>The newest answers that are kept. Each hides its hashes by a key of its own, so every one costs a look at each new chunk.</summary>
    const int MaxAnswers = 16;

    /// <summary>Some 170,000 chunks; our hub sends 65,536 at most.</summary>
    const int MaxAnswerBytes = 8 << 20;

    readonly Dictionary<XetHash, ChunkPlace> _own = [];
    readonly List<ChunkAnswer> _answers = [];
    readonly HashSet<XetHash> _asked = [];
    ChunkAnswer? _last;

    /// <summary>Whether a chunk was taken to be there because the hub said so.</summary>
    public bool ReliesOnHub { get; private set; }

    public void Add(XetHash chunk, ChunkPlace place) => _own.TryAdd(chunk, place);

    public ChunkPlace? Find(XetChunk chunk)
    {
        if (_own.TryGetValue(chunk.Hash, out var own)) return own;
        if (FindInAnswers(chunk) is not { } place) return null;
        ReliesOnHub = true;
        return place;
    }

    /// <summary>Asks the hub about those chunks that hubs keep track of (one of 1,024 and a file's first) and that are not known yet.</summary>
    public async Task AskAsync(IReadOnlyList<XetChunk> chunks, bool isStartOfFile, CancellationToken stop)
    {
        if (!asksHub) return;
        for (var i = 0; i < chunks.Count; i++)
        {
            var chunk = chunks[i];
            if (!chunk.Hash.IsGlobal && !(isStartOfFile && i == 0)) continue;
            if (_own.ContainsKey(chunk.Hash) || !_asked.Add(chunk.Hash) || FindInAnswers(chunk) is not null) continue;
            if (await AskAsync(chunk.Hash, stop) is not { } answer) continue;
            if (_answers.Count == MaxAnswers) _answers.RemoveAt(0);
            _answers.Add(answer);
        }
    }

    ChunkPlace? FindInAnswers(XetChunk chunk)
    {
        if (_last?.Find(chunk) is { } next) return next;
        foreach (var answer in _answers)
        {
            if (answer == _last || !answer.IsValid(options.Clock.GetUtcNow()) || answer.Find(chunk) is not { } place) continue;
            _last = answer;
            return place;
        }
        return null;
    }

    /// <summary>No answer is always a valid one: the chunk is sent.</summary>
    async Task<ChunkAnswer?> AskAsync(XetHash chunk, CancellationToken stop)
    {
        try
        {
            using var response = await access.SendRawAsync(cas => HubTransport.RequestTo(HttpMethod.Get, HubTransport.Verbatim($"{cas}/v1/chunks/default/{chunk}")), stop);
            if (!response.IsSuccessStatusCode) return null;
            await using var body = await response.Content.ReadAsStreamAsync(stop);
            var answer = new ChunkAnswer(await Shard.ReadAsync(body, MaxAnswerBytes, stop));
            return answer.IsValid(options.Clock.GetUtcNow()) ? answer : null;
        }
        catch (Exception e) when (e is XetFormatException or HttpRequestException or IOException)
        {
            return null;
        }
    }
}
