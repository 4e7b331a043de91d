namespace ModelZoo.Hub.Search;

/// <summary>By what lists can be ordered. Every order is total: repositories with equal values are ordered by their id.</summary>
enum SearchOrder
{
    /// <summary>Likes of the last seven days; among equals the newest first.</summary>
    Trending,
    CreatedAt,
    LastModified,
    Downloads,
    Likes,
    Likes30Days,
    Parameters,
    Size,

    /// <summary>Memory that a model needs in the standard scenario; those for which it is not known come first.</summary>
    Footprint,
    Name,
    /// <summary>The row id alone: how a repository is found in the index.</summary>
    Id,
}

/// <summary>A place in an order: the value and id of one repository.</summary>
readonly record struct SortPoint(long Value, string Name, long Id)
{
    public static SortPoint Of(IndexedRepository repository, SearchOrder key) => new(ValueOf(repository, key), key == SearchOrder.Name ? repository.FullName : "", repository.Id);

    public int CompareTo(SortPoint other)
    {
        var byValue = Value.CompareTo(other.Value);
        if (byValue != 0) return byValue;
        var byName = string.Compare(Name, other.Name, StringComparison.OrdinalIgnoreCase);
        return byName != 0 ? byName : Id.CompareTo(other.Id);
    }

    /// <summary>Whole bytes, so that the order of the numbers is the order of the footprints; what no memory holds is the largest number.</summary>
    static long RoundedUp(double bytes) => bytes >= 9e18 ? long.MaxValue : (long)Math.Ceiling(bytes);

    static long ValueOf(IndexedRepository repository, SearchOrder key) => key switch
    {
        SearchOrder.Trending => repository.LikesOfWeek,
        SearchOrder.CreatedAt => repository.Repository.CreatedAt,
        SearchOrder.LastModified => repository.Repository.UpdatedAt,
        SearchOrder.Downloads => repository.Repository.Downloads,
        SearchOrder.Likes => repository.Repository.Likes,
        SearchOrder.Likes30Days => repository.LikesOfMonth,
        SearchOrder.Parameters => repository.Parameters ?? -1,
        SearchOrder.Footprint => repository.Footprint is { Bytes: var bytes } ? RoundedUp(bytes) : -1,
        SearchOrder.Size => repository.SizeBytes,
        _ => 0,
    };
}
