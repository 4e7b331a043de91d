namespace ModelZoo.Hub;

/// <summary>Everything an operator may choose. Bound from modelzoo.json, MODELZOO_… variables and flags, checked once at start.</summary>
sealed class HubOptions
{
    /// <summary>Folder for the embedded database, blobs and caches.</summary>
    public string DataFolder { get; set; } = "modelzoo-data";

    /// <summary>Where to listen, separated by ';'.</summary>
    public string Urls { get; set; } = "http://127.0.0.1:8080";

    /// <summary>The base address that clients use, when it is not what they send as Host.</summary>
    public string? PublicUrl { get; set; }

    /// <summary>Accept X-Forwarded-* from any proxy in front.</summary>
    public bool TrustForwardedHeaders { get; set; }

    public DatabaseOptions Database { get; set; } = new();

    public Storage.StorageOptions Storage { get; set; } = new();

    public LimitOptions Limits { get; set; } = new();

    public XetOptions Xet { get; set; } = new();

    public ConverterOptions Conversion { get; set; } = new();

    public Populations.Deltas.DeltaOptions Deltas { get; set; } = new();

    public Serving.ServingOptions Serving { get; set; } = new();

    public Evaluations.Runs.EvaluationOptions Evaluation { get; set; } = new();

    public Populations.Making.PopulationOptions Population { get; set; } = new();

    public Populations.FineTuning.FineTuningOptions FineTuning { get; set; } = new();

    public Serving.Hosting.HostingOptions Hosting { get; set; } = new();

    public CardOptions Cards { get; set; } = new();

    public GitOptions Git { get; set; } = new();

    public Evaluations.Submissions.SubmittingOptions Submissions { get; set; } = new();

    public MetricOptions Metrics { get; set; } = new();

    public LogOptions Logging { get; set; } = new();

    /// <summary>What this node is called in lists of nodes; the machine's name when not set.</summary>
    public string? NodeName { get; set; }

    /// <summary>Jobs this node runs at once; 0 makes it serve only.</summary>
    public int Workers { get; set; } = 2;

    public string DatabaseFile => Path.Combine(DataFolder, "modelzoo.db");

    public string BlobFolder => Path.Combine(DataFolder, "blobs");

    /// <exception cref="InvalidOperationException">One sentence that says what to mend.</exception>
    public void Validate()
    {
        if (string.IsNullOrWhiteSpace(DataFolder)) throw new InvalidOperationException("DataFolder must name a folder.");
        if (Database.Kind is not ("sqlite" or "postgres")) throw new InvalidOperationException("Database:Kind must be sqlite or postgres.");
        if (Database.Kind == "postgres" && string.IsNullOrWhiteSpace(Database.Connection))
            throw new InvalidOperationException("Database:Connection must be set for postgres.");
        if (PublicUrl is not null && !(Uri.TryCreate(PublicUrl, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"))
            throw new InvalidOperationException("PublicUrl must be an absolute http or https address.");
        if (Workers is < 0 or > 64) throw new InvalidOperationException("Workers must be 0 to 64.");
        if (NodeName is { Length: > 100 } || NodeName?.Any(char.IsControl) == true) throw new InvalidOperationException("NodeName must have at most 100 characters and no control characters.");
        Limits.Validate();
        Xet.Validate();
        if (Conversion.OutputBytes < 1 << 20) throw new InvalidOperationException("Conversion:OutputBytes must be at least 1 MiB.");
        Deltas.Validate();
        Serving.Validate();
        Evaluation.Validate();
        FineTuning.Validate();
        Population.Validate();
        Hosting.Validate();
        Logging.Validate();
        Git.Validate();
        Submissions.Validate();
    }
}

sealed class DatabaseOptions
{
    /// <summary>sqlite (a file in the data folder) or postgres.</summary>
    public string Kind { get; set; } = "sqlite";

    /// <summary>Npgsql connection string, for postgres.</summary>
    public string? Connection { get; set; }
}

sealed class LimitOptions
{
    /// <summary>Largest file that a commit may carry inline; above it, content goes through LFS.</summary>
    public long InlineBytes { get; set; } = 10_000_000;

    /// <summary>Uploads above this are sent in parts by clients that know both ways.</summary>
    public long PartsAboveBytes { get; set; } = 4L * 1024 * 1024 * 1024;

    /// <summary>Requests per minute: for each account, and for each address that is nobody.</summary>
    public int RequestsPerMinute { get; set; } = 12_000;

    public int AnonymousRequestsPerMinute { get; set; } = 6_000;

    /// <summary>Sign-ins and tokens made per minute, for each network address.</summary>
    public int SignInsPerMinute { get; set; } = 30;

    /// <summary>How long a client may take to send a request's headers.</summary>
    public int HeaderSeconds { get; set; } = 15;

    /// <summary>How long a body may come slower than 240 bytes a second before the request is given up.</summary>
    public int SlowBodySeconds { get; set; } = 20;

    public void Validate()
    {
        if (InlineBytes is < 1024 or > 64L * 1024 * 1024) throw new InvalidOperationException("Limits:InlineBytes must be between 1 KiB and 64 MiB.");
        if (HeaderSeconds is < 1 or > 600) throw new InvalidOperationException("Limits:HeaderSeconds must be 1 to 600.");
        if (SlowBodySeconds is < 2 or > 600) throw new InvalidOperationException("Limits:SlowBodySeconds must be 2 to 600.");
        if (RequestsPerMinute < 1 || AnonymousRequestsPerMinute < 1 || SignInsPerMinute < 1) throw new InvalidOperationException("Limits: requests per minute must be at least 1.");
    }
}

sealed class GitOptions
{
    /// <summary>The git program, which packs what is cloned and fetched. Pushes do not need it.</summary>
    public string Program { get; set; } = "git";

    /// <summary>Space for this node's git mirrors; those not used for longest go first. They are caches and may be deleted at any time.</summary>
    public long MirrorBytes { get; set; } = 20L * 1024 * 1024 * 1024;

    /// <summary>Clones and fetches that are packed at once; more wait.</summary>
    public int Fetches { get; set; } = 16;

    /// <summary>Largest pack that a push may send. Large files do not travel in it: they go through LFS.</summary>
    public long PackBytes { get; set; } = 2L * 1024 * 1024 * 1024;

    public void Validate()
    {
        if (string.IsNullOrWhiteSpace(Program)) throw new InvalidOperationException("Git:Program must name the git program.");
        if (MirrorBytes < 0) throw new InvalidOperationException("Git:MirrorBytes must not be negative.");
        if (Fetches is < 1 or > 1000) throw new InvalidOperationException("Git:Fetches must be 1 to 1000.");
        if (PackBytes < 1024) throw new InvalidOperationException("Git:PackBytes must be at least 1024.");
    }
}

sealed class ConverterOptions
{
    /// <summary>Where converted and merged files lie until the blob store has them; "conversions" in the data folder when not set.</summary>
    public string? ScratchFolder { get; set; }

    /// <summary>Most bytes that one conversion or merge may write. There must be room for it on the disk, and 1 GiB more.</summary>
    public long OutputBytes { get; set; } = 512L * 1024 * 1024 * 1024;
}

sealed class XetOptions
{
    /// <summary>Offer Xet to clients that speak it. What was stored through it stays readable either way.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Files of at least this size that came otherwise are cut into chunks after their commit, so that Xet clients can fetch and reuse them; negative: never.</summary>
    public long ChunkFilesFromBytes { get; set; } = 1024 * 1024;

    /// <summary>How long a token for the chunk store holds; clients ask for the next one by themselves.</summary>
    public int TokenMinutes { get; set; } = 60;

    /// <summary>Bytes that one account may have sent within a day without registering a file that uses them.</summary>
    public long UnusedBytesPerAccount { get; set; } = 4L * 1024 * 1024 * 1024 * 1024;

    public void Validate()
    {
        if (TokenMinutes is < 5 or > 1_440) throw new InvalidOperationException("Xet:TokenMinutes must be 5 to 1440.");
        if (UnusedBytesPerAccount < 64L * 1024 * 1024) throw new InvalidOperationException("Xet:UnusedBytesPerAccount must be at least 64 MiB.");
    }
}

sealed class MetricOptions
{
    /// <summary>Show /metrics to everybody, not only to this machine and to administrators.</summary>
    public bool Public { get; set; }
}

sealed class LogOptions
{
    /// <summary>text, or json: one object a line.</summary>
    public string Format { get; set; } = "text";

    /// <summary>The least that is written: Debug, Information, Warning or Error.</summary>
    public string Level { get; set; } = "Information";

    public void Validate()
    {
        if (Format is not ("text" or "json")) throw new InvalidOperationException("Logging:Format must be text or json.");
        if (Level is not ("Debug" or "Information" or "Warning" or "Error")) throw new InvalidOperationException("Logging:Level must be Debug, Information, Warning or Error.");
    }
}

sealed class CardOptions
{
    /// <summary>Refuse commits whose README.md has errors in its metadata.</summary>
    public bool Strict { get; set; }

    /// <summary>Let cards show images from other servers.</summary>
    public bool RemoteImages { get; set; }
}
