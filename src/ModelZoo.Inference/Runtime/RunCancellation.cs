namespace ModelZoo.Inference.Runtime;

/// <summary>Options of one run, whose terminate flag is raised when the caller gives up. One for each run: the flag stays up.</summary>
sealed class RunCancellation : IDisposable
{
    readonly OrtHandle _options;
    readonly CancellationTokenRegistration _registration;

    public RunCancellation(OrtApi api, CancellationToken stop)
    {
        var made = api.Ask(OrtSlot.CreateRunOptions);
        _options = new(api, made, OrtSlot.ReleaseRunOptions);
        Options = made;
        _registration = stop.UnsafeRegister(_ => api.Call(OrtSlot.RunOptionsSetTerminate, made), null);
    }

    public nint Options { get; }

    public void Dispose()
    {
        _registration.Dispose();    // waits for a callback that is running, so the options are never touched after they are gone
        _options.Dispose();
    }
}
