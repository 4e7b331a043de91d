using System.Text.Json.Serialization;

namespace ModelZoo.Client;

/// <summary>What a new access token may do.</summary>
/// <param name="Name">A name to recognise it by.</param>
/// <param name="Role"><c>read</c>, <c>write</c> or <c>fineGrained</c>.</param>
/// <param name="Repositories">For <c>fineGrained</c>: the only repositories it may touch.</param>
/// <param name="ExpiresInDays">Days until it stops working; null never.</param>
public sealed record TokenRequest(string Name, string Role, IReadOnlyList<string>? Repositories = null, int? ExpiresInDays = null);

/// <summary>An access token just made: the only moment its secret is shown.</summary>
/// <param name="Id">What to revoke it by.</param>
/// <param name="Name">The name it was given.</param>
/// <param name="Role">What it may do.</param>
/// <param name="Token">The secret, <c>hf_…</c>.</param>
public sealed record NewAccessToken([property: JsonConverter(typeof(LooseTextConverter))] string Id, string Name, string Role, string Token);

/// <summary>An access token in a list, without its secret.</summary>
/// <param name="Id">What to revoke it by.</param>
/// <param name="Name">The name it was given.</param>
/// <param name="Role">What it may do.</param>
/// <param name="Repositories">The only repositories it may touch, when it is limited.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="LastUsedAt">When it was last used, roughly.</param>
/// <param name="ExpiresAt">When it stops working.</param>
public sealed record AccessToken(
    [property: JsonConverter(typeof(LooseTextConverter))] string Id, string? Name, string? Role, IReadOnlyList<string>? Repositories = null,
    DateTimeOffset? CreatedAt = null, DateTimeOffset? LastUsedAt = null, DateTimeOffset? ExpiresAt = null);
