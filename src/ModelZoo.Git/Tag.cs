using System.Text;

namespace ModelZoo.Git;

/// <summary>An annotated tag: a name for an object, signed with who and when, and a message.</summary>
public sealed record Tag(ObjectId Target, ObjectType TargetType, string Name, Signature Tagger, string Message)
{
    /// <summary>The id of this tag as encoded here.</summary>
    public ObjectId Id => GitHash.Of(ObjectType.Tag, Encode());

    public byte[] Encode() => ObjectHeaders.Write(
        new StringBuilder().Append("object ").Append(Target.Hex).Append("\ntype ").Append(TargetType.ToWord())
            .Append("\ntag ").Append(Name.ReplaceLineEndings(" ")).Append("\ntagger ").Append(Tagger.Encode()).Append('\n'), Message);

    /// <summary>Tags older than git 0.99.2 (2005) have no tagger; they are read as tagged by nobody in 1970.</summary>
    /// <exception cref="FormatException">Truncated, or without object, type or name.</exception>
    public static Tag Parse(ReadOnlySpan<byte> content)
    {
        ObjectId? target = null;
        ObjectType? type = null;
        string? name = null;
        Signature? tagger = null;
        var message = ObjectHeaders.Read(content, (key, value) =>
        {
            switch (key)
            {
                case "object": target ??= ObjectId.Parse(value); break;
                case "type": type ??= ObjectTypes.Parse(value); break;
                case "tag": name ??= value; break;
                case "tagger": tagger ??= Signature.Parse(value); break;
            }
        });
        return new(
            target ?? throw new FormatException("The tag has no object."), type ?? throw new FormatException("The tag has no type."),
            name ?? throw new FormatException("The tag has no name."), tagger ?? new("", "", DateTimeOffset.UnixEpoch), message);
    }
}
