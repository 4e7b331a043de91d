using System.Text;
using FsCheck;
using FsCheck.Fluent;
using ModelZoo.Git;

namespace ModelZoo.Tests.Git;

public sealed class LfsPointerTests
{
    const string Hex = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393";
    const string Example = $"version https://git-lfs.github.com/spec/v1\noid sha256:{Hex}\nsize 12345\n";   // git-lfs docs/spec.md

    [Fact]
    public void The_example_of_the_specification_is_read_and_written()
    {
        Assert.True(LfsPointer.TryParse(Encoding.ASCII.GetBytes(Example), out var read));
        Assert.Equal(new LfsPointer(Digest.Parse(Hex), 12345), read);
        Assert.Equal(Example, Encoding.ASCII.GetString(read.Encode()));
        var extended = Example.Replace("oid", $"ext-0-foo sha256:{Hex}\noid");
        Assert.True(LfsPointer.TryParse(Encoding.ASCII.GetBytes(extended), out read));
        Assert.Equal(12345, read.SizeBytes);
    }

    [Fact]
    public void What_is_encoded_parses_back_the_same() => Check.One(Config.QuickThrowOnFailure, Prop.ForAll(ArbMap.Default.ArbFor<long>(), size =>
        LfsPointer.TryParse(new LfsPointer(Digest.Parse(Hex), size & long.MaxValue).Encode(), out var read) && read.SizeBytes == (size & long.MaxValue)));

    [Fact]
    public void Anything_else_is_not_a_pointer()
    {
        string[] others =
        [
            "", "version ", "version https://git-lfs.github.com/spec/v1\n", Example[..^1], Example + "\n", Example + "x y\n", " " + Example, Example.Replace("\n", "\r\n"),
            Example.Replace("12345", "-1"), Example.Replace("12345", "+1"), Example.Replace("12345", "012"), Example.Replace("12345", ""), Example.Replace("12345", "99999999999999999999"),
            Example.Replace("4d7a", "4D7A"), Example.Replace("4d7a", "4d7"), Example.Replace("sha256", "sha1"), Example.Replace("/v1", "/v2"), Example.Replace("size 12345", "size 12345 "),
            Example.Replace("oid", string.Concat(Enumerable.Repeat($"ext-0-foo sha256:{Hex}\n", 12)) + "oid"),
            $"version https://git-lfs.github.com/spec/v1\nsize 12345\noid sha256:{Hex}\n",
        ];
        foreach (var text in others) Assert.False(LfsPointer.TryParse(Encoding.UTF8.GetBytes(text), out _), text);
    }
}
