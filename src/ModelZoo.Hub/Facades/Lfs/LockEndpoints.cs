using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Git;
using ModelZoo.Hub.Facades.HuggingFace;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;

namespace ModelZoo.Hub.Facades.Lfs;

/// <summary>Locks of files (git-lfs docs/api/locking.md): made, listed, compared before a push, given up. A lock holds on all branches.</summary>
static class LockEndpoints
{
    const int MaxPage = 100;

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapLfs("locks", ["POST"], LockAsync);
        app.MapLfs("locks", ["GET"], ListAsync);
        app.MapLfs("locks/verify", ["POST"], VerifyAsync);
        app.MapLfs("locks/{id}/unlock", ["POST"], UnlockAsync);
    }

    static async Task<IResult> LockAsync(WritableRepository repository, HttpRequest request, FileLockStore locks, CancellationToken stop)
    {
        var body = await JsonBody.ReadAsync(request, stop);
        if (!RepoPath.TryParse(body.Text("path"), out var path, out var problem)) throw new Refusal(RefusalKind.Unprocessable, problem);
        var (held, isNew) = await locks.AddAsync(repository.Id, repository.Author, path.Value, stop);
        return isNew
            ? Answer(new { @lock = Shown(held) }, 201)
            : Answer(new { @lock = Shown(held), message = $"'{path}' is locked by {held.Owner} already." }, 409);
    }

    static async Task<IResult> ListAsync(ReadableRepository repository, HttpRequest request, FileLockStore locks, CancellationToken stop)
    {
        var query = request.Query;
        long? id = query["id"].ToString() is { Length: > 0 } text ? Ids.TryFromWire(text, out var known) ? known : -1 : null;
        var path = query["path"].ToString() is { Length: > 0 } wanted ? wanted : null;
        var (page, next) = await PageAsync(repository, locks, path, id, query["cursor"], Number(query["limit"]), stop);
        return Answer(new { locks = page.Select(Shown), next_cursor = next });
    }

    /// <summary>Asked by git-lfs before a push, which stops when it would change what others hold.</summary>
    static async Task<IResult> VerifyAsync(ContributingRepository repository, HttpRequest request, FileLockStore locks, CancellationToken stop)
    {
        var body = await JsonBody.ReadAsync(request, stop);
        var (page, next) = await PageAsync(repository, locks, null, null, body.Text("cursor"), body.Number("limit"), stop);
        return Answer(new
        {
            ours = page.Where(held => held.AccountId == repository.Author.Id).Select(Shown),
            theirs = page.Where(held => held.AccountId != repository.Author.Id).Select(Shown),
            next_cursor = next,
        });
    }

    static async Task<IResult> UnlockAsync(string id, WritableRepository repository, HttpRequest request, FileLockStore locks, CancellationToken stop)
    {
        var body = await JsonBody.ReadAsync(request, stop);
        var isForced = body.Value("force") is { ValueKind: System.Text.Json.JsonValueKind.True };
        if (!Ids.TryFromWire(id, out var number) || await locks.ListAsync(repository.Id, null, number, 0, 1, stop) is not [var held]) throw Refusal.NotFound("There is no such lock.");
        if (held.AccountId != repository.Author.Id)
        {
            if (!isForced) throw Refusal.Forbidden($"'{held.Path}' is locked by {held.Owner}; who administers the repository can unlock it with --force.");
            if (repository is not AdministeredRepository) throw Refusal.Forbidden($"'{held.Path}' is locked by {held.Owner}; only who administers the repository may force it open.");
        }
        if (!await locks.RemoveAsync(repository.Id, held.Id, stop)) throw Refusal.NotFound("There is no such lock.");
        return Answer(new { @lock = Shown(held) });
    }

    static async Task<(IReadOnlyList<FileLock> Page, string? Next)> PageAsync(
        ReadableRepository repository, FileLockStore locks, string? path, long? id, string? cursor, long? limit, CancellationToken stop)
    {
        var after = string.IsNullOrEmpty(cursor) ? 0 : Ids.TryFromWire(cursor, out var from) ? from : throw new Refusal(RefusalKind.Unprocessable, "\"cursor\" is not one that this hub gave.");
        var most = (int)Math.Clamp(limit ?? MaxPage, 1, MaxPage);
        var page = await locks.ListAsync(repository.Id, path, id, after, most + 1, stop);
        return page.Count > most ? ([.. page.Take(most)], Ids.ToWire(page[most - 1].Id)) : (page, null);
    }

    static long? Number(string? text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    static object Shown(FileLock held) => new
    {
        id = Ids.ToWire(held.Id), path = held.Path, owner = new { name = held.Owner },
        locked_at = DateTimeOffset.FromUnixTimeMilliseconds(held.LockedAt).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
    };

    static IResult Answer(object body, int status = 200) => Results.Json(body, s_json, LfsErrors.MediaType, status);

    static readonly System.Text.Json.JsonSerializerOptions s_json = new() { DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull };
}
