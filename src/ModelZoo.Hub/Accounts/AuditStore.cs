using System.Data.Common;
using Microsoft.AspNetCore.Http;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Accounts;

/// <summary>Something that somebody did and that may have to be explained later.</summary>
sealed record AuditEntry
{
    public long Id { get; init; }
    public long At { get; init; }
    public string? Handle { get; init; }
    public string Action { get; init; } = "";
    public string Subject { get; init; } = "";
    public string Detail { get; init; } = "";
    public string Address { get; init; } = "";
}

/// <summary>The words for what is recorded; one concept, one word, and the tests know them all.</summary>
static class AuditAction
{
    public const string SignIn = "sign-in";
    public const string SignInFailed = "sign-in.failed";
    public const string TokenMade = "token.made";
    public const string TokenRevoked = "token.revoked";
    public const string AccountMade = "account.made";
    public const string AccountDisabled = "account.disabled";
    public const string AccountEnabled = "account.enabled";
    public const string AccountPassword = "account.password";
    public const string AccountAdministrator = "account.administrator";
    public const string DeviceApproved = "device.approved";
    public const string DeviceDenied = "device.denied";
    public const string RepositoryMade = "repository.made";
    public const string RepositoryMoved = "repository.moved";
    public const string RepositoryDeleted = "repository.deleted";
    public const string RepositoryVisibility = "repository.visibility";
    public const string RepositoryDefaultBranch = "repository.default-branch";
    public const string RepositoryForcePush = "repository.force-push";
    public const string RepositoryDiscussions = "repository.discussions";
    public const string ReferenceForced = "reference.forced";
    public const string ReferenceRemoved = "reference.removed";
    public const string RepositoryDisabled = "repository.disabled";
    public const string ModelAdmitted = "model.admitted";
    public const string ModelDismissed = "model.dismissed";
    public const string Collaborator = "repository.collaborator";
}

/// <summary>Who did what to whom, from where. Written in the transaction of the change where there is one. Never secrets.</summary>
sealed class AuditStore(HubDatabase database, IHttpContextAccessor requests, TimeProvider time)
{
    public static string Account(long id) => $"account:{Ids.ToWire(id)}";

    public static string Repository(long id) => $"repository:{Ids.ToWire(id)}";

    /// <param name="accountId">Who did it; null: whoever makes the current request.</param>
    public Task AddAsync(DbTransaction transaction, string action, string subject, string detail, CancellationToken stop, long? accountId = null)
    {
        var http = requests.HttpContext;
        return transaction.ExecuteAsync("""
            insert into audit_entry (id, at, account_id, action, subject, detail, address)
            values (@id, @at, @account, @action, @subject, @detail, @address)
            """,
            new
            {
                id = Ids.Next(time), at = time.NowMs(), account = accountId ?? http?.Features.Get<Actor>()?.Account?.Id, action, subject,
                detail = detail.Length <= 500 ? detail : detail[..500], address = http is null ? "hub" : RemoteAddress.Of(http),
            }, stop);
    }

    public Task AddAsync(string action, string subject, string detail, CancellationToken stop, long? accountId = null) =>
        database.WriteAsync(transaction => AddAsync(transaction, action, subject, detail, stop, accountId), stop);

    /// <summary>Newest first, before an id; optionally of one action or about one subject.</summary>
    public Task<IReadOnlyList<AuditEntry>> ListAsync(string? action, string? subject, long? before, int limit, CancellationToken stop) =>
        database.ListAsync<AuditEntry>($"""
            select audit_entry.id, audit_entry.at, account.handle, audit_entry.action, audit_entry.subject, audit_entry.detail, audit_entry.address
            from audit_entry
            left join account on account.id = audit_entry.account_id
            where audit_entry.id < @before
              {(action is null ? "" : "and audit_entry.action = @action")}
              {(subject is null ? "" : "and audit_entry.subject = @subject")}
            order by audit_entry.id desc
            limit @limit
            """, new { action, subject, before = before ?? long.MaxValue, limit }, stop);
}
