using System.Diagnostics.CodeAnalysis;

namespace ModelZoo.Conformance.Harness;

/// <summary>A client that is not on this machine. Skipped in words that say how to get it; an error where MODELZOO_REQUIRE_CLIENTS is set.</summary>
static class Missing
{
    [DoesNotReturn]
    public static void Skip(string words)
    {
        if (Environment.GetEnvironmentVariable("MODELZOO_REQUIRE_CLIENTS") is { Length: > 0 })
            Assert.Fail(words);
        TestContext.Current.SendDiagnosticMessage("SKIPPED: {0}", words);
        Assert.Skip(words);
    }
}
