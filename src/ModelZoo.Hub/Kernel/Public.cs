namespace ModelZoo.Hub.Kernel;

/// <summary>Endpoint metadata: anyone may call this, and why that is right. Every endpoint has this or takes a capability.</summary>
sealed record Public(string Reason);
