using System.Text;
using ModelZoo.Git;

namespace ModelZoo.Fuzz.Targets;

/// <summary>Commits, trees and tags that somebody else wrote. What passes the strict check must be readable, too.</summary>
sealed class ObjectTarget : FuzzTarget
{
    const string Id = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

    public override string Name => "object";

    public override IEnumerable<byte[]> Seeds(Random random)
    {
        yield return Encoding.UTF8.GetBytes($"ctree {Id}\nparent {Id}\nauthor A <a@b> 1700000000 +0100\ncommitter B <b@c> 1700000001 -0330\ngpgsig x\n y\n\nmessage\n");
        yield return Encoding.UTF8.GetBytes($"gobject {Id}\ntype commit\ntag v1\ntagger A <a@b> 1700000000 +0000\n\nmessage\n");
        yield return [(byte)'t', .. Tree.Of([new("a", EntryMode.File, ObjectId.Parse(Id)), new("b", EntryMode.Folder, ObjectId.Parse(Id)), new("c.d", EntryMode.Executable, ObjectId.Parse(Id))]).Encode()];
    }

    public override string Run(ReadOnlyMemory<byte> input)
    {
        if (input.IsEmpty) return "nothing";
        var content = input.Span[1..];
        switch (input.Span[0])
        {
            case (byte)'c':
                ObjectSyntax.CheckCommit(content);
                return $"commit of {Math.Min(4, Commit.Parse(content).Parents.Count)}";
            case (byte)'g':
                ObjectSyntax.CheckTag(content);
                return $"tag of a {Tag.Parse(content).TargetType}";
            default:
                return $"tree of {string.Join(',', ObjectSyntax.CheckTree(content).Entries.Select(e => e.Mode).Distinct())}";
        }
    }

    public override bool IsRefusal(Exception error) => error is FormatException;
}
