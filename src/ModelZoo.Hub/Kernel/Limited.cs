namespace ModelZoo.Hub.Kernel;

/// <summary>How strictly requests to an endpoint are counted.</summary>
enum RateClass
{
    /// <summary>The ordinary allowance, which endpoints have when they say nothing.</summary>
    Api,

    /// <summary>Where secrets are tried or made: far fewer.</summary>
    SignIn,

    /// <summary>Not counted: probes, and content whose address is signed and was counted when it was asked for.</summary>
    Unlimited,
}

/// <summary>Endpoint metadata: counted otherwise than the ordinary requests.</summary>
sealed record Limited(RateClass Class);

/// <summary>The allowance that was used up, for the headers by which clients pace themselves.</summary>
readonly record struct RateQuota(string Name, int Requests, TimeSpan Window);
