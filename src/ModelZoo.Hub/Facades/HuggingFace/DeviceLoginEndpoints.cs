using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Facades.HuggingFace;

/// <summary>Device login (RFC 8628) as `hf auth login` and `zoo login` do it. The person's side is a page, /login/device.</summary>
static class DeviceLoginEndpoints
{
    const string DeviceGrant = "urn:ietf:params:oauth:grant-type:device_code";

    static readonly Dialect s_dialect = new(WriteAsync);

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapPost("/oauth/device", BeginAsync).DisableAntiforgery().WithMetadata(s_dialect, new Limited(RateClass.SignIn), new Public("a program that wants to sign in has nothing yet"));
        app.MapPost("/oauth/token", TokenAsync).DisableAntiforgery().WithMetadata(s_dialect, new Public("the device code is the secret"));
    }

    static async Task<IResult> BeginAsync(HttpContext http, DeviceLoginStore logins, PublicAddress address, CancellationToken stop)
    {
        var form = await ReadAsync(http, stop);
        var (deviceCode, userCode) = await logins.BeginAsync(form["client_id"].ToString(), stop);
        http.Response.Headers.CacheControl = "no-store";
        var page = $"{address.Of(http)}/login/device";
        return Results.Json(new
        {
            device_code = deviceCode,
            user_code = userCode,
            verification_uri = page,
            verification_uri_complete = $"{page}?code={userCode}",
            expires_in = (int)DeviceLoginStore.Lifetime.TotalSeconds,
            interval = DeviceLoginStore.IntervalSeconds,
        });
    }

    static async Task<IResult> TokenAsync(HttpContext http, DeviceLoginStore logins, CancellationToken stop)
    {
        var form = await ReadAsync(http, stop);
        http.Response.Headers.CacheControl = "no-store";
        switch (form["grant_type"].ToString())
        {
            case DeviceGrant:
                return await logins.PollAsync(form["device_code"].ToString(), form["client_id"].ToString(), stop) switch
                {
                    DevicePoll.Granted granted => Results.Json(new
                    {
                        access_token = granted.Secret,
                        token_type = "bearer",
                        expires_in = (long)granted.Lifetime.TotalSeconds,
                        scope = "write-repos",
                    }),
                    DevicePoll.Pending => Error("authorization_pending", "The code was not confirmed yet."),
                    DevicePoll.SlowDown => Error("slow_down", $"Ask every {DeviceLoginStore.IntervalSeconds} seconds."),
                    DevicePoll.Denied => Error("access_denied", "The login was refused."),
                    _ => Error("expired_token", "The code is unknown, used or too old."),
                };
            case "refresh_token":
                // Tokens live long and none is given out for refreshing: whoever asks signs in anew.
                return Error("invalid_grant", "This hub gives out no refresh tokens; sign in again.");
            case "":
                return Error("invalid_request", "grant_type is missing.");
            default:
                return Error("unsupported_grant_type", "This hub knows device_code.");
        }
    }

    static async Task<IFormCollection> ReadAsync(HttpContext http, CancellationToken stop)
    {
        if (!http.Request.HasFormContentType) throw Refusal.Invalid("The body must be a form (application/x-www-form-urlencoded).");
        try
        {
            return await http.Request.ReadFormAsync(stop);
        }
        catch (InvalidDataException error)
        {
            throw Refusal.Invalid($"The form is malformed: {error.Message}");
        }
    }

    static IResult Error(string error, string description) => Results.Json(new { error, error_description = description }, statusCode: 400);

    /// <summary>Refusals in the words of OAuth; a client that is too fast is told to slow down and does not give up.</summary>
    static Task WriteAsync(HttpContext http, Refusal refusal)
    {
        HuggingFaceErrors.WriteHeaders(http, refusal);
        var error = refusal.Kind switch
        {
            RefusalKind.TooMany => "slow_down",
            RefusalKind.Invalid or RefusalKind.TooLarge => "invalid_request",
            RefusalKind.Unavailable => "temporarily_unavailable",
            RefusalKind.Fault => "server_error",
            _ => "access_denied",
        };
        return http.Response.WriteAsJsonAsync(new { error, error_description = refusal.Message });
    }
}
