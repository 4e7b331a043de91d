using ModelZoo.Hub.Web.Components;

namespace ModelZoo.Hub.Web.Pages.Workloads;

/// <summary>One reference workload in the list.</summary>
public sealed record WorkloadLine(Href Link, string Name, string Family, string Task, string Parameters, string Active, string Work, string Date) : DeclaredLine;

/// <summary>Published models with their sources.</summary>
public sealed record WorkloadsPageModel(PageFrame Frame, int Total, int All) : ListedPage<WorkloadLine>(Frame, Total, All);
