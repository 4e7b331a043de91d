using System.Data.Common;
using ModelZoo.Hub.Database;

namespace ModelZoo.Hub.Profiles;

/// <summary>What was read of one set of weight files and configurations, or why it could not be.</summary>
sealed record ProfileRow
{
    public long RepositoryId { get; init; }
    public string Digest { get; init; } = "";
    public long Version { get; init; }

    /// <summary>ready or failed.</summary>
    public string State { get; init; } = "ready";
    public string? Reason { get; init; }
    public string DefectsJson { get; init; } = "[]";

    /// <summary>Stored numbers, the way Hugging Face clients count: buffers too, packed weights as they are packed.</summary>
    public long? Parameters { get; init; }
    public string? SafetensorsJson { get; init; }
    public string? GgufJson { get; init; }
    public double? WeightBytes { get; init; }
    public double? FootprintBytes { get; init; }
    public long TensorCount { get; init; }
    public long MadeAt { get; init; }
    public string ProfileJson { get; init; } = "";
}

/// <summary>Rows of profiles, by what they were made from. All their SQL.</summary>
sealed class ProfileStore(HubDatabase database)
{
    /// <summary>Profiles that a repository keeps; older ones go and are made anew when somebody looks at their revision.</summary>
    public const int MostKept = 100;

    const string Columns = """
        repository_id, digest, version, state, reason, defects_json, parameters, safetensors_json, gguf_json, weight_bytes, footprint_bytes,
        tensor_count, made_at, profile_json
        """;

    public Task<ProfileRow?> FindAsync(long repositoryId, string digest, CancellationToken stop) => database.FindAsync<ProfileRow>($"""
        select {Columns}
        from model_profile
        where repository_id = @repositoryId
          and digest = @digest
        """, new { repositoryId, digest }, stop);

    /// <summary>The digest that a commit has, when it is the head that was profiled.</summary>
    public Task<string?> FindDigestAsync(long repositoryId, string commitId, CancellationToken stop) => database.FindAsync<string>("""
        select digest
        from weight_summary
        where repository_id = @repositoryId
          and commit_id = @commitId
        """, new { repositoryId, commitId }, stop);

    /// <summary>The compressed table of all tensors; null when there is none.</summary>
    public Task<byte[]?> FindTensorsAsync(long repositoryId, string digest, CancellationToken stop) => database.FindAsync<byte[]>("""
        select tensors
        from model_profile
        where repository_id = @repositoryId
          and digest = @digest
        """, new { repositoryId, digest }, stop);

    public Task ReplaceAsync(ProfileRow row, byte[]? tensors, CancellationToken stop) =>
        database.WriteAsync(transaction => ReplaceAsync(transaction, row, tensors, stop), stop);

    public async Task ReplaceAsync(DbTransaction transaction, ProfileRow row, byte[]? tensors, CancellationToken stop)
    {
        await transaction.ExecuteAsync($"""
            insert into model_profile ({Columns}, tensors)
            select @RepositoryId, @Digest, @Version, @State, @Reason, @DefectsJson, @Parameters, @SafetensorsJson, @GgufJson, @WeightBytes, @FootprintBytes,
                   @TensorCount, @MadeAt, @ProfileJson, @tensors
            from repository
            where id = @RepositoryId
            on conflict (repository_id, digest) do update
                set version = excluded.version, state = excluded.state, reason = excluded.reason, defects_json = excluded.defects_json,
                    parameters = excluded.parameters, safetensors_json = excluded.safetensors_json, gguf_json = excluded.gguf_json,
                    weight_bytes = excluded.weight_bytes, footprint_bytes = excluded.footprint_bytes, tensor_count = excluded.tensor_count,
                    made_at = excluded.made_at, profile_json = excluded.profile_json, tensors = excluded.tensors
            """, new
        {
            row.RepositoryId, row.Digest, row.Version, row.State, row.Reason, row.DefectsJson, row.Parameters, row.SafetensorsJson, row.GgufJson, row.WeightBytes, row.FootprintBytes,
            row.TensorCount, row.MadeAt, row.ProfileJson, tensors,
        }, stop);
        await transaction.ExecuteAsync("""
            delete from model_profile
            where repository_id = @RepositoryId
              and digest not in (select digest from model_profile where repository_id = @RepositoryId order by made_at desc, digest limit @most)
              and digest not in (select digest from weight_summary where repository_id = @RepositoryId and digest is not null)
            """, new { row.RepositoryId, most = (long)MostKept }, stop);
    }

    /// <summary>Gives a fork the profile of its origin's head.</summary>
    public Task CopyAsync(DbTransaction transaction, long originId, long forkId, CancellationToken stop) => transaction.ExecuteAsync($"""
        insert into model_profile ({Columns}, tensors)
        select @forkId, model_profile.digest, model_profile.version, state, reason, defects_json, model_profile.parameters, model_profile.safetensors_json,
               model_profile.gguf_json, model_profile.weight_bytes, model_profile.footprint_bytes, tensor_count, made_at, profile_json, tensors
        from model_profile
        join weight_summary on weight_summary.repository_id = model_profile.repository_id and weight_summary.digest = model_profile.digest
        where model_profile.repository_id = @originId
        """, new { originId, forkId }, stop);
}
