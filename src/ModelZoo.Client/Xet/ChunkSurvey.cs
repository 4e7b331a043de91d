using System.Security.Cryptography;
using ModelZoo.Git;
using ModelZoo.Xet;

namespace ModelZoo.Client;

/// <summary>What a file is made of, from one reading: enough to see whether it changed, and which of its chunks are new, before anything is sent.</summary>
sealed record ChunkSurvey(Digest Digest, IReadOnlyList<XetChunk> Chunks)
{
    public static async Task<ChunkSurvey> OfAsync(UploadSource source, Action<int>? passed, CancellationToken stop)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var chunks = new List<XetChunk>();
        await foreach (var batch in ChunkFeed.ReadAsync(source, sha, stop))
        {
            using (batch)
            {
                for (var i = 0; i < batch.Count; i++)
                {
                    chunks.Add(batch[i]);
                    passed?.Invoke(batch[i].Length);
                }
            }
        }
        return new(Digest.FromHash(sha.GetHashAndReset()), chunks);
    }
}
