using Microsoft.AspNetCore.Http;

namespace ModelZoo.Hub.Kernel;

/// <summary>Endpoint metadata: how this endpoint's facade says no.</summary>
/// <param name="Write">Writes a refusal to the response.</param>
sealed record Dialect(Func<HttpContext, Refusal, Task> Write);
