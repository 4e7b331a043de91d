using ModelZoo.Hub.Web.Components;
using ModelZoo.Hub.Web.Estimates;

namespace ModelZoo.Hub.Web.Pages.Compare;

/// <summary>One of the models that are compared: a column.</summary>
/// <param name="Without">The same comparison without it.</param>
public sealed record ComparedModel(string Id, string Name, Href Link, Href Without);

/// <param name="Differs">Not all columns say the same.</param>
public sealed record ComparedRow(string Label, IReadOnlyList<string> Cells, bool Differs);

public sealed record ComparedSection(string Title, IReadOnlyList<ComparedRow> Rows);

/// <summary>Two to five models side by side. All of its state is in the address.</summary>
public sealed record ComparisonPageModel(PageFrame Frame)
{
    public IReadOnlyList<ComparedModel> Models { get; init; } = [];
    public IReadOnlyList<ComparedSection> Sections { get; init; } = [];
    public IReadOnlyList<string> Problems { get; init; } = [];
    public FormState Form { get; init; } = FormState.Empty;
    public IReadOnlyList<DeviceGroup> Devices { get; init; } = [];
    public string Device { get; init; } = "";
    public IReadOnlyList<Choice> Precisions { get; init; } = [];

    /// <summary>Rows of the configuration that are the same in all.</summary>
    public int SameKeys { get; init; }

    public TensorDiffView? Tensors { get; init; }
    public bool MayAdd { get; init; }
}
