namespace ModelZoo.Hub.Web.Charts;

/// <summary>Bytes of one role within a block: attention, feed-forward, …</summary>
public sealed record RoleShare(string Role, double SizeBytes);

/// <summary>One layer, or what stands before and after the layers.</summary>
public sealed record StripBlock(string Name, IReadOnlyList<RoleShare> Roles)
{
    public double SizeBytes => Roles.Sum(role => role.SizeBytes);
}

/// <summary>A model's tensors from the first block to the last.</summary>
public sealed record TensorStrip(string Finding, IReadOnlyList<StripBlock> Blocks)
{
    /// <summary>Roles by their bytes, largest first; a role's place is its colour.</summary>
    public IReadOnlyList<RoleShare> Roles =>
        [.. Blocks.SelectMany(block => block.Roles).GroupBy(role => role.Role).Select(group => new RoleShare(group.Key, group.Sum(role => role.SizeBytes))).OrderByDescending(role => role.SizeBytes)];
}
