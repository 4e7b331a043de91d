using Microsoft.AspNetCore.Http;
using ModelZoo.Hub.Web;
using ModelZoo.Hub.Web.Charts;
using ModelZoo.Hub.Web.Components;
using ModelZoo.Hub.Web.Estimates;
using ModelZoo.Hub.Web.Pages.Commits;
using ModelZoo.Hub.Web.Pages.Compare;
using ModelZoo.Hub.Web.Pages.Devices;
using ModelZoo.Hub.Web.Pages.Profiles;
using ModelZoo.Hub.Web.Pages.Workloads;
using ModelZoo.Profiling;
using static ModelZoo.Tests.Web.Samples;

namespace ModelZoo.Tests.Web;

/// <summary>Pages of devices, workloads and profiles, made of the registry itself.</summary>
static class SampleModelPages
{
    static readonly Reference s_reference = Reference.BuiltIn;

    public static IEnumerable<SamplePage> All()
    {
        yield return SamplePage.Of<DevicesPage>("devices-none", new DevicesPageModel(Frame("devices"), 0, 110) { Query = "abacus" });
        yield return SamplePage.Of<DevicesPage>("devices", new DevicesPageModel(Frame("devices"), 110, 110)
        {
            Items = [.. s_reference.Devices.Take(60).Select(device => new DeviceLine(EstimateViews.Link(device), device.Name, device.Vendor ?? "", device.Kind, "85.9 GB", "3.35 TB/s", "989 TFLOP/s", "700 W", "2022"))],
            Facets = [new("Kind", [new("workstation", 40, false, Href.Local("/devices?kind=workstation"))])], Sorts = [new("Name", true, Href.Local("/devices"))], NextPage = Href.Local("/devices?page=2"),
        });
        foreach (var id in (string[])["h100-sxm", "esp32-s3"])
            yield return SamplePage.Of<DeviceSpecPage>($"device-{id}", new DeviceSpecPageModel(Frame("devices"), id, s_reference.FindDevice(id)!.Name)
            {
                Spec = [.. DeviceSpec.Lines(s_reference.FindDevice(id)!)], Rates = DeviceSpec.Rates(s_reference.FindDevice(id)!), Elsewhere = DeviceSpec.Elsewhere(s_reference.FindDevice(id)!.MlsysimFigures),
                Workloads = [.. Enumerable.Range(0, 40).Select(i => new FitLine(Href.Local($"/workloads/m{i}"), $"Model {i}", "8.03 B", "Q4_K_M", "5.83 GB", "48.7 tokens/s", "memory"))], FittingWorkloads = 150, AllWorkloads = 170,
                Precisions = [new("", "the widest that fits")],
            });
        yield return SamplePage.Of<WorkloadsPage>("workloads", new WorkloadsPageModel(Frame("devices"), 170, 170)
        {
            Items = [.. s_reference.Workloads.Take(60).Select(workload => new WorkloadLine(Href.Local("/workloads/" + workload.Id), workload.Name, workload.Family ?? "", workload.Task ?? "", "8.03 B", "", "15.0 GFLOP", "2024-07"))],
        });
        foreach (var (id, query) in ((string, string)[])
            [("gpt-oss-20b", ""), ("deepseek-v3", "?device=b200-sxm&count=8&batch=64&context=64k&precision=fp8"), ("jamba-v0.1", "?device=h100-sxm&measured=12"), ("resnet-50", "?device=jetson-orin-nano-8gb"),
             ("stable-diffusion-v1-5", "?device=apple-m4&calls=30"), ("bert-base", "?device=coral-edge-tpu"), ("ds-cnn-kws", "?device=esp32-s3"), ("gpt-4-estimate", "?device=nothing-like-it&batch=-3&compute=2"), ("dlrm", "")])
            yield return SamplePage.Of<WorkloadPage>($"workload-{id}", Workload(id, query));
        yield return SamplePage.Of<ProfilePage>("profile-pending", new ProfilePageModel(Frame("models"), Heading(), References()) { IsPending = true });
        yield return SamplePage.Of<ProfilePage>("profile-failed", new ProfilePageModel(Frame("models"), Heading(), References()) { Reason = "model.safetensors: The header has 9 bytes more than the file." });
        yield return SamplePage.Of<ProfilePage>("profile-of-nothing", new ProfilePageModel(Frame("models"), Heading(full: false), null));
        yield return SamplePage.Of<ProfilePage>("model-profile", Profile());
        yield return SamplePage.Of<ComparisonPage>("compare-nothing", new ComparisonPageModel(Frame("models")) { MayAdd = true });
        yield return SamplePage.Of<ComparisonPage>("compare-models", new ComparisonPageModel(Frame("models"))
        {
            Models = [new("llama-3.1-8b", "Llama-3.1-8B", Href.Local("/workloads/llama-3.1-8b"), Href.Local("/compare?m=qwen3-8b")), new("qwen3-8b", "Qwen3-8B", Href.Local("/workloads/qwen3-8b"), Href.Local("/compare?m=llama-3.1-8b"))],
            Sections = [new("What they are", [new("Family", ["dense transformer", "dense transformer"], false), new("Parameters", ["8.03 B", "8.19 B"], true)])], SameKeys = 4, Problems = ["There is no model 'x' here."],
            Devices = EstimateForms.Groups(s_reference), Device = "rtx-4090", Tensors = Diff,
        });
        yield return SamplePage.Of<CommitPage>("commit-of-weights", new CommitPageModel(Frame("models"), Heading(), Commit()) { Files = Diffs, Tensors = Diff });
    }

    static TensorDiffView Diff => new("1 added, 1 retyped, 40 the same; +131 k numbers, +262 kB.", [new("lm_head.weight", "added", "", "F32 1024 × 128"), new("transformer.wte.weight", "retyped", "F32 1024 × 128", "BF16 1024 × 128")], 3);

    static WorkloadPageModel Workload(string id, string query)
    {
        var workload = s_reference.FindWorkload(id)!;
        var profile = ReferenceProfiles.Of(workload);
        var address = Address(query, profile);
        return new(Frame("devices"), id, workload.Name, ProfileViews.Of(profile), EstimateForms.Of(Href.Local("/workloads/" + id), address, s_reference, profile))
        {
            Lead = workload.Task ?? "", Published = [new("Parameters", "8,030,261,248", "8,030,261,248", "none")], Source = workload.Source, Note = workload.Note, Compare = Href.Local("/compare?m=" + id),
            Estimate = EstimateViews.Find(profile, address, s_reference),
        };
    }

    static ProfilePageModel Profile()
    {
        var profile = ReferenceProfiles.Of(s_reference.FindWorkload("gemma-3-27b")!);
        var address = Address("?device=h100-sxm&batch=8&context=32k&q=layers", profile);
        return new(Frame("models"), Heading(), References())
        {
            Profile = ProfileViews.Of(profile), Form = EstimateForms.Of(Gpt.Profile(null), address, s_reference, profile), Estimate = EstimateViews.Find(profile, address, s_reference), Action = Gpt.Profile(null),
            Defects = ["model-00002-of-00003.safetensors: The header ends before its length says."], TensorCount = 808, FoundTensors = 700, TensorQuery = "layers", NextPage = Href.Local("/ada/shakespeare-gpt2/profile?from=40#tensors"),
            Strip = new("64 blocks.", [.. Enumerable.Range(0, 64).Select(layer => new StripBlock($"model.layers.{layer}", [new("feed forward", 352e6), new("attention", 84e6)]))]), Compare = Href.Local("/compare?m=ada%2Fshakespeare-gpt2"),
            Tensors = [.. Enumerable.Range(0, 12).Select(i => new TensorRow($"model.layers.{i}.post_feedforward_layernorm.weight", "BF16", "5376 × 21504", 115_605_504, 231_211_008, i < 6 ? "model-00001-of-00002.safetensors" : "model-00002-of-00002.safetensors"))],
        };
    }

    public static ScenarioAddress Address(string query, Profile? profile = null) => ScenarioAddress.Read(
        new QueryCollection(Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(query)), s_reference, null, profile);
}
