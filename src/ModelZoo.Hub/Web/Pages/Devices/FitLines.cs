using ModelZoo.Hub.Web.Estimates;
using ModelZoo.Profiling;

namespace ModelZoo.Hub.Web.Pages.Devices;

/// <summary>A fitting model as a line of a table.</summary>
static class FitLines
{
    public static FitLine Of(Href link, string name, Profile profile, FittingModel fit) => new(link, name, profile.Parameters is { } count ? Amount.Parameters(count.Value) : "–",
        fit.Precision?.Name ?? (profile.DTypes is [var largest, ..] ? largest.DType : "16 bit"), Amount.Bytes(fit.Memory),
        fit.UnitsPerSecond is { } speed ? $"{Amount.Plain(speed)} {(fit.Unit == WorkUnit.Call ? "results" : VerdictWords.Unit(fit.Unit, isMany: true))}/s" : "not measured",
        fit.UnitsPerSecond is null ? "" : fit.Step.IsOverhead ? "overhead" : VerdictWords.Word(fit.Step.Bound));
}
