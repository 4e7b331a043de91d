using ModelZoo.Hub.Web.Charts;
using ModelZoo.Hub.Web.Components;
using ModelZoo.Hub.Web.Estimates;

namespace ModelZoo.Hub.Web.Pages.Profiles;

/// <summary>A tensor in the table.</summary>
public sealed record TensorRow(string Name, string DType, string Shape, long Elements, long SizeBytes, string File);

/// <summary>What a model is and whether it runs: pending, failed, or in numbers.</summary>
public sealed record ProfilePageModel(PageFrame Frame, RepositoryHeading Repository, ReferenceChoice? References)
{
    /// <summary>A job reads the headers; the page asks again by itself.</summary>
    public bool IsPending { get; init; }

    /// <summary>Why there is no profile.</summary>
    public string? Reason { get; init; }

    /// <summary>What is wrong with single files although there is a profile.</summary>
    public IReadOnlyList<string> Defects { get; init; } = [];

    public ProfileView? Profile { get; init; }
    public EstimateForm? Form { get; init; }
    public EstimateView? Estimate { get; init; }
    public TensorStrip? Strip { get; init; }
    public IReadOnlyList<TensorRow> Tensors { get; init; } = [];
    public long TensorCount { get; init; }

    /// <summary>How many have the words that were asked for.</summary>
    public long FoundTensors { get; init; }

    public string? TensorQuery { get; init; }

    /// <summary>The address of this page without anything, for forms.</summary>
    public Href Action { get; init; }

    public IReadOnlyList<KeyValuePair<string, string>> Carried { get; init; } = [];
    public Href? FirstPage { get; init; }
    public Href? NextPage { get; init; }
    public Href? Compare { get; init; }
}
