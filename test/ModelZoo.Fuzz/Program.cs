using ModelZoo.Fuzz;
using ModelZoo.Fuzz.Targets;
using ModelZoo.Fuzz.Targets.Profiles;
using ModelZoo.Fuzz.Targets.Weights;

// ModelZoo.Fuzz TARGET SECONDS [SEED]: feeds one parser (or "all", each for so long) and fails on the first thing it should not do.
FuzzTarget[] targets =
[
    new PktLineTarget(), new PackTarget(), new DeltaTarget(), new ObjectTarget(), new Lz4Target(), new XorbTarget(), new XorbIndexTarget(), new ShardTarget(), new ReconstructionTarget(),
    new SafetensorsTarget(), new GgufTarget(), new OnnxTarget(), new TorchTarget(), new PickleTarget(), new NpzTarget(), new Hdf5Target(), new TFLiteTarget(), new SavedModelTarget(),
    new LlamaTarget(), new ProfileTarget(), new GraphTarget(), new TableTarget(), new RowFileTarget("parquet"), new RowFileTarget("arrow"),
    new TemplateTarget(), new TaskFileTarget(), new FilterTarget(),
];

if (args.Length is < 2 or > 3 || !double.TryParse(args[1], out var seconds))
{
    Console.Error.WriteLine($"ModelZoo.Fuzz TARGET SECONDS [SEED]   targets: all, {string.Join(", ", targets.Select(t => t.Name))}");
    return 2;
}
var chosen = targets.Where(t => args[0] == "all" || args[0] == t.Name).ToList();
if (chosen.Count == 0)
{
    Console.Error.WriteLine($"There is no target '{args[0]}'.");
    return 2;
}
var seed = args.Length == 3 ? int.Parse(args[2]) : Environment.TickCount;
foreach (var target in chosen)
{
    var report = new FuzzRun(target, seed).Run(TimeSpan.FromSeconds(seconds));
    Console.WriteLine($"{target.Name}: {report.Inputs} inputs, {report.Shapes} ways to behave, seed {seed}{(report.Failure is null ? "" : ": FAILED")}");
    if (report.Failure is null) continue;
    var file = Path.Combine(Path.GetTempPath(), $"fuzz-{target.Name}-{seed}.bin");
    File.WriteAllBytes(file, report.FailingInput!);
    Console.WriteLine($"{report.Failure}\nThe input is in {file}.");
    return 1;
}
return 0;
