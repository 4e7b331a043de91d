using Microsoft.AspNetCore.Components;
using ModelZoo.Hub.Web;
using ModelZoo.Hub.Web.Components;
using ModelZoo.Hub.Web.Pages.Accounts;
using ModelZoo.Hub.Web.Pages.Admin;
using ModelZoo.Hub.Web.Pages.Catalogue;
using ModelZoo.Hub.Web.Pages.Commits;
using ModelZoo.Hub.Web.Pages.Discussions;
using ModelZoo.Hub.Web.Pages.Docs;
using ModelZoo.Hub.Web.Pages.Errors;
using ModelZoo.Hub.Web.Pages.Files;
using ModelZoo.Hub.Web.Pages.Home;
using ModelZoo.Hub.Web.Pages.Jobs;
using ModelZoo.Hub.Web.Pages.Login;
using ModelZoo.Hub.Web.Pages.Repositories;
using ModelZoo.Hub.Web.Pages.Search;
using ModelZoo.Hub.Web.Pages.Settings;
using static ModelZoo.Tests.Web.Samples;

namespace ModelZoo.Tests.Web;

/// <param name="Name">Names the sample in test output and its file when samples are written out.</param>
sealed record SamplePage(string Name, Type Component, object Model)
{
    public static SamplePage Of<TPage>(string name, object model) where TPage : IComponent => new(name, typeof(TPage), model);
}

/// <summary>Every page, with nothing to show and with plenty.</summary>
static class SamplePages
{
    static readonly FormState s_refused = new()
    {
        Values = new Dictionary<string, string> { ["name"] = "shakespeare gpt2", ["handle"] = "ada", ["description"] = "Typed before" },
        Errors = new Dictionary<string, string> { ["name"] = "A name has letters, digits, '-', '_' and '.' only.", ["handle"] = "There is no such account.", ["files"] = "Choose a file." },
        Problem = "The repository was not made.",
    };

    // After what the pages are made of: static fields are set in the order in which they are written.
    public static readonly IReadOnlyList<SamplePage> All = [.. Browse(), .. Repository(), .. Files(), .. Commits(), .. SampleDiscussions.All(), .. Own(), .. Operate(), .. SampleModelPages.All()];

    static IEnumerable<SamplePage> Browse()
    {
        yield return SamplePage.Of<HomePage>("home-empty", new HomePageModel(Frame(signedIn: false), 0, 0, 0));
        yield return SamplePage.Of<HomePage>("home", new HomePageModel(Frame(signedIn: false), 1_204, 311, 48_211_900_000)
        {
            Newest = Repositories(6), MostUsed = [.. Repositories(6).Reverse()], Sets = Repositories(3, "dataset"),
        });
        yield return SamplePage.Of<SearchPage>("search-blank", new SearchPageModel(Frame(), ""));
        yield return SamplePage.Of<SearchPage>("search-empty", new SearchPageModel(Frame(), "unicorn"));
        yield return SamplePage.Of<SearchPage>("search", new SearchPageModel(Frame() with { Query = "shakespeare" }, "shakespeare")
        {
            Models = Repositories(2), Datasets = Repositories(1, "dataset"), MoreModels = Href.Local("/models?q=shakespeare"),
            Cards = [new(Gpt.Home, Gpt.Id, "… learned English from the plays of Shakespeare, and it shows …", "shakespeare")],
            Files = [new(Gpt.Blob("main", "data/shakespeare.txt"), Gpt.Id, "data/shakespeare.txt", "shakespeare")],
        });
        yield return SamplePage.Of<CataloguePage>("models-empty", new CataloguePageModel(Frame("models"), "model", 0));
        yield return SamplePage.Of<CataloguePage>("datasets-empty", new CataloguePageModel(Frame("datasets", signedIn: false), "dataset", 0));
        yield return SamplePage.Of<CataloguePage>("models-nothing-fits", Catalogue() with { Total = 0, Items = [], NextPage = null });
        yield return SamplePage.Of<CataloguePage>("models", Catalogue());
        yield return SamplePage.Of<AccountPage>("account-empty", new AccountPageModel(Frame(), "ada", Now.AddDays(-2)) { IsSelf = true });
        yield return SamplePage.Of<AccountPage>("account", new AccountPageModel(Frame(), "ada", Now.AddDays(-400))
        {
            FullName = "Ada Lovelace", Models = Repositories(3), Datasets = Repositories(1, "dataset"), Liked = Repositories(5),
        });
    }

    static CataloguePageModel Catalogue()
    {
        static FacetValue At(string label, long count, bool chosen = false) => new(label, count, chosen, Href.Local($"/models?x={Uri.EscapeDataString(label)}"));
        return new(Frame("models"), "model", 1_204)
        {
            Query = "gpt",
            Items = Repositories(),
            Facets =
            [
                new("Task", [At("text-generation", 611, chosen: true), At("text-classification", 207), At("image-classification", 118), At("object-detection", 31)]),
                new("Library", [At("transformers", 540), At("onnx", 211), At("peft", 90), At("gguf", 77)]),
                new("Licence", [At("apache-2.0", 512), At("mit", 300), At("cc-by-4.0", 70), At("cc0-1.0", 12)]),
                new("Language", [At("en", 700), At("de", 40), At("multilingual", 61)]),
                new("Parameters", [At("under 1 M", 12), At("1 M to 100 M", 300), At("100 M to 1 B", 410), At("over 1 B", 482)]),
                new("Format", [At("safetensors", 900), At("gguf", 301), At("onnx", 240), At("pickle", 96)]),
                new("Author", [At("ada", 12), At("grace", 9), At("observatory", 44)]),
            ],
            Chosen = [new("task: text-generation", Href.Local("/models?q=gpt")), new("name: gpt", Href.Local("/models?task=text-generation"))],
            Sorts = [new("Changed", true, Href.Local("/models?sort=changed")), new("Downloads", false, Href.Local("/models?sort=downloads")), new("Likes", false, Href.Local("/models?sort=likes")), new("Size", false, Href.Local("/models?sort=size"))],
            Carried = [new("task", "text-generation")],
            NextPage = Href.Local("/models?task=text-generation&after=abc"),
        };
    }

    static IEnumerable<SamplePage> Repository()
    {
        yield return SamplePage.Of<CardPage>("repository-empty", new CardPageModel(Frame("models"), Heading(full: false)));
        yield return SamplePage.Of<CardPage>("repository", new CardPageModel(Frame("models"), Heading())
        {
            Plate =
            [
                new("Parameters", "741 k", "all active", "741,376"), new("Weights", "2.97 MB", "float32"), new("Work per token", null, Explanation: "work"),
                new("Bound on your device", null, Explanation: "bound"), new("Best score", null, Explanation: "score"), new("Licence", "cc0-1.0", "stated by the card"),
            ],
            Snippets = Samples.Snippets(Gpt),
            Card = Card,
            Findings = [new("warning", "is not an id of the licence list; the nearest is cc0-1.0.", "license")],
            Score = new(82, ["subgroup performance", "environment"]),
            Files = [new("model.safetensors", 2_968_112), new("onnx/model.onnx", 3_120_400), new("gguf/model-f32.gguf", 2_981_000), new("tokenizer.json", 41_200), new("config.json", 702)],
            FileCount = 9,
            TotalBytes = 9_120_000,
            UsedBy = [new("ada/shakespeare-gpt2-lora-banking", "adapter", Href.Local("/ada/shakespeare-gpt2-lora-banking"))],
            MadeFrom = [new("tiny-shakespeare", "dataset", null)],
            Scores = [new("held-out plays", "bits per byte", "2.31", "claimed"), new("BLiMP", "accuracy", "0.594 ± 0.011", "verified")],
            Tags = [new("safetensors", Href.Local("/models?filter=safetensors")), new("gguf", Href.Local("/models?filter=gguf")), new("en", Href.Local("/models?filter=en")), new("conversational")],
            LastCommit = Samples.Commit(),
        });
        yield return SamplePage.Of<CardPage>("dataset-no-card", new CardPageModel(Frame("datasets", signedIn: false), Heading(Birds) with { MayWrite = false, MayAdminister = false, IsPrivate = true })
        {
            Snippets = Samples.Snippets(Birds), FileCount = 2, TotalBytes = 1200, Files = [new("birds.csv", 1200)],
        });
        yield return SamplePage.Of<UsePage>("use", new UsePageModel(Frame("models"), Heading()) { References = References(), CommitId = "1f0c9a7be03d5c5bd2f4be91a5cd1d3a7e8fbb42", Files = Samples.Snippets(Gpt), Chosen = Samples.Snippets(Gpt)[0] });
        yield return SamplePage.Of<UsePage>("use-nothing", new UsePageModel(Frame("models"), Heading(full: false)));
        yield return SamplePage.Of<NewRepositoryPage>("new", new NewRepositoryPageModel(Frame(), "model", ["ada"], FormState.Empty) { Licenses = ["apache-2.0", "mit"] });
        yield return SamplePage.Of<NewRepositoryPage>("new-refused", new NewRepositoryPageModel(Frame(), "dataset", ["ada", "observatory"], s_refused));
        yield return SamplePage.Of<RepositorySettingsPage>("repository-settings", new RepositorySettingsPageModel(Frame(), Heading())
        {
            Branches = ["main", "quantized"], Collaborators = [new("grace", "write"), new("field", "read")], Owners = ["ada", "observatory"], StoredBytes = 9_120_000, People = s_refused,
        });
        yield return SamplePage.Of<RepositorySettingsPage>("repository-settings-empty", new RepositorySettingsPageModel(Frame(), Heading(full: false)));
    }

    static IEnumerable<SamplePage> Files()
    {
        yield return SamplePage.Of<FilesPage>("files-empty", new FilesPageModel(Frame(), Heading(full: false), References(), null) { IsBranch = true });
        yield return SamplePage.Of<FilesPage>("files", new FilesPageModel(Frame(), Heading(), References(), "weights/onnx")
        {
            IsBranch = true,
            LastCommit = Samples.Commit(),
            Entries =
            [
                new("quantized", "weights/onnx/quantized", true, null, false, Samples.Commit(30, "Quantize to 8 bits")),
                new("README.md", "weights/onnx/README.md", false, 1_902, false, Samples.Commit(4, "Say how the file was made")),
                new("model.onnx", "weights/onnx/model.onnx", false, 3_120_400, true, Samples.Commit(9, "Export with a key-value cache, opset 17, dynamic axes for batch and sequence")),
                new("model_with_a_name_so_long_that_it_must_break_somewhere.onnx_data", "weights/onnx/m.onnx_data", false, 44_200_000_000, true, Samples.Commit(400)),
            ],
            Readme = Card,
        });
        yield return SamplePage.Of<BlobPage>("blob-text", new BlobPageModel(Frame(), Heading(), References(), "config.json", 702)
        {
            Lines = ["{", "  \"architectures\": [\"GPT2LMHeadModel\"],", "  \"n_layer\": 4,", "  \"n_head\": 4,", "  \"n_embd\": 128,", "  \"vocab_size\": 1024, \"a_long_line\": \"" + new string('x', 160) + "\"", "}"],
            WhatItIs = "JSON", ObjectId = Samples.Commit().Id, LastCommit = Samples.Commit(), MayEdit = true,
        });
        yield return SamplePage.Of<BlobPage>("blob-empty", new BlobPageModel(Frame(), Heading(), References(), "empty.txt", 0) { Lines = [] });
        yield return SamplePage.Of<BlobPage>("blob-binary", new BlobPageModel(Frame(), Heading(), References("v1.0"), "pytorch_model.bin", 2_981_000)
        {
            WhatItIs = "a pickle file, which is not opened here", Digest = new string('a', 64), MayEdit = true, Problem = "The header ends early: the file was cut.",
        });
        yield return SamplePage.Of<BlobPage>("blob-weights", new BlobPageModel(Frame(), Heading(), References(), "model.safetensors", 2_968_112)
        {
            WhatItIs = "safetensors weights", Digest = new string('b', 64), MayEdit = true,
            Tensors = new("safetensors", 741_376,
                [.. Enumerable.Range(0, 12).Select(i => new TensorLine($"transformer.h.{i}.attn.c_attn.weight", "F32", [128, 384], 196_608)), new TensorLine("scale", "BF16", [], 2)],
                [new("format", "pt"), new("made_by", "a script")], 40),
        });
        yield return SamplePage.Of<EditPage>("edit", new EditPageModel(Frame(), Heading(), "main", "README.md", "---\nlicense: cc0\n---\n\n# Shakespeare GPT-2\n", Samples.Commit().Id, FormState.Empty)
        {
            IsPreviewed = true, Preview = Card, Findings = [new("error", "is not an id of the licence list.", "license")],
        });
        yield return SamplePage.Of<EditPage>("edit-new", new EditPageModel(Frame(), Heading(full: false), "main", "config.json", "", null, FormState.Empty) { IsNew = true });
        yield return SamplePage.Of<UploadPage>("upload", new UploadPageModel(Frame(), Heading(), "main", "weights", FormState.Empty));
        yield return SamplePage.Of<ConvertPage>("convert", new ConvertPageModel(Frame(), Heading(), "main", FormState.Empty)
        {
            Formats = [new("safetensors", "safetensors"), new("gguf", "GGUF")], Types = [new("", "As they are"), new("Q4_K", "Q4_K")],
        });
        yield return SamplePage.Of<UploadPage>("upload-refused", new UploadPageModel(Frame(), Heading(), "main", null, s_refused));
        yield return SamplePage.Of<DeletePage>("delete", new DeletePageModel(Frame(), Heading(), "main", "weights", true, 4, Samples.Commit().Id, FormState.Empty));
    }

    static IEnumerable<SamplePage> Commits()
    {
        CommitLine[] log = [Samples.Commit(1), Samples.Commit(2, "Say what the model is not for"), Samples.Commit(8, "Add the tokenizer"), Samples.Commit(50, "initial commit")];
        yield return SamplePage.Of<CommitsPage>("commits-empty", new CommitsPageModel(Frame(), Heading(full: false), References(), 0));
        yield return SamplePage.Of<CommitsPage>("commits", new CommitsPageModel(Frame(), Heading(), References(), 24) { Commits = log, NextPage = Href.Local("/ada/shakespeare-gpt2/commits/main?after=abc") });
        yield return SamplePage.Of<CommitPage>("commit-empty", new CommitPageModel(Frame(), Heading(), Samples.Commit()));
        yield return SamplePage.Of<CommitPage>("commit", new CommitPageModel(Frame(), Heading(), Samples.Commit()) { Body = "Made with the converter of llama.cpp.\n\nThe numbers are unchanged.", ParentIds = [Samples.Commit().Id], Files = Diffs, MoreFiles = 3 });
        yield return SamplePage.Of<ComparePage>("compare-empty", new ComparePageModel(Frame(), Heading(), "main", "main"));
        yield return SamplePage.Of<ComparePage>("compare-problem", new ComparePageModel(Frame(), Heading(), "main", "nowhere") { Problem = "There is no branch, tag or commit 'nowhere'." });
        yield return SamplePage.Of<ComparePage>("compare", new ComparePageModel(Frame(), Heading(), "v1.0", "main") { Suggestions = ["main", "v1.0"], Commits = log, Files = Diffs });
        yield return SamplePage.Of<ReferencesPage>("refs-empty", new ReferencesPageModel(Frame(), Heading(full: false)));
        yield return SamplePage.Of<ReferencesPage>("refs", new ReferencesPageModel(Frame(), Heading())
        {
            Branches = [new("main", Samples.Commit()), new("feature/quantized", Samples.Commit(60, "Quantize to 8 bits"))], Tags = [new("v1.0", Samples.Commit(90), "First one worth having")], NewTag = s_refused,
        });
    }

    static IEnumerable<SamplePage> Own()
    {
        yield return SamplePage.Of<ProfilePage>("profile", new ProfilePageModel(Frame() with { Notice = new("good", "Saved.") }, "ada", "Ada Lovelace", "ada@example.org", FormState.Empty));
        yield return SamplePage.Of<PasswordPage>("password", new PasswordPageModel(Frame(), 10, true, FormState.Empty));
        yield return SamplePage.Of<TokensPage>("tokens-empty", new TokensPageModel(Frame(), FormState.Empty));
        yield return SamplePage.Of<TokensPage>("tokens", new TokensPageModel(Frame(), s_refused)
        {
            NewToken = "hf_exampleexampleexampleexampleexample",
            Repositories = ["ada/shakespeare-gpt2", "datasets/ada/garden-birds"],
            Tokens =
            [
                new("1", "laptop", "write", "x7Qa", Now.AddDays(-200)) { LastUsedAt = Now.AddMinutes(-4) },
                new("2", "training", "fine-grained", "p03K", Now.AddDays(-30)) { ExpiresAt = Now.AddDays(60), Reach = ["write ada/shakespeare-gpt2"] },
                new("3", "old runner", "read", "00Zz", Now.AddDays(-400)) { LastUsedAt = Now.AddDays(-90), ExpiresAt = Now.AddDays(-35) },
            ],
        });
        yield return SamplePage.Of<LoginPage>("login", new LoginPageModel(Frame(signedIn: false), "/settings/tokens", FormState.Empty));
        yield return SamplePage.Of<LoginPage>("login-refused", new LoginPageModel(Frame(signedIn: false), null, new() { Values = new Dictionary<string, string> { ["handle"] = "ada" }, Problem = "That handle and password do not belong together." }) { IsFirstStart = true });
        yield return SamplePage.Of<LogoutPage>("logout", new LogoutPageModel(Frame()));
        yield return SamplePage.Of<LogoutPage>("logout-done", new LogoutPageModel(Frame(signedIn: false)));
        foreach (var step in Enum.GetValues<DeviceStep>())
            yield return SamplePage.Of<DevicePage>($"device-{step}", new DevicePageModel(Frame(), step, "WDJB-MJHT", "hf on laptop", FormState.Empty));
    }

    static IEnumerable<SamplePage> Operate()
    {
        JobSummary[] jobs =
        [
            new("0190f", "profile", "running", Now.AddMinutes(-2)) { Subject = Gpt.Id, SubjectLink = Gpt.Home, Attempts = 1, Progress = .42, StartedAt = Now.AddMinutes(-1) },
            new("0190e", "sweep", "failed", Now.AddHours(-5)) { Attempts = 5, StartedAt = Now.AddHours(-5), EndedAt = Now.AddHours(-4) },
            new("0190d", "reindex", "done", Now.AddDays(-1)) { Subject = "the whole hub", Attempts = 1, StartedAt = Now.AddDays(-1), EndedAt = Now.AddDays(-1).AddSeconds(41) },
        ];
        yield return SamplePage.Of<JobsPage>("jobs-empty", new JobsPageModel(Frame()));
        yield return SamplePage.Of<JobsPage>("jobs", new JobsPageModel(Frame())
        {
            IsBusy = true, Jobs = jobs,
            States = [new("all", 3, true, Href.Local("/jobs")), new("waiting", 0, false, Href.Local("/jobs?state=waiting")), new("running", 1, false, Href.Local("/jobs?state=running")), new("failed", 1, false, Href.Local("/jobs?state=failed"))],
        });
        yield return SamplePage.Of<JobPage>("job-running", new JobPageModel(Frame(), jobs[0]) { Log = [new(Now.AddMinutes(-1), "Reading model.safetensors"), new(Now, "12 of 48 tensors")], Worker = "zoo-1" });
        yield return SamplePage.Of<JobPage>("job-failed", new JobPageModel(Frame(), jobs[1]) { Error = "The blob store did not answer within 30 s.", MayRetry = true, NextAttemptAt = Now.AddMinutes(8) });
        yield return SamplePage.Of<AdminPage>("admin-empty", new AdminPageModel(Frame()));
        yield return SamplePage.Of<AdminPage>("admin", new AdminPageModel(Frame())
        {
            BlobCount = 4_211, BlobBytes = 48_211_900_000, ObjectCount = 120_400, RepositoryCount = 1_515, FreeBytes = 812_000_000_000, Database = "SQLite", BlobStore = "a folder", StartedAt = Now.AddDays(-12),
            JobsWaiting = 3, JobsRunning = 1, JobsFailed = 1, FailedJobs = [jobs[1]], Errors = [new(Now.AddHours(-3), "0HN4-22", "The blob store did not answer within 30 s.")],
            Accounts = [new("ada", Now.AddDays(-400)) { FullName = "Ada Lovelace", IsAdministrator = true, RepositoryCount = 12 }, new("grace", Now.AddDays(-40)) { IsDisabled = true }],
            Tasks = [new("reindex", "Reindex", "Derives lists, facets and facts again from the commits.")],
            NewPassword = "correct-horse-battery", NewPasswordFor = "grace",
        });
        yield return SamplePage.Of<ConnectPage>("connect", new ConnectPageModel(Frame()));
        yield return SamplePage.Of<FactsPage>("facts", new FactsPageModel(Frame()));
        foreach (var status in new[] { 400, 401, 403, 404, 412, 429, 500, 503 })
            yield return SamplePage.Of<ErrorPage>($"error-{status}", new ErrorPageModel(Frame(signedIn: false), status, null, "0HN4-22"));
    }
}
