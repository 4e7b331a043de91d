using System.Globalization;

namespace ModelZoo.Hub.Web;

/// <summary>
/// Where the pages of one repository are. Each segment, and the revision as a whole, is percent-encoded once, so a branch
/// named <c>feature/x</c> is one segment of the address.
/// </summary>
/// <param name="Kind">model, dataset or space.</param>
public sealed record RepositoryLinks(string Kind, string Owner, string Name)
{
    public string Id => $"{Owner}/{Name}";

    /// <summary>What stands before the id in addresses and clones: nothing for models.</summary>
    public string Prefix => Kind switch { "dataset" => "datasets/", "space" => "spaces/", _ => "" };

    /// <summary>The kind's list page and its word in the plural.</summary>
    public string Plural => Kind switch { "dataset" => "datasets", "space" => "spaces", _ => "models" };

    public Href Home => At("");
    public Href OwnerHome => Href.Local($"/{Uri.EscapeDataString(Owner)}");
    public Href Settings => At("/settings");
    public Href References => At("/refs");
    public Href Like => At("/like");
    public Href Evaluate => At("/evaluate");

    public Href Discussions => At("/discussions");
    public Href NewDiscussion => At("/discussions/new");

    public Href Discussion(long number) => At(string.Create(CultureInfo.InvariantCulture, $"/discussions/{number}"));
    public Href Changes(long number) => At(string.Create(CultureInfo.InvariantCulture, $"/discussions/{number}/files"));
    public Href Tree(string revision, string? path = null) => At($"/tree/{Segment(revision)}{Tail(path)}");
    public Href Blob(string revision, string path) => At($"/blob/{Segment(revision)}{Tail(path)}");
    public Href Resolve(string revision, string path) => At($"/resolve/{Segment(revision)}{Tail(path)}");
    public Href Download(string revision, string path) => At($"/resolve/{Segment(revision)}{Tail(path)}?download=true");
    public Href Edit(string revision, string path) => At($"/edit/{Segment(revision)}{Tail(path)}");
    public Href Delete(string revision, string path) => At($"/delete/{Segment(revision)}{Tail(path)}");
    public Href Upload(string revision, string? path = null) => At($"/upload/{Segment(revision)}{Tail(path)}");
    public Href Convert(string revision) => At($"/convert/{Segment(revision)}");
    public Href Commits(string revision) => At($"/commits/{Segment(revision)}");
    public Href Commit(string id) => At($"/commit/{Segment(id)}");
    public Href Profile(string? revision) => At(revision is null ? "/profile" : $"/profile/{Segment(revision)}");
    public Href Population(string? revision) => At(revision is null ? "/population" : $"/population/{Segment(revision)}");
    public Href Use(string? revision, string? file = null) => At($"/use{(revision is null ? "" : "/" + Segment(revision))}{(file is null ? "" : "?file=" + Segment(file))}");
    public Href Compare(string from, string to) => At($"/compare?from={Uri.EscapeDataString(from)}&to={Uri.EscapeDataString(to)}");
    public Href Action(string verb) => At($"/{verb}");

    Href At(string tail) => Href.Local($"/{Prefix}{Uri.EscapeDataString(Owner)}/{Uri.EscapeDataString(Name)}{tail}");

    static string Segment(string text) => Uri.EscapeDataString(text);

    static string Tail(string? path) =>
        string.IsNullOrEmpty(path) ? "" : "/" + string.Join('/', path.Split('/').Select(Uri.EscapeDataString));
}
