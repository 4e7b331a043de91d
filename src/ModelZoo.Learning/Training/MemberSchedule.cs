using ModelZoo.Learning.Blueprints;

namespace ModelZoo.Learning.Training;

/// <summary>Parents before their children, so many members at once, whoever trains them.</summary>
static class MemberSchedule
{
    /// <param name="threads">On which threads; null for the common ones.</param>
    /// <param name="train">Trains one member, with how its parent ended. What it throws stops everybody; how a member fails is an outcome.</param>
    public static async Task<IReadOnlyList<MemberOutcome>> RunAsync(IReadOnlyList<Member> members, int parallel, Func<Member, MemberOutcome?, CancellationToken, Task<MemberOutcome>> train, CancellationToken stop, TaskScheduler? threads = null)
    {
        using var halt = CancellationTokenSource.CreateLinkedTokenSource(stop);
        using var slots = new SemaphoreSlim(parallel);
        var running = new Dictionary<string, Task<MemberOutcome>>(StringComparer.Ordinal);
        foreach (var member in members)
        {
            var parent = member.Parent is { } state && running.TryGetValue(state.Member.Id, out var task) ? task : null;
            running.Add(member.Id, RunAsync(member, parent));
        }
        return await Task.WhenAll(running.Values);

        async Task<MemberOutcome> RunAsync(Member member, Task<MemberOutcome>? parent)
        {
            try
            {
                var born = parent is null ? null : await parent;
                await slots.WaitAsync(halt.Token);
                try
                {
                    return await Task.Factory.StartNew(() => train(member, born, halt.Token), halt.Token, TaskCreationOptions.DenyChildAttach, threads ?? TaskScheduler.Default).Unwrap();
                }
                finally
                {
                    slots.Release();
                }
            }
            catch
            {
                // A full disk or a lost store concerns everybody: the others stop at their next step and can go on later.
                await halt.CancelAsync();
                throw;
            }
        }
    }
}
