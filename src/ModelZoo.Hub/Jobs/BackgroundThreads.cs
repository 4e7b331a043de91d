using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace ModelZoo.Hub.Jobs;

/// <summary>
/// Threads for long computing: few, their own, and of low priority, so that requests never wait for them. What only waits (database, store) does not
/// belong here: it would wait again behind somebody's computing.
/// </summary>
sealed partial class BackgroundThreads : TaskScheduler, IDisposable
{
    /// <summary>Niceness of the threads: they get what is left over, and something even on a busy machine.</summary>
    const int Nice = 10;

    readonly BlockingCollection<Task> _tasks = [];
    readonly HashSet<Thread> _threads = [];

    public BackgroundThreads(int count)
    {
        for (var i = 0; i < count; i++) _threads.Add(new Thread(Work) { IsBackground = true, Name = $"background {i + 1}", Priority = ThreadPriority.BelowNormal });
        foreach (var thread in _threads) thread.Start();
    }

    public override int MaximumConcurrencyLevel => _threads.Count;

    protected override void QueueTask(Task task)
    {
        try
        {
            _tasks.Add(task);
        }
        catch (InvalidOperationException)
        {
            // The hub shuts down: what is left only notices that it is to stop.
            ThreadPool.UnsafeQueueUserWorkItem(_ => TryExecuteTask(task), null);
        }
    }

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) =>
        // Also what was queued: whoever waits for it on one of these threads does it, or all of them might wait for one another.
        _threads.Contains(Thread.CurrentThread) && TryExecuteTask(task);

    protected override IEnumerable<Task> GetScheduledTasks() => [.. _tasks];

    public void Dispose() => _tasks.CompleteAdding();

    void Work()
    {
        // Linux has a niceness for each thread, which .NET does not set; 0 means the calling one.
        if (OperatingSystem.IsLinux()) _ = SetPriority(0, 0, Nice);
        foreach (var task in _tasks.GetConsumingEnumerable()) TryExecuteTask(task);
    }

    [LibraryImport("libc", EntryPoint = "setpriority")]
    private static partial int SetPriority(int which, uint who, int nice);
}
