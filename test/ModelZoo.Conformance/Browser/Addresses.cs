namespace ModelZoo.Conformance.Browser;

/// <summary>One address of each kind of page. The crawl finds the others by their links.</summary>
static class Addresses
{
    public static IEnumerable<string> Of(Viewer viewer, FullZoo zoo)
    {
        foreach (var address in Everybody(zoo)) yield return address;
        if (viewer == Viewer.Nobody) yield break;
        foreach (var address in SignedIn) yield return address;
        if (viewer == Viewer.Administrator) yield return "/admin";
        if (viewer != Viewer.Owner) yield break;
        foreach (var address in Owned) yield return address;
    }

    public static IEnumerable<string> OfEmpty(Viewer viewer) =>
        ["/", "/models", "/datasets", "/spaces", "/search", "/search?q=nothing", "/models?task=none", "/docs/connect", "/docs/facts", "/devices", "/devices?kind=tiny", "/leaderboards", "/leaderboards?q=nothing", "/devices/esp32-s3", "/workloads", "/workloads/llama-3.1-8b", "/compare", "/models?fits=l4",
         .. viewer == Viewer.Nobody ? ["/login"] : new[] { "/zoo", "/jobs", "/admin", "/settings", "/settings/tokens", "/models/new" }];

    static string[] Everybody(FullZoo zoo) =>
    [
        "/", "/models", "/models?sort=name&task=text-generation", "/models?q=nothing-is-named-so", "/datasets", "/spaces", "/search", "/search?q=shakespeare",
        "/search?q=%3Cscript%3Ealert(1)%3C/script%3E", "/zoo", "/ada", "/zoo/shakespeare-gpt2", "/zoo/shakespeare-gpt2-lora-banking", "/zoo/banking77-bert-mini", "/zoo/banking77-bert-mini/finetune", "/ada/bare/finetune",
        "/datasets/zoo/field-notes", "/zoo/shakespeare-gpt2/tree/main", "/zoo/shakespeare-gpt2/tree/main/onnx", "/zoo/shakespeare-gpt2/blob/main/README.md",
        "/zoo/shakespeare-gpt2/blob/main/config.json", "/zoo/shakespeare-gpt2/blob/main/model.safetensors", "/zoo/shakespeare-gpt2/blob/main/model-f32.gguf",
        "/zoo/shakespeare-gpt2/blob/main/onnx/model.onnx", "/zoo/shakespeare-gpt2/commits/main", "/zoo/shakespeare-gpt2/refs", "/ada/hostile", "/ada/hostile/tree/main",
        "/ada/hostile/commits/main", "/ada/hostile/blob/main/" + Uri.EscapeDataString(FullZoo.HostileNames[0]), "/ada/bare", "/ada/busy", "/ada/busy/commits/main",
        "/ada/busy/commit/" + zoo.LastCommit, "/ada/busy/blob/main/notes.txt", $"/ada/busy/compare?from={zoo.FirstCommit}&to=main", "/ada/busy/tree/feature%2Fa-slash-%26-more",
        "/ada/busy/discussions", "/ada/busy/discussions?status=all&type=pull_request", "/ada/busy/discussions/1", "/ada/busy/discussions/2", "/ada/busy/discussions/2/files",
        "/docs/connect", "/docs/facts", "/logout",
        "/zoo/shakespeare-gpt2/use", "/zoo/shakespeare-gpt2/use?file=batch.py", "/datasets/zoo/field-notes/use", "/ada/hostile/use?file=download.sh", "/ada/bare/use",
        "/zoo/shakespeare-gpt2/profile", "/zoo/banking77-bert-mini/profile?device=raspberry-pi-5&batch=4", "/zoo/shakespeare-gpt2-lora-banking/profile", "/ada/busy/profile", "/ada/bare/profile", "/ada/hostile/profile",
        "/leaderboards", "/zoo/shakespeare-gpt2/evaluations", "/ada/measured/evaluations", "/ada/bare/evaluations", "/datasets/ada/board/benchmark", "/leaderboards/ada/board/task", "/leaderboards/ada/board/task?verified=1&cost=seconds", "/leaderboards/ada/board/all",
        "/leaderboards/ada/board/task/compare", "/ada/busy/evaluations", "/devices", "/devices/h100-sxm", "/devices/esp32-s3", "/workloads", "/workloads/gemma-3-27b?device=rtx-4090&batch=8", "/workloads/jamba-v0.1?device=h100-sxm&batch=64", "/workloads/stable-diffusion-v1-5",
        "/models?fits=rtx-4090", "/compare", "/compare?m=zoo%2Fshakespeare-gpt2&m=zoo%2Fbanking77-bert-mini&m=gpt-oss-20b",
    ];

    static readonly string[] SignedIn = ["/settings", "/settings/password", "/settings/tokens", "/models/new", "/jobs", "/login/device"];

    static readonly string[] Owned =
    [
        "/ada/secret", "/datasets/ada/board/submit", "/ada/busy/discussions/new", "/ada/busy/settings", "/ada/busy/upload/main", "/ada/busy/edit/main/README.md", "/ada/busy/edit/main/notes.txt", "/ada/busy/delete/main/notes.txt", "/ada/bare/upload/main",
    ];
}
