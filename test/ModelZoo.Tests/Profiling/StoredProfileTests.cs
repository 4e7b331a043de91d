using FsCheck;
using FsCheck.Fluent;
using ModelZoo.Profiling;
using ModelZoo.Weights;

namespace ModelZoo.Tests.Profiling;

/// <summary>What is kept of a model answers like the model itself.</summary>
public sealed class StoredProfileTests
{
    static readonly Gen<Figure?> s_figure = Gen.OneOf(Gen.Constant<Figure?>(null),
        from value in Gen.Choose(0, int.MaxValue)
        from factor in Gen.Elements(0.1, 1.0, 3.7, 1e6)
        from origin in Gen.Elements(Enum.GetValues<Origin>())
        select (Figure?)new Figure(value * factor, origin, "said \"so\"\n\u00e9"));

    static readonly Gen<LayerGroup> s_layer =
        from numbers in Gen.ArrayOf(Gen.Choose(0, 1_000_000), 9)
        from attention in Gen.Elements(Enum.GetValues<AttentionKind>())
        select new LayerGroup(1 + numbers[0] % 100, attention, numbers[1], numbers[2] / 3.0, numbers[3], numbers[4], numbers[5] * 1e3, numbers[6], numbers[7] % 300, numbers[7] % 300 == 0 ? 0 : 1, numbers[8]);

    static readonly Gen<Profile> s_profile =
        from figures in Gen.ArrayOf(s_figure, 10)
        from layers in Gen.ListOf(s_layer)
        from hasWork in Gen.Elements(true, true, false)
        from numbers in Gen.ArrayOf(Gen.Choose(0, int.MaxValue), 8)
        from bits in Gen.Elements<double?>(null, 4.5, 16, 1.0 / 3)
        select new Profile
        {
            Family = (ModelFamily)(numbers[0] % Enum.GetValues<ModelFamily>().Length), ModelType = numbers[1] % 2 == 0 ? null : "llama", Parameters = figures[0], ActiveParameters = figures[1],
            WeightBytes = figures[2], FlopPerUnit = figures[3], CacheBytesPerToken = figures[4], StateBytes = figures[5], ActivationElements = figures[6], PeakActivationElements = figures[7],
            MatrixWeights = figures[8], DraftParameters = figures[9], EmbeddingAndHead = numbers[2], MatrixBits = bits, HeadBits = bits * 2, TensorCount = numbers[3], IsVerified = numbers[4] % 3 == 0 ? null : numbers[4] % 2 == 0,
            Shape = new() { Layers = numbers[5], Hidden = numbers[6] % 10_000, Heads = numbers[7] % 100, KeyValueHeads = 1 + numbers[7] % 8, TiedHead = numbers[1] % 2 == 0 },
            DTypes = [new("BF16", 3, numbers[2], numbers[3])], Components = [new(Component.Head, numbers[4], Origin.Header)], Groups = [new(Component.Expert, WeightRole.Matrix, 2, 3, 4, 1, 5)],
            Work = hasWork ? new() { Unit = WorkUnit.Token, Layers = [.. layers], HeadWeights = numbers[1], TransientElements = numbers[2] / 7.0, Vocabulary = numbers[3] } : null,
            Notices = ["one", "two \u2028"], NotMeasured = new Dictionary<string, string> { ["flopPerUnit"] = "why" }, Parts = numbers[0] % 5 == 0 ? [new("unet", new() { Name = "unet", Parameters = figures[0] })] : [],
        };

    static Profile Again(Profile profile) => StoredProfile.TryRead(StoredProfile.Write(profile), Profile.Version)!;

    [Fact]
    public void A_kept_profile_gives_the_same_answers() => Check.One(Config.QuickThrowOnFailure.WithMaxTest(200), Prop.ForAll(s_profile.ToArbitrary(), profile =>
    {
        var again = Again(profile);
        Assert.Equal(StoredProfile.Write(profile), StoredProfile.Write(again));
        Assert.Equal(ProfileJson.Of(profile).ToJsonString(), ProfileJson.Of(again).ToJsonString());
        foreach (var id in (string[])["h100-sxm", "esp32-s3", "apple-m4"])
            Assert.Equal(FitJson.Of(FitReport.Of(profile, Zoo.Device(id), new() { Batch = 3, Context = 5000 })).ToJsonString(), FitJson.Of(FitReport.Of(again, Zoo.Device(id), new() { Batch = 3, Context = 5000 })).ToJsonString());
    }));

    [Fact]
    public void Every_workload_of_the_registry_is_kept_whole()
    {
        foreach (var workload in Zoo.Reference.Workloads)
        {
            var profile = Profiler.OfReference(workload);
            var again = Again(profile);
            Assert.Equal(ProfileJson.Of(profile).ToJsonString(), ProfileJson.Of(again).ToJsonString());
            Assert.Equal(profile.Groups, again.Groups);
            if (profile.Work is { } work) Assert.Equal(work.Layers, again.Work!.Layers);
            Assert.Equal(FitJson.Of(FitReport.Of(profile, Zoo.Device("h100-sxm"), Scenario.Default)).ToJsonString(), FitJson.Of(FitReport.Of(again, Zoo.Device("h100-sxm"), Scenario.Default)).ToJsonString());
        }
    }

    [Fact]
    public void A_profile_of_other_rules_or_of_no_sense_is_made_anew()
    {
        Assert.Null(StoredProfile.TryRead(StoredProfile.Write(new()), Profile.Version + 1));
        Assert.Null(StoredProfile.TryRead("{\"Family\":\"Dragon\"}", Profile.Version));
        Assert.Null(StoredProfile.TryRead("[", Profile.Version));
    }

    [Fact]
    public void What_fits_by_its_footprint_fits_by_an_estimate_on_every_device()
    {
        var both = 0;
        foreach (var workload in Zoo.Reference.Workloads)
        {
            var profile = Profiler.OfReference(workload);
            foreach (var device in Zoo.Reference.Devices) both += Agree(profile, device, workload.Id) ? 1 : 0;
        }
        Assert.True(both > 1000);
    }

    [Fact]
    public void What_fits_by_its_footprint_fits_by_an_estimate_at_the_very_edge() => Check.One(Config.QuickThrowOnFailure.WithMaxTest(300), Prop.ForAll(
        (from profile in s_profile
         from device in Gen.Elements(Zoo.Reference.Devices.ToArray())
         from step in Gen.Choose(-2, 2)
         select (profile, device, step)).ToArbitrary(), c =>
    {
        Agree(c.profile, c.device, "random");
        if (Footprint.Of(c.profile) is not { } footprint || MemoryRoom.Of(c.device) is not { } room || room.IsSplit) return;
        // A device that has exactly what is needed, and a byte more or less.
        var share = room.AvailableBytes / c.device.CapacityBytes!.Value;
        Agree(c.profile, c.device with { UsableMemoryBytes = (footprint.Bytes + room.RuntimeBytes) / share + c.step }, "edge");
    }));

    static bool Agree(Profile profile, Device device, string what)
    {
        var verdict = Estimator.Estimate(profile, device).Verdict;
        var fits = Footprint.Of(profile) is { } footprint && MemoryRoom.Of(device) is { } room && footprint.Fits(room);
        Assert.True(verdict.Fits == fits, $"{what} on {device.Id}: the estimate says {verdict.Kind}, the footprint {fits}.");
        return fits;
    }

    [Fact]
    public void A_table_of_tensors_is_read_as_it_was_written()
    {
        static TensorInfo Tensor(string name, DType type, params long[] shape)
        {
            Assert.True(type.TryGetByteLength(shape.Aggregate(1L, (product, axis) => product * axis), out var bytes));
            return new(name, type, shape, name.Length % 3 == 0 ? TensorInfo.Unplaced : name.Length * 1_000_000_007L, bytes);
        }

        IReadOnlyList<ReadHeader> headers =
        [
            new("a/model-1.safetensors", new(WeightFormat.Safetensors, [Tensor("model.layers.0.weight", DType.BF16, 3, 4), Tensor("model.layers.0.bias", DType.F32, 4), Tensor("model.layers.10.ü", DType.BF16), Tensor("", DType.F32, 0, 7)], new Dictionary<string, MetadataValue>())),
            new("b.gguf", new(WeightFormat.Gguf, [Tensor("blk.0", DType.Find("Q4_K")!, 2, 256), Tensor(new string('x', 4096), DType.I8, 1L << 40)], new Dictionary<string, MetadataValue>())),
        ];
        var table = TensorTable.Write(headers);
        Assert.Equal(6, TensorTable.Count(table));
        Assert.Equal(headers.SelectMany(header => header.Header.Tensors.Select(t => $"{t.Name} {t.DType} [{string.Join(',', t.Shape)}] {t.ByteLength} {t.Offset} {header.Path}")),
            TensorTable.Read(table).Select(t => $"{t.Name} {t.DType} [{string.Join(',', t.Shape)}] {t.Bytes} {t.Offset} {t.File}"));
    }

    [Fact]
    public void A_million_tensors_are_a_small_table_and_more_are_refused()
    {
        var tensors = Enumerable.Range(0, ProfileLimits.MaxTensors).Select(i => new TensorInfo($"model.layers.{i / 300}.mlp.experts.{i % 300}.down_proj.weight", DType.BF16, [4096, 2], i * 16384L, 16384)).ToList();
        var table = TensorTable.Write([new("model.safetensors", new(WeightFormat.Safetensors, tensors, new Dictionary<string, MetadataValue>()))]);
        Assert.InRange(table.Length, 1, 16 << 20);
        var tally = new HeaderTally();
        tally.Count(new(WeightFormat.Safetensors, tensors, new Dictionary<string, MetadataValue>()));
        Assert.Contains("more than", Assert.Throws<ProfileException>(() => tally.Count(new(WeightFormat.Safetensors, [tensors[0]], new Dictionary<string, MetadataValue>()))).Message, StringComparison.Ordinal);
    }
}
