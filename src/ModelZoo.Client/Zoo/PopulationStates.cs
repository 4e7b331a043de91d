namespace ModelZoo.Client;

/// <summary>States of a population for which a condition holds. ModelZoo only.</summary>
/// <param name="Commit">The commit they are of.</param>
/// <param name="Total">How many there are, over all pages.</param>
/// <param name="States">Those of this page.</param>
/// <param name="Members">Whose states these are, and the members that they descend from.</param>
public sealed record PopulationStates(string Commit, int Total, IReadOnlyList<PopulationState> States, IReadOnlyList<string> Members);

/// <summary>One member's weights at an epoch.</summary>
/// <param name="Member">The member's id.</param>
/// <param name="Epoch">From 0, the state before the first step.</param>
/// <param name="Path">Its file.</param>
/// <param name="SizeBytes">Size of the file.</param>
/// <param name="Digest">SHA-256 of large content, else the git blob id.</param>
public sealed record PopulationState(string Member, int Epoch, string Path, long SizeBytes, string Digest);
