using System.Text.Json.Serialization;

namespace ModelZoo.Client;

/// <summary>An account as the hub describes it to its own token.</summary>
/// <param name="Name">The account's handle, as in addresses.</param>
/// <param name="Type"><c>user</c> or <c>org</c>.</param>
/// <param name="Id">The hub's number for the account.</param>
/// <param name="Fullname">The name shown to people.</param>
/// <param name="Email">The address, when the hub tells it.</param>
/// <param name="Orgs">Organisations the account belongs to.</param>
/// <param name="Auth">How the caller signed in.</param>
public sealed record Identity(string Name, string? Type, string? Id, string? Fullname, string? Email, IReadOnlyList<Membership>? Orgs, IdentityAuth? Auth);

/// <summary>An account's place in an organisation.</summary>
/// <param name="Name">The organisation's handle.</param>
/// <param name="Fullname">The name shown to people.</param>
/// <param name="RoleInOrg"><c>read</c>, <c>contributor</c>, <c>write</c> or <c>admin</c>.</param>
public sealed record Membership(string Name, string? Fullname, string? RoleInOrg);

/// <summary>How the caller signed in.</summary>
/// <param name="Type"><c>access_token</c> for tokens.</param>
/// <param name="AccessToken">The token used.</param>
public sealed record IdentityAuth(string? Type, IdentityToken? AccessToken);

/// <summary>The token a call was made with.</summary>
/// <param name="DisplayName">The name its owner gave it.</param>
/// <param name="Role"><c>read</c>, <c>write</c> or <c>fineGrained</c>.</param>
public sealed record IdentityToken(string? DisplayName, string? Role);

/// <summary>A login waiting for a person to confirm it.</summary>
/// <param name="DeviceCode">The secret this program asks with.</param>
/// <param name="UserCode">The code the person types.</param>
/// <param name="VerificationUri">The page the person types it on.</param>
/// <param name="VerificationUriComplete">The same page with the code already in it.</param>
/// <param name="Interval">Seconds between questions.</param>
/// <param name="ExpiresIn">Seconds until the code is worthless.</param>
public sealed record DeviceLogin(
    [property: JsonPropertyName("device_code")] string DeviceCode,
    [property: JsonPropertyName("user_code")] string UserCode,
    [property: JsonPropertyName("verification_uri")] string VerificationUri,
    [property: JsonPropertyName("verification_uri_complete")] string? VerificationUriComplete,
    [property: JsonPropertyName("interval")] int? Interval,
    [property: JsonPropertyName("expires_in")] int? ExpiresIn);

sealed record DeviceToken([property: JsonPropertyName("access_token")] string AccessToken);
