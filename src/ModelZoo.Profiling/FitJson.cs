using System.Text.Json.Nodes;

namespace ModelZoo.Profiling;

/// <summary>What `zoo fit --json` prints and the API answers.</summary>
public static class FitJson
{
    public static JsonObject Of(FitReport report)
    {
        var json = ProfileJson.Of(report.Estimate);
        json["ladder"] = new JsonArray([.. report.Ladder.Select(step => (JsonNode)new JsonObject
        {
            ["precision"] = step.Precision.Id, ["weightBytes"] = (long)step.WeightBytes, ["memoryBytes"] = (long)step.MemoryBytes, ["fits"] = step.Fits, ["largestThatFits"] = step.IsLargestThatFits,
        })]);
        if (report is { Energy: { } energy, Grid: { } grid }) json["energy"] = new JsonObject
        {
            ["watts"] = energy.Watts, ["joulesPerStep"] = energy.KilowattHours * 3.6e6, ["carbonGramsPerStep"] = energy.CarbonGrams, ["dollarsPerStep"] = energy.Dollars, ["grid"] = grid.Id, ["how"] = energy.How,
        };
        if (report.Concurrency is { } load) json["concurrency"] = Of(load);
        if (report.Training is { } training) json["training"] = Of(training);
        if (report.Serving is { } serving) json["serving"] = new JsonObject
        {
            ["serviceSeconds"] = Number(serving.ServiceSeconds), ["places"] = Number(serving.Places), ["utilisation"] = Number(serving.Utilisation), ["waitProbability"] = Number(serving.WaitProbability),
            ["lateWaitSeconds"] = Number(serving.LateWaitSeconds), ["dollarsPerMillionUnits"] = Number(serving.DollarsPerMillionTokens),
            ["how"] = "requests arrive at random (M/M/c); places = replicas × batch; 99 of 100 wait less than lateWaitSeconds",
        };
        return json;
    }

    public static JsonObject Of(ConcurrencyEstimate load) => new()
    {
        ["concurrency"] = Number(load.Here.Concurrency), ["fits"] = load.Here.Fits, ["memoryBytes"] = Number(load.Here.MemoryBytes), ["tokenSeconds"] = Number(load.Here.TokenSeconds),
        ["tokensPerSecond"] = Number(load.Here.TokensPerSecond), ["tokensPerSecondPerUser"] = Number(load.Here.TokensPerSecondPerUser), ["timeToFirstTokenSeconds"] = Number(load.FirstTokenSeconds),
        ["requestSeconds"] = Number(load.RequestSeconds), ["requestsPerSecond"] = Number(load.RequestsPerSecond), ["prefillShare"] = Number(load.PrefillShare), ["mixedStepSeconds"] = Number(load.MixedStepSeconds),
        ["largestConcurrency"] = load.LargestConcurrency, ["largestPaged"] = load.LargestPaged, ["largestWithinLimit"] = load.LargestWithinLimit,
        ["draftTokensPerRound"] = Number(load.DraftTokens), ["draftTokenSeconds"] = Number(load.DraftTokenSeconds),
        ["curve"] = new JsonArray([.. load.Curve.Select(point => (JsonNode)new JsonObject
        {
            ["concurrency"] = Number(point.Concurrency), ["tokensPerSecondPerUser"] = Number(point.TokensPerSecondPerUser), ["tokensPerSecond"] = Number(point.TokensPerSecond), ["tokenSeconds"] = Number(point.TokenSeconds), ["fits"] = point.Fits,
        })]),
        ["how"] = new JsonObject(load.How.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value))),
    };

    public static JsonObject Of(TrainingEstimate training) => new()
    {
        ["trainedParameters"] = Number(training.TrainedParameters), ["memoryBytes"] = Number(training.MemoryBytes), ["fits"] = training.Fits,
        ["memory"] = new JsonObject
        {
            ["weights"] = Number(training.WeightBytes), ["gradients"] = Number(training.GradientBytes), ["optimizer"] = Number(training.OptimizerBytes), ["activations"] = Number(training.ActivationBytes),
        },
        ["stepFlop"] = Number(training.StepFlop), ["hardwareFlop"] = Number(training.HardwareFlop), ["computeSeconds"] = Number(training.ComputeSeconds), ["networkSeconds"] = Number(training.NetworkSeconds),
        ["stepSeconds"] = Number(training.StepSeconds), ["runFlop"] = Number(training.RunFlop), ["runSeconds"] = Number(training.RunSeconds), ["checkpointBytes"] = Number(training.CheckpointBytes),
    };

    static JsonValue? Number(double? value) => ProfileJson.Number(value);
}
