using FsCheck;
using FsCheck.Fluent;
using ModelZoo.Client;

namespace ModelZoo.Tests.Client;

public sealed class RangePlanTests
{
    [Fact]
    public void Ranges_cover_every_byte_once() => Check.One(Config.QuickThrowOnFailure, Prop.ForAll(
        ArbMap.Default.ArbFor<PositiveInt>(), ArbMap.Default.ArbFor<PositiveInt>(), (size, rangeSize) =>
        {
            var plan = new RangePlan(size.Get, rangeSize.Get);
            var at = 0L;
            for (var i = 0; i < plan.Count; i++)
            {
                if (plan[i].Start != at || plan[i].LengthBytes < 1 || plan[i].LengthBytes > rangeSize.Get) return false;
                at = plan[i].End;
            }
            return at == size.Get;
        }));

    [Fact]
    public void An_empty_file_has_no_ranges() => Assert.Equal(0, new RangePlan(0, 10).Count);

    [Fact]
    public void Large_lfs_files_are_cut_as_the_hub_says()
    {
        var action = new LfsAction("http://hub/done", new Dictionary<string, string>
        {
            ["chunk_size"] = "20000000", ["00002"] = "http://hub/2", ["00001"] = "http://hub/1", ["00003"] = "http://hub/3",
        });
        var plan = action.FindParts(41_000_000)!;
        Assert.Equal(["http://hub/1", "http://hub/2", "http://hub/3"], plan.Addresses);
        Assert.Equal(new ByteRange(40_000_000, 1_000_000), plan.Ranges[2]);
        Assert.Throws<ZooApiException>(() => action.FindParts(80_000_000));            // four parts, three addresses
        Assert.Null(new LfsAction("http://hub/put", null).FindParts(5));
    }
}
