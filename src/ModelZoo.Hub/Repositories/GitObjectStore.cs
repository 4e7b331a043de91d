using System.Data.Common;
using Dapper;
using ModelZoo.Git;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Repositories;

/// <summary>Git objects: small, immutable, content-addressed rows, one space of them per repository.</summary>
sealed class GitObjectStore(HubDatabase database, TimeProvider time)
{
    /// <summary>Bytes of objects that one transaction writes; a larger commit writes its objects in several, before its reference moves.</summary>
    const int BatchBytes = 16 * 1024 * 1024;

    const int RowsAtOnce = 32;

    public Task<byte[]?> FindContentAsync(long spaceId, ObjectId id, CancellationToken stop) => database.FindAsync<byte[]>("""
        select content
        from git_object
        where space_id = @spaceId
          and id = @id
        """, new { spaceId, id = id.Hex }, stop);

    /// <summary>An object with its type; null when it is not stored.</summary>
    public async Task<(ObjectType Type, byte[] Content)?> FindTypedAsync(long spaceId, ObjectId id, CancellationToken stop) => await database.FindAsync<ContentRow>("""
        select id, type, content
        from git_object
        where space_id = @spaceId
          and id = @id
        """, new { spaceId, id = id.Hex }, stop) is { } row ? (ObjectTypes.Parse(row.Type), row.Content) : null;

    /// <summary>Facts of many blobs at once; ids that are absent are left out.</summary>
    public async Task<IReadOnlyDictionary<ObjectId, BlobFacts>> FactsAsync(long spaceId, IReadOnlyCollection<ObjectId> ids, CancellationToken stop)
    {
        var facts = new Dictionary<ObjectId, BlobFacts>(ids.Count);
        foreach (var slice in ids.Distinct().Chunk(Sql.MaxInList))
        {
            var parameters = new DynamicParameters(new { spaceId });
            var rows = await database.ListAsync<FactsRow>($"""
                select id, size_bytes, lfs_digest, lfs_size_bytes
                from git_object
                where space_id = @spaceId
                  and {Sql.In("id", [.. slice.Select(id => id.Hex)], parameters)}
                """, parameters, stop);
            foreach (var row in rows)
                facts[ObjectId.Parse(row.Id)] = new(row.SizeBytes, row.LfsDigest is null ? null : new(Digest.Parse(row.LfsDigest), row.LfsSizeBytes ?? 0));
        }
        return facts;
    }

    /// <summary>Contents of many objects at once; ids that are absent are left out. For trees and commits, which are small.</summary>
    public async Task<IReadOnlyDictionary<ObjectId, byte[]>> ContentsAsync(long spaceId, IReadOnlyCollection<ObjectId> ids, CancellationToken stop)
    {
        var contents = new Dictionary<ObjectId, byte[]>(ids.Count);
        foreach (var slice in ids.Distinct().Chunk(Sql.MaxInList))
        {
            var parameters = new DynamicParameters(new { spaceId });
            foreach (var row in await database.ListAsync<ContentRow>($"""
                select id, content
                from git_object
                where space_id = @spaceId
                  and {Sql.In("id", [.. slice.Select(id => id.Hex)], parameters)}
                """, parameters, stop)) contents[ObjectId.Parse(row.Id)] = row.Content;
        }
        return contents;
    }

    /// <summary>
    /// Refuses when one of the objects is not stored (any more): what a reference is about to lead to must be there. Asked in
    /// the transaction that moves the reference, after <see cref="ReferenceStore.HoldAsync"/>.
    /// </summary>
    public async Task RequireAsync(DbTransaction transaction, long spaceId, IReadOnlyCollection<ObjectId> ids, CancellationToken stop)
    {
        foreach (var slice in ids.Distinct().Where(id => id != ObjectId.EmptyTree).Chunk(Sql.MaxInList))
        {
            var parameters = new DynamicParameters(new { spaceId });
            var found = await transaction.FindAsync<long>($"""
                select count(*)
                from git_object
                where space_id = @spaceId
                  and {Sql.In("id", [.. slice.Select(id => id.Hex)], parameters)}
                """, parameters, stop);
            if (found != slice.Length)
                throw new Refusal(RefusalKind.Unavailable, "Content that this change refers to was just removed as unreachable; send the change again.")
                {
                    RetryAfter = TimeSpan.FromSeconds(1),
                };
        }
    }

    /// <summary>
    /// Stores objects: durable at the latest with whatever refers to them. They are invisible until a reference leads to them, and
    /// are swept if none ever does.
    /// </summary>
    public async Task AddAsync(long spaceId, IReadOnlyList<StoredObject> objects, CancellationToken stop)
    {
        for (var next = 0; next < objects.Count;)
        {
            var batch = new List<StoredObject>();
            for (long bytes = 0; next < objects.Count && bytes < BatchBytes; next++)
            {
                batch.Add(objects[next]);
                bytes += objects[next].Content.Length;
            }
            await database.WritePreludeAsync(async transaction =>
            {
                // In one order everywhere, so that two writers of the same objects cannot wait for each other in a circle.
                var ordered = batch.DistinctBy(o => o.Id).OrderBy(o => o.Id.Hex, StringComparer.Ordinal).ToList();
                // Many rows a statement, in two sizes only: each text of a statement is prepared once.
                var together = ordered.Count - ordered.Count % RowsAtOnce;
                for (var i = 0; i < together; i += RowsAtOnce) await AddAsync(transaction, spaceId, ordered.GetRange(i, RowsAtOnce), stop);
                foreach (var item in ordered.Skip(together)) await AddAsync(transaction, spaceId, [item], stop);
            }, stop);
        }
    }

    Task<int> AddAsync(DbTransaction transaction, long spaceId, IReadOnlyList<StoredObject> items, CancellationToken stop)
    {
        var parameters = new DynamicParameters(new { spaceId, now = time.NowMs() });
        var rows = items.Select((item, i) =>
        {
            parameters.Add($"id{i}", item.Id.Hex);
            parameters.Add($"type{i}", item.TypeWord);
            parameters.Add($"size{i}", (long)item.Content.Length);
            parameters.Add($"content{i}", item.Content);
            parameters.Add($"digest{i}", item.Pointer?.Digest.Hex, System.Data.DbType.String);
            parameters.Add($"large{i}", item.Pointer?.SizeBytes, System.Data.DbType.Int64);
            return $"(@spaceId, @id{i}, @type{i}, @size{i}, @content{i}, @digest{i}, @large{i}, @now)";
        });
        return transaction.ExecuteAsync($"""
            insert into git_object (space_id, id, type, size_bytes, content, lfs_digest, lfs_size_bytes, stored_at)
            values {string.Join(", ", rows)}
            on conflict (space_id, id) do update set stored_at = excluded.stored_at
            """, parameters, stop);
    }

    sealed record ContentRow
    {
        public string Id { get; init; } = "";
        public string Type { get; init; } = "";
        public byte[] Content { get; init; } = [];
    }

    sealed record FactsRow
    {
        public string Id { get; init; } = "";
        public long SizeBytes { get; init; }
        public string? LfsDigest { get; init; }
        public long? LfsSizeBytes { get; init; }
    }
}
