using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Git;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;

namespace ModelZoo.Hub.Facades.HuggingFace;

/// <summary>Creates, deletes, moves and configures repositories.</summary>
static class RepositoryEndpoints
{
    const int MaxDescriptionLength = 1_000;

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapPost("/api/repos/create", CreateAsync);
        app.MapDelete("/api/repos/delete", DeleteAsync);
        app.MapPost("/api/repos/move", MoveAsync);
        app.MapPost($"{HuggingFaceRoutes.Repository}/duplicate", DuplicateAsync);
        app.MapPut($"{HuggingFaceRoutes.Repository}/settings", SetAsync);
        app.MapGet($"{HuggingFaceRoutes.Repository}/auth-check", (ReadableRepository _) => Results.Json(new { }));
        app.MapGet($"{HuggingFaceRoutes.Repository}/auth-check/write", (WritableRepository _) => Results.Json(new { }));
    }

    static async Task<IResult> CreateAsync(
        SignedIn me, HttpRequest request, RepositoryLifecycle lifecycle, AccountStore accounts, PublicAddress address, HubOptions options, CancellationToken stop)
    {
        var body = await JsonBody.ReadAsync(request, stop);
        var kind = Kind(body);
        var (ownerName, name) = SplitName(body.Text("name"), body.Text("organization"), me.Account.Handle);
        var owner = await accounts.FindAsync(ownerName, stop) ?? throw Refusal.Forbidden($"You may not create repositories under {ownerName}.");
        var wanted = new NewRepository(kind, name, IsPrivate(body) ?? false)
        {
            Licence = body.Text("license"),
            Sdk = body.Text("sdk"),
            Files = FirstFiles(body, options.Limits.InlineBytes),
        };
        var created = await lifecycle.CreateAsync(me, owner, wanted, stop);
        return Results.Json(new { url = address.Of(request.HttpContext) + created.Repository.Address, name = created.Repository.FullName, id = Ids.ToWire(created.Id) });
    }

    static async Task<IResult> DeleteAsync(Actor actor, HttpRequest request, AccessPolicy policy, RepositoryLifecycle lifecycle, CancellationToken stop)
    {
        var body = await JsonBody.ReadAsync(request, stop);
        var (owner, name) = SplitName(body.Text("name"), body.Text("organization"), actor.Account?.Handle ?? "");
        await lifecycle.DeleteAsync(await AdministeredAsync(policy, Kind(body), owner, name, actor, stop), stop);
        return Results.Json(new { success = true });
    }

    static async Task<IResult> MoveAsync(
        Actor actor, HttpRequest request, AccessPolicy policy, RepositoryLifecycle lifecycle, PublicAddress address, CancellationToken stop)
    {
        var body = await JsonBody.ReadAsync(request, stop);
        var (owner, name) = SplitName(body.Text("fromRepo"), null, "");
        var (newOwner, newName) = SplitName(body.Text("toRepo"), null, actor.Account?.Handle ?? "");
        var repository = await AdministeredAsync(policy, Kind(body), owner, name, actor, stop);
        var moved = await lifecycle.MoveAsync(repository, newOwner, newName, stop);
        return Results.Json(new { url = address.Of(request.HttpContext) + moved.Address, name = moved.FullName });
    }

    /// <summary>Makes a fork: the same history under another name, sharing every object and blob.</summary>
    static async Task<IResult> DuplicateAsync(
        SignedIn me, ReadableRepository origin, HttpRequest request, ForkWriter forks, AccountStore accounts, PublicAddress address, CancellationToken stop)
    {
        var body = await JsonBody.ReadAsync(request, stop);
        var (ownerName, name) = body.Text("repository") is { Length: > 0 } to ? SplitName(to, null, me.Account.Handle) : (me.Account.Handle, origin.Repository.Name);
        var owner = await accounts.FindAsync(ownerName, stop) ?? throw Refusal.Forbidden($"You may not create repositories under {ownerName}.");
        var fork = (await forks.ForkAsync(me, origin, owner, name, IsPrivate(body), stop)).Repository;
        return Results.Json(new { url = address.Of(request.HttpContext) + fork.Address, name = fork.FullName, id = Ids.ToWire(fork.Id) });
    }

    /// <summary>A repository named in the body. An old name does not do here: what is removed or moved is called by its name.</summary>
    static async Task<AdministeredRepository> AdministeredAsync(
        AccessPolicy policy, RepositoryKind kind, string owner, string name, Actor actor, CancellationToken stop)
    {
        try
        {
            return (AdministeredRepository)await policy.GetAsync(kind, owner, name, actor, AccessLevel.Administer, stop);
        }
        catch (RepositoryMoved moved)
        {
            throw new Refusal(RefusalKind.NotFound, $"Repository not found: it is called {moved.Repository.FullName} now.") { Missing = MissingThing.Repository };
        }
    }

    static async Task<IResult> SetAsync(AdministeredRepository repository, HttpRequest request, RepositoryStore repositories, CancellationToken stop)
    {
        var body = await JsonBody.ReadAsync(request, stop);
        // All is checked before anything changes.
        var description = body.Text("description");
        if (description?.Length > MaxDescriptionLength) throw Refusal.Invalid($"A description may have at most {MaxDescriptionLength} characters.");
        if (body.Value("gated") is { ValueKind: not (JsonValueKind.False or JsonValueKind.Null) })
            throw Refusal.Invalid("This hub has no gated repositories yet; make the repository private instead.");
        var changed = new JsonObject();
        if (IsPrivate(body) is { } isPrivate)
        {
            await repositories.SetVisibilityAsync(repository.Id, isPrivate, stop);
            changed["private"] = isPrivate;
        }
        if (description is not null)
        {
            await repositories.SetDescriptionAsync(repository.Id, description, stop);
            changed["description"] = description;
        }
        if (body.Value("allowForcePush") is { ValueKind: JsonValueKind.True or JsonValueKind.False } force)
        {
            await repositories.SetForcePushAsync(repository.Id, force.GetBoolean(), stop);
            changed["allowForcePush"] = force.GetBoolean();
        }
        if (body.Value("discussionsDisabled") is { ValueKind: JsonValueKind.True or JsonValueKind.False } disabled)
        {
            await repositories.SetDiscussionsAsync(repository.Id, !disabled.GetBoolean(), stop);
            changed["discussionsDisabled"] = disabled.GetBoolean();
        }
        if (body.Value("gated") is { ValueKind: JsonValueKind.False }) changed["gated"] = false;
        // Accepted because clients send it; this hub has nothing to switch there.
        if (body.Value("xetEnabled") is { ValueKind: JsonValueKind.True or JsonValueKind.False } xet) changed["xetEnabled"] = xet.GetBoolean();
        return Results.Json(changed);
    }

    static RepositoryKind Kind(JsonBody body) => body.Text("type") is not { Length: > 0 } word ? RepositoryKind.Model
        : RepositoryKinds.TryParse(word, out var kind) ? kind
        : throw Refusal.Invalid("\"type\" must be one of [model, dataset, space]");

    static bool? IsPrivate(JsonBody body) => body.Text("visibility") switch
    {
        "private" => true,
        "public" => false,
        null => body.Value("private") switch
        {
            { ValueKind: JsonValueKind.True } => true,
            { ValueKind: JsonValueKind.False } => false,
            _ => null,
        },
        _ => throw Refusal.Invalid("\"visibility\" must be one of [public, private]"),
    };

    /// <summary>Clients send "name" with "organization", or "organization/name" in one.</summary>
    static (string Owner, string Name) SplitName(string? name, string? organisation, string self)
    {
        if (string.IsNullOrEmpty(name)) throw Refusal.Invalid("\"name\" is required");
        var slash = name.IndexOf('/');
        return slash < 0 ? (organisation ?? self, name) : (name[..slash], name[(slash + 1)..]);
    }

    static List<(RepoPath Path, byte[] Content)> FirstFiles(JsonBody body, long inlineBytes)
    {
        var files = new List<(RepoPath, byte[])>();
        foreach (var file in body.List("files"))
        {
            if (!RepoPath.TryParse(Text(file, "path"), out var path, out var problem)) throw Refusal.Invalid(problem);
            var content = Decode(path, Text(file, "content") ?? "", Text(file, "encoding"));
            if (content.Length > inlineBytes) throw new Refusal(RefusalKind.TooLarge, $"'{path}' has {content.Length} bytes; files above {inlineBytes} bytes go through LFS.");
            files.Add((path, content));
        }
        return files;
    }

    static byte[] Decode(RepoPath path, string text, string? encoding)
    {
        try
        {
            return encoding == "base64" ? Convert.FromBase64String(text) : System.Text.Encoding.UTF8.GetBytes(text);
        }
        catch (FormatException)
        {
            throw Refusal.Invalid($"The content of '{path}' is not base64.");
        }
    }

    static string? Text(JsonElement file, string name) =>
        file.ValueKind == JsonValueKind.Object && file.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
