using System.Text;
using FsCheck;
using FsCheck.Fluent;
using ModelZoo.Git;

namespace ModelZoo.Tests.Git;

public sealed class CommitTests
{
    static readonly DateTimeOffset Then = new(2024, 2, 29, 23, 59, 58, TimeSpan.FromMinutes(-210));

    static readonly Signature Ada = new("Ada Lovelace", "ada@example.org", Then);

    [Fact]
    public void Commit_ids_are_those_of_git_commit_tree()
    {
        using var git = new GitBinary();
        var tree = ObjectId.Parse(git.Run("write-tree").Trim());
        List<ObjectId> parents = [];
        string[] names = ["Ada", "  Ada <x> ", "Ada.", "\"Ada\" L. \n.", "Ünï 日本 😀", "a\\", "'o'Brien'", "A,B;"];
        for (var i = 0; i < names.Length; i++)
        {
            var author = new Signature(names[i], $"<ada+{i}@example.org>", Then.AddDays(i * 400));
            var committer = new Signature("Hub", "hub@example.org", Then.AddSeconds(i).ToOffset(TimeSpan.FromHours(i - 3)));
            var message = $"Change {i} ü\n\nBody\n\n  more{(i % 2 == 0 ? "\n" : "")}";
            var commit = new Commit(tree, parents, author, committer, message);
            var environment = new Dictionary<string, string>
            {
                ["GIT_AUTHOR_NAME"] = names[i], ["GIT_AUTHOR_EMAIL"] = $"<ada+{i}@example.org>", ["GIT_AUTHOR_DATE"] = Date(author.When),
                ["GIT_COMMITTER_NAME"] = "Hub", ["GIT_COMMITTER_EMAIL"] = "hub@example.org", ["GIT_COMMITTER_DATE"] = Date(committer.When),
            };
            var id = git.RunWith(message, environment, ["commit-tree", tree.Hex, .. parents.SelectMany(parent => new[] { "-p", parent.Hex })]).Trim();
            Assert.Equal(id, commit.Id.Hex);
            parents = [.. parents.Take(1), commit.Id];
        }
    }

    static string Date(DateTimeOffset when) => $"@{when.ToUnixTimeSeconds()} {(when.Offset < TimeSpan.Zero ? '-' : '+')}{when.Offset:hhmm}";

    [Fact]
    public void Tag_ids_are_those_of_git_mktag()
    {
        using var git = new GitBinary();
        var blob = ObjectId.Parse(git.RunWith("x", null, "hash-object", "-w", "--stdin").Trim());
        var tag = new Tag(blob, ObjectType.Blob, "v1.0", Ada, "First\n\nNotes ü\n");
        Assert.Equal(git.RunWith(Encoding.UTF8.GetString(tag.Encode()), null, "mktag").Trim(), tag.Id.Hex);
        Assert.Equal(tag, Tag.Parse(tag.Encode()));
    }

    [Fact]
    public void What_is_encoded_parses_back_the_same() => Check.One(Config.QuickThrowOnFailure, Prop.ForAll(ArbMap.Default.ArbFor<(string, string, string, DateTimeOffset)>(), made =>
    {
        var (name, email, message, when) = made;
        string[] texts = [name ?? "", email ?? "", message ?? ""];
        if (texts.Any(text => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)) != text)) return true;      // lone surrogates
        var signature = new Signature(texts[0], texts[1], when);
        var commit = new Commit(ObjectId.EmptyTree, [ObjectId.EmptyTree], signature, Ada, texts[2].Replace("\0", ""));
        var parsed = Commit.Parse(commit.Encode());
        return parsed.Author == signature && parsed.Committer == Ada && parsed.Message == commit.Message && parsed.Id == commit.Id && parsed.Parents.SequenceEqual(commit.Parents);
    }));

    [Fact]
    public void Headers_that_are_not_known_are_skipped_with_their_further_lines()
    {
        var commit = Commit.Parse(Encoding.UTF8.GetBytes($"""
            tree {ObjectId.EmptyTree}
            author Foo. <foo@x> 1700000000 +0530
            committer Foo <> 1700000000 -0000
            encoding UTF-8
            gpgsig -----BEGIN PGP SIGNATURE-----
             tree 0000
             
             -----END PGP SIGNATURE-----

            Title of
            two lines

            Body

            end

            """.ReplaceLineEndings("\n")));
        Assert.Equal("Foo.", commit.Author.Name);
        Assert.Equal(TimeSpan.FromMinutes(330), commit.Author.When.Offset);
        Assert.Equal("Title of two lines", commit.Title);
        Assert.Equal("Body\n\nend", commit.Body);
        Assert.Empty(commit.Parents);
    }

    [Fact]
    public void Strange_dates_and_encodings_do_not_make_history_unreadable()
    {
        foreach (var date in new[] { "", "x", "99999999999999999999 +0000", "9223372036854775807 +9999", "-5 +0000", "253402300799 +1400", "1 +99", "1 ++++1" })
        {
            var commit = Commit.Parse([.. Encoding.UTF8.GetBytes($"tree {ObjectId.EmptyTree}\nauthor J"), 0xF6, .. Encoding.UTF8.GetBytes($"rg <a@b> {date}\ncommitter <a> <b> {date}\n\nm"), 0xFC, (byte)'\n']);
            Assert.Equal(("Jörg", "mü\n"), (commit.Author.Name, commit.Message));
            Commit.Parse(commit.Encode());
        }
    }

    [Fact]
    public void Malformed_commits_and_tags_are_refused()
    {
        var id = ObjectId.EmptyTree;
        string[] commits = ["", "\n", "tree x\n\n", $"tree {id}", $"tree {id}\nauthor A <a> 1 +0000\n\n", $"tree {id}\nauthor A\ncommitter A <a> 1 +0000\n\n", $"author A <a> 1 +0000\ncommitter A <a> 1 +0000\n\n"];
        foreach (var text in commits) Assert.Throws<FormatException>(() => Commit.Parse(Encoding.UTF8.GetBytes(text)));
        string[] tags = ["", $"object {id}\ntype blob\n\n", $"object {id}\ntype thing\ntag x\n\n", $"type blob\ntag x\n\n", $"object {id}\ntype blob\ntag x"];
        foreach (var text in tags) Assert.Throws<FormatException>(() => Tag.Parse(Encoding.UTF8.GetBytes(text)));
        Assert.Equal("", Tag.Parse(Encoding.UTF8.GetBytes($"object {id}\ntype commit\ntag v0\n\nold\n")).Tagger.Name);
    }

    [Fact]
    public void A_name_cannot_forge_a_header()
    {
        var forged = new Signature("A\ncommitter E <e@x> 1 +0000\n\n", "a@b>\n<", Then);
        Assert.DoesNotContain('\n', forged.Encode());
        Assert.DoesNotContain('\n', (Ada with { Name = "x\ny<>" }).Encode());
        Assert.Equal("xy", (Ada with { Name = "x\ny<>" }).Name);
    }
}
