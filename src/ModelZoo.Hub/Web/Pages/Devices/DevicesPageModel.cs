using ModelZoo.Hub.Web.Components;

namespace ModelZoo.Hub.Web.Pages.Devices;

/// <summary>One device in the list.</summary>
public sealed record DeviceLine(Href Link, string Name, string Vendor, string Kind, string Memory, string Bandwidth, string Rate, string Power, string Year) : DeclaredLine;

/// <summary>The devices that were asked for.</summary>
public sealed record DevicesPageModel(PageFrame Frame, int Total, int All) : ListedPage<DeviceLine>(Frame, Total, All);
