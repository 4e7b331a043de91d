using System.Reflection;
using System.Text.Json.Nodes;
using ModelZoo.Learning.FineTuning;

namespace ModelZoo.Cli.FineTuning;

/// <summary>training.json: everything that one needs to do it again, and what came of it.</summary>
static class TrainingRecord
{
    public static JsonObject Of(FineTuned tuned)
    {
        var (plan, settings, tuner) = (tuned.Plan, tuned.Plan.Settings, tuned.Tuner);
        return new()
        {
            ["method"] = settings.Method.ToString().ToLowerInvariant(),
            ["program"] = $"ModelZoo {Version}",
            ["base_model"] = new JsonObject { ["name"] = plan.Model, ["revision"] = plan.ModelRevision, ["start_sha256"] = tuned.WeightsDigest, ["kept_head"] = tuned.KeptHead },
            ["dataset"] = new JsonObject
            {
                ["name"] = plan.Dataset, ["revision"] = plan.DatasetRevision, ["config"] = plan.Config, ["files_sha256"] = tuned.Rows.Digest, ["columns"] = tuned.Rows.Columns,
                ["train"] = tuned.Rows.Train.Count, ["validation"] = tuned.Rows.Validation.Count, ["test"] = tuned.Rows.Test.Count, ["remarks"] = new JsonArray([.. tuned.Rows.Remarks.Select(remark => (JsonNode)remark)]),
            },
            ["settings"] = Settings(tuned),
            ["parameters"] = new JsonObject { ["all"] = tuned.Layout.BaseCount, ["learning"] = tuned.Layout.LearningCount },
            ["memory"] = new JsonObject { ["weights"] = tuned.Memory.WeightBytes, ["learning"] = tuned.Memory.LearningBytes, ["activations"] = tuned.Memory.ActivationBytes, ["peak_of_process"] = tuned.PeakBytes },
            ["threads"] = tuned.Threads, ["seconds"] = Math.Round(tuned.Seconds, 3), ["epochs_done"] = tuner.Epoch, ["best_epoch"] = tuner.BestEpoch > 0 ? tuner.BestEpoch : null,
            ["curve"] = new JsonArray([.. tuner.Curve.Select(epoch => (JsonNode)new JsonObject
            {
                ["epoch"] = epoch.Epoch, ["train_loss"] = epoch.TrainLoss, ["train_accuracy"] = epoch.TrainAccuracy, ["gradient_norm"] = epoch.GradientNorm, ["learning_rate"] = epoch.LearningRate,
                ["validation_loss"] = epoch.ValidationLoss, ["validation_accuracy"] = epoch.ValidationAccuracy, ["validation_macro_f1"] = epoch.ValidationF1,
            })]),
            ["validation"] = Score(tuned.Validation), ["test"] = Score(tuned.Test),
        };
    }

    public static string Version => typeof(TrainingRecord).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";

    static JsonObject Settings(FineTuned tuned)
    {
        var (settings, shape) = (tuned.Plan.Settings, tuned.Layout.Shape);
        var json = new JsonObject
        {
            ["epochs"] = settings.Epochs, ["batch"] = settings.Batch, ["optimizer"] = settings.Optimizer.ToString().ToLowerInvariant(), ["learning_rate"] = settings.LearningRate, ["weight_decay"] = settings.WeightDecay,
            ["decays_vectors"] = settings.DecaysAll, ["momentum"] = settings.Momentum, ["schedule"] = settings.Schedule.ToString().ToLowerInvariant(), ["warmup"] = settings.Warmup, ["label_smoothing"] = settings.LabelSmoothing,
            ["clip_norm"] = settings.ClipNorm, ["dropout"] = shape.Dropout, ["attention_dropout"] = shape.AttentionDropout, ["head_dropout"] = shape.HeadDropout, ["patience"] = settings.Patience, ["keeps_best"] = settings.KeepsBest,
            ["seed"] = settings.Seed, ["tile"] = settings.Tile, ["most_tokens"] = shape.IsText ? tuned.Base.MostTokens : null,
        };
        if (settings is { Method: FineTuneMethod.Lora, Lora: { } lora })
            json["lora"] = new JsonObject { ["rank"] = lora.Rank, ["alpha"] = lora.Alpha, ["dropout"] = lora.Dropout, ["targets"] = new JsonArray([.. (lora.Targets.Count > 0 ? lora.Targets : LoraSettings.UsualTargets(shape.Family)).Select(name => (JsonNode)name)]), ["merged"] = tuned.Plan.Merges };
        return json;
    }

    public static JsonObject Score(SetScore score) => new()
    {
        ["count"] = score.Count, ["loss"] = score.Loss, ["accuracy"] = score.Accuracy, ["accuracy_low"] = score.Interval?.Low, ["accuracy_high"] = score.Interval?.High, ["correct"] = score.Correct, ["macro_f1"] = score.MacroF1,
    };
}
