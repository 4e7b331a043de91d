namespace ModelZoo.Git;

/// <summary>What an edit made: the new root, and every tree that has to be stored for it, folders before the folders that hold them.</summary>
public sealed record EditedTree(ObjectId Root, IReadOnlyList<(ObjectId Id, byte[] Content)> NewTrees);
