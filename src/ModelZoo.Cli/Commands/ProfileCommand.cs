using System.CommandLine;
using System.Globalization;
using ModelZoo.Profiling;

namespace ModelZoo.Cli.Commands;

/// <summary>`zoo profile MODEL`: what a model is in numbers, and how each was obtained.</summary>
static class ProfileCommand
{
    public static Command Build()
    {
        var model = ModelSource.Argument();
        return LocalCall.On(new Command("profile", "Say what a model is: parameters, bytes, FLOP, cache") { model, ModelSource.Axes, LocalCall.OwnWorkloads, HubCall.Json }, async call =>
        {
            var profile = await ModelSource.ReadAsync(call, call.Get(model), await call.ReferenceAsync());
            if (call.Screen.IsJson)
            {
                call.Screen.Json(ProfileJson.Of(profile));
                return;
            }
            Show(call.Screen, profile);
        });
    }

    static void Show(Screen screen, Profile profile)
    {
        List<string[]> rows = [["name", profile.Name ?? "", ""], ["family", ProfileJson.Words(profile.Family), profile.ModelType ?? ""]];
        Add("parameters", profile.Parameters, "");
        if (profile.ActiveParameters?.Value != profile.Parameters?.Value) Add("active per token", profile.ActiveParameters, "");
        Add("weight bytes", profile.WeightBytes, "B");
        if (profile.BitsPerParameter is { } bits) rows.Add(["bits per parameter", bits.ToString("0.##", CultureInfo.InvariantCulture), ""]);
        Add("FLOP per unit", profile.FlopPerUnit, "FLOP");
        Add("cache per token", profile.CacheBytesPerToken, "B");
        Add("state per sequence", profile.StateBytes, "B");
        Add("draft layers", profile.DraftParameters, "");
        var shape = profile.Shape;
        var dimensions = new (string, long?)[]
        {
            ("layers", shape.Layers), ("hidden", shape.Hidden), ("heads", shape.Heads), ("KV heads", shape.KeyValueHeads), ("head size", shape.HeadSize), ("feed-forward", shape.FeedForward),
            ("vocabulary", shape.Vocabulary), ("context", shape.MaxContext), ("experts", shape.Experts), ("per token", shape.ExpertsPerToken), ("image", shape.ImageSize),
        };
        var text = string.Join(" · ", dimensions.Where(d => d.Item2 is not null).Select(d => $"{d.Item1} {d.Item2}"));
        if (text.Length > 0) rows.Add(["shape", text, ""]);
        if (profile.IsVerified is { } verified) rows.Add(["headers against config", verified ? "agree" : "differ", ""]);
        foreach (var share in profile.DTypes) rows.Add([$"  {share.DType}", $"{share.Parameters:N0}", $"{share.Tensors} tensors, {Screen.Size(share.Bytes)}"]);
        foreach (var share in profile.Components) rows.Add([$"  {ProfileJson.Words(share.Component)}", $"{share.Parameters:N0}", ProfileJson.Words(share.Origin)]);
        foreach (var part in profile.Parts) rows.Add([$"  part: {part.Name}", part.Profile.Parameters is { } count ? $"{count.Value:N0}" : "not measured", part.Profile.ModelType ?? ""]);
        foreach (var (field, reason) in profile.NotMeasured) rows.Add([field, "not measured", reason]);
        screen.Table(["", "", "how"], rows);
        foreach (var notice in profile.Notices) screen.Line($"- {notice}");

        void Add(string name, Figure? figure, string unit)
        {
            if (figure is { } known) rows.Add([name, $"{known.Value:N0} {unit}".TrimEnd(), $"{ProfileJson.Words(known.Origin)}: {known.How}"]);
        }
    }
}
