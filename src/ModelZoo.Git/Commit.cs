using System.Text;

namespace ModelZoo.Git;

/// <summary>One state of a repository and how it came about.</summary>
public sealed record Commit(ObjectId Tree, IReadOnlyList<ObjectId> Parents, Signature Author, Signature Committer, string Message)
{
    /// <summary>Set where the commit was read from a form that <see cref="Encode"/> does not write: one with a signature, for instance.</summary>
    readonly ObjectId? _readAs;

    /// <summary>A changed copy is another commit, with an id of its own.</summary>
    Commit(Commit original) => (Tree, Parents, Author, Committer, Message) = (original.Tree, original.Parents, original.Author, original.Committer, original.Message);

    /// <summary>The id under which the commit is stored, or would be.</summary>
    public ObjectId Id => _readAs ?? GitHash.Of(ObjectType.Commit, Encode());

    /// <summary>The first paragraph of the message on one line, as git log --format=%s shows it.</summary>
    public string Title => string.Join(' ', Lines().TakeWhile(line => line.Length > 0));

    /// <summary>The message without its first paragraph.</summary>
    public string Body => string.Join('\n', Lines().SkipWhile(line => line.Length > 0)).Trim('\n');

    Commit(Commit original, ObjectId readAs) : this(original) => _readAs = readAs;

    public byte[] Encode()
    {
        var headers = new StringBuilder().Append("tree ").Append(Tree.Hex).Append('\n');
        foreach (var parent in Parents) headers.Append("parent ").Append(parent.Hex).Append('\n');
        headers.Append("author ").Append(Author.Encode()).Append("\ncommitter ").Append(Committer.Encode()).Append('\n');
        return ObjectHeaders.Write(headers, Message);
    }

    /// <summary>Skips headers it does not know, such as gpgsig and encoding; the id is that of the whole content all the same.</summary>
    /// <exception cref="FormatException">Truncated, or without tree, author or committer.</exception>
    public static Commit Parse(ReadOnlySpan<byte> content)
    {
        ObjectId? tree = null;
        List<ObjectId> parents = [];
        Signature? author = null, committer = null;
        var message = ObjectHeaders.Read(content, (key, value) =>
        {
            switch (key)
            {
                case "tree": tree ??= ObjectId.Parse(value); break;
                case "parent": parents.Add(ObjectId.Parse(value)); break;
                case "author": author ??= Signature.Parse(value); break;
                case "committer": committer ??= Signature.Parse(value); break;
            }
        });
        var commit = new Commit(
            tree ?? throw new FormatException("The commit has no tree."), parents,
            author ?? throw new FormatException("The commit has no author."),
            committer ?? throw new FormatException("The commit has no committer."), message);
        return content.SequenceEqual(commit.Encode()) ? commit : new(commit, GitHash.Of(ObjectType.Commit, content));
    }

    IEnumerable<string> Lines() => Message.Split('\n').Select(line => line.TrimEnd()).SkipWhile(line => line.Length == 0);
}
