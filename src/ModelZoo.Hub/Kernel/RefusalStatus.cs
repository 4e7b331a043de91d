using System.Diagnostics;

namespace ModelZoo.Hub.Kernel;

/// <summary>The HTTP status of a refusal, the same in every dialect that speaks HTTP.</summary>
static class RefusalStatus
{
    public static int Of(RefusalKind kind) => kind switch
    {
        RefusalKind.Invalid => 400,
        RefusalKind.Unauthenticated => 401,
        RefusalKind.Forbidden => 403,
        RefusalKind.NotFound => 404,
        RefusalKind.NotSupported => 405,
        RefusalKind.TimedOut => 408,
        RefusalKind.Conflict => 409,
        RefusalKind.Stale => 412,
        RefusalKind.TooLarge => 413,
        RefusalKind.RangeNotSatisfiable => 416,
        RefusalKind.Unprocessable => 422,
        RefusalKind.TooMany => 429,
        RefusalKind.Fault => 500,
        RefusalKind.Unavailable => 503,
        _ => throw new UnreachableException($"{kind}"),
    };
}
