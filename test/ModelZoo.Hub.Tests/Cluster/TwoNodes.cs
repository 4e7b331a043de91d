namespace ModelZoo.Hub.Tests.Cluster;

/// <summary>Two nodes on one PostgreSQL and one S3. The first runs no jobs.</summary>
public class TwoNodes : IAsyncLifetime
{
    public TestHub A { get; private set; } = null!;

    public TestHub B { get; private set; } = null!;

    private protected virtual void Adjust(HubOptions options) { }

    public async ValueTask InitializeAsync()
    {
        A = new FirstNode(options =>
        {
            (options.NodeName, options.Workers) = ("first", 0);
            options.Storage = options.Storage with { DirectUploads = true, RedirectDownloads = true };
            Adjust(options);
        });
        await A.InitializeAsync();
        B = new OtherNode(A, "second");
        await B.InitializeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (B is not null) await B.DisposeAsync();
        if (A is not null) await A.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>The same person, talking to the second node.</summary>
    public TestActor OnB(TestActor who) => new(B, who.Token, who.Handle);

    sealed class FirstNode(Action<HubOptions> adjust) : PostgresHub
    {
        private protected override void Adjust(HubOptions options) => adjust(options);
    }
}

/// <summary>One more node on the database and the store of a hub.</summary>
public sealed class OtherNode(TestHub first, string name) : TestHub
{
    private protected override Task<HubOptions> MakeOptionsAsync(string folder) => Task.FromResult(new HubOptions
    {
        DataFolder = folder, Database = first.Options.Database, Storage = first.Options.Storage, Limits = first.Options.Limits, NodeName = name,
    });
}
