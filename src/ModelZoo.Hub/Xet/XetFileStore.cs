using System.Data.Common;
using Dapper;
using ModelZoo.Git;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Kernel;
using ModelZoo.Xet;

namespace ModelZoo.Hub.Xet;

/// <summary>A file as Xet knows it.</summary>
/// <param name="IsView">Its bytes exist whole, and its terms are derived from them; otherwise the terms are all there is.</param>
sealed record XetFile(Digest Digest, XetHash Hash, long SizeBytes, bool IsView);

/// <summary>A run of chunks of one xorb, and where it stands in the file.</summary>
sealed record XetTerm(XetHash Xorb, ChunkRange Chunks, long FileOffset, long UnpackedBytes);

/// <summary>Rows of files and their terms.</summary>
sealed class XetFileStore(HubDatabase database, XorbStore xorbs, TimeProvider time)
{
    const string Columns = "xet_file.digest, xet_file.hash, xet_file.size_bytes, xet_file.form";

    /// <summary>Most terms that one file may have, so that a registration stays one short transaction.</summary>
    public const int MaxTerms = 300_000;

    const int RowsAtOnce = 100;

    /// <summary>Not those whose bytes now exist in another form: their terms are kept a while for clients that know them, and are not given out any more.</summary>
    const string Lasting = "not (xet_file.form = 'terms' and exists (select 1 from blob_delta where blob_delta.digest = xet_file.digest))";

    public async Task<XetFile?> FindAsync(Digest digest, CancellationToken stop) => (await database.FindAsync<FileRow>($"""
        select {Columns}
        from xet_file
        where digest = @digest
          and {Lasting}
        """, new { digest = digest.Hex }, stop))?.ToFile();

    public async Task<IReadOnlyDictionary<Digest, XetFile>> FindManyAsync(IReadOnlyCollection<Digest> digests, CancellationToken stop)
    {
        var found = new Dictionary<Digest, XetFile>();
        foreach (var slice in digests.Distinct().Chunk(Sql.MaxInList))
        {
            var parameters = new DynamicParameters();
            foreach (var row in await database.ListAsync<FileRow>($"""
                select {Columns}
                from xet_file
                where {Sql.In("digest", [.. slice.Select(d => d.Hex)], parameters)}
                  and {Lasting}
                """, parameters, stop)) found[Digest.Parse(row.Digest)] = row.ToFile();
        }
        return found;
    }

    /// <summary>Files of this hash that the repository links, or that the account sent itself.</summary>
    /// <param name="accountId">0 when only what is linked counts.</param>
    public async Task<XetFile?> FindReachableAsync(XetHash hash, long repositoryId, long accountId, CancellationToken stop) => (await database.FindAsync<FileRow>($"""
        select {Columns}
        from xet_file
        where hash = @hash
          and (exists (select 1 from blob_link where blob_link.digest = xet_file.digest and blob_link.repository_id = @repositoryId)
            or exists (select 1 from blob_grant where blob_grant.digest = xet_file.digest and blob_grant.account_id = @accountId))
        limit 1
        """, new { hash = hash.ToString(), repositoryId, accountId }, stop))?.ToFile();

    /// <summary>The terms that hold bytes of this stretch of the file, in file order.</summary>
    public async Task<IReadOnlyList<XetTerm>> TermsAsync(Digest digest, long offset, long end, CancellationToken stop) => [.. (await database.ListAsync<TermRow>("""
        select file_offset, unpacked_bytes, xorb, chunk_start, chunk_end
        from xet_term
        where digest = @digest
          and file_offset < @end
          and file_offset >= (select coalesce(max(before.file_offset), 0) from xet_term before where before.digest = @digest and before.file_offset <= @offset)
        order by file_offset
        """, new { digest = digest.Hex, offset, end }, stop)).Select(row => row.ToTerm())];

    /// <summary>
    /// Makes a file of terms: a blob that the account may refer to. Everything about it was verified. Whatever the terms refer
    /// to is touched here, so that it stays. A blob that is there already keeps the form that it has.
    /// </summary>
    /// <returns>False when the blob exists whole, or has terms already: then these were not needed.</returns>
    public async Task<bool> RegisterAsync(
        DbTransaction transaction, XetFile file, IReadOnlyList<XetTerm> terms, XetHash? firstChunk, long accountId, CancellationToken stop)
    {
        var values = new { digest = file.Digest.Hex, file.SizeBytes, now = time.NowMs(), accountId };
        if (!await xorbs.TryTouchAsync(transaction, [.. terms.Select(term => term.Xorb)], stop)) throw XorbStore.BeingRemoved();
        var isNew = await transaction.ExecuteAsync("""
            insert into blob (digest, size_bytes, stored_at, touched_at)
            values (@digest, @SizeBytes, @now, @now)
            on conflict (digest) do nothing
            """, values, stop) == 1;
        if (!isNew && await transaction.ExecuteAsync("""
            update blob
            set touched_at = @now
            where digest = @digest
              and sweeping_since is null
            """, values, stop) == 0) throw XorbStore.BeingRemoved();
        if (isNew) await AddAsync(transaction, file, terms, accountId, stop);
        await transaction.ExecuteAsync("""
            insert into blob_grant (account_id, digest, granted_at)
            values (@accountId, @digest, @now)
            on conflict (account_id, digest) do update set granted_at = excluded.granted_at
            """, values, stop);
        if (firstChunk is { } first && terms.Count > 0)
            await XorbStore.AddGlobalAsync(transaction, [(first, terms[0].Xorb, terms[0].Chunks.Start)], stop);
        return isNew;
    }

    /// <summary>Adds the rows of a file whose blob is there. The first of a digest stays; false then.</summary>
    public async Task<bool> AddAsync(DbTransaction transaction, XetFile file, IReadOnlyList<XetTerm> terms, long? accountId, CancellationToken stop)
    {
        var added = await transaction.ExecuteAsync("""
            insert into xet_file (digest, hash, size_bytes, form, account_id, stored_at)
            values (@digest, @hash, @SizeBytes, @form, @accountId, @now)
            on conflict (digest) do nothing
            """, new { digest = file.Digest.Hex, hash = file.Hash.ToString(), file.SizeBytes, form = file.IsView ? "view" : "terms", accountId, now = time.NowMs() }, stop);
        if (added == 0) return false;
        foreach (var slice in terms.Chunk(RowsAtOnce))
        {
            var parameters = new DynamicParameters(new { digest = file.Digest.Hex });
            var rows = slice.Select((term, i) =>
            {
                parameters.Add($"o{i}", term.FileOffset);
                parameters.Add($"u{i}", term.UnpackedBytes);
                parameters.Add($"x{i}", term.Xorb.ToString());
                parameters.Add($"s{i}", (long)term.Chunks.Start);
                parameters.Add($"e{i}", (long)term.Chunks.End);
                return $"(@digest, @o{i}, @u{i}, @x{i}, @s{i}, @e{i})";
            });
            await transaction.ExecuteAsync(
                $"insert into xet_term (digest, file_offset, unpacked_bytes, xorb, chunk_start, chunk_end) values {string.Join(", ", rows)}", parameters, stop);
        }
        return true;
    }

    sealed record FileRow
    {
        public string Digest { get; init; } = "";
        public string Hash { get; init; } = "";
        public long SizeBytes { get; init; }
        public string Form { get; init; } = "";

        public XetFile ToFile() => new(Git.Digest.Parse(Digest), XetHash.Parse(Hash), SizeBytes, Form == "view");
    }

    sealed record TermRow
    {
        public long FileOffset { get; init; }
        public long UnpackedBytes { get; init; }
        public string Xorb { get; init; } = "";
        public long ChunkStart { get; init; }
        public long ChunkEnd { get; init; }

        public XetTerm ToTerm() => new(XetHash.Parse(Xorb), new((int)ChunkStart, (int)ChunkEnd), FileOffset, UnpackedBytes);
    }
}
