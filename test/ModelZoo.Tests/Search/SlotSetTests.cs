using FsCheck;
using FsCheck.Fluent;
using ModelZoo.Hub.Search;

namespace ModelZoo.Tests.Search;

public sealed class SlotSetTests
{
    [Fact]
    public void A_set_behaves_like_a_set_of_numbers_in_both_its_forms() =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(30), Prop.ForAll<int>(seed =>
        {
            var random = new Random(seed);
            var (set, bits, expected) = (SlotSet.Empty, new SlotBits(20_000), new SortedSet<int>());
            var spread = random.Next(2) == 0 ? 100 : 20_000;
            for (var step = 0; step < 400; step++)
            {
                var slot = random.Next(spread);
                if (random.Next(3) > 0 == (step < 250)) (set, _) = (set.With(slot), expected.Add(slot));
                else (set, _) = (set.Without(slot), expected.Remove(slot));
                Assert.Equal(expected.Count, set.Count);
                Assert.Equal(expected.Contains(slot), set.Contains(slot));
            }
            Assert.Equal(expected, set.Slots());
            Assert.Equal(expected, SlotSet.Of([.. expected]).Slots());
            bits.Or(set);
            Assert.Equal(expected, bits.ToSlots(bits.Count()));
        }));

    [Fact]
    public void Bits_are_joined_cut_and_counted_like_sets_of_numbers() =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(30), Prop.ForAll<int>(seed =>
        {
            var random = new Random(seed);
            int[] Draw() => [.. Enumerable.Range(0, random.Next(300)).Select(_ => random.Next(9_000)).Distinct().Order()];
            var (a, b, c) = (Draw(), Draw(), Draw());
            var bits = new SlotBits(9_000);
            bits.Or(SlotSet.Of(a));
            bits.Or(SlotSet.Of(b));
            Assert.Equal(a.Union(b).Intersect(c).Count(), bits.CountAnd(SlotSet.Of(c)));
            bits.And(SlotSet.Of(c));
            Assert.Equal(a.Union(b).Intersect(c).Order(), bits.ToSlots(bits.Count()));
        }));
}
