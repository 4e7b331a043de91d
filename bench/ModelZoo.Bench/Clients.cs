using System.Diagnostics;

namespace ModelZoo.Bench;

/// <summary>Runs the same work on several threads at once and says how long all of it took.</summary>
static class Clients
{
    public static double Run(int count, Action<int> work)
    {
        var failures = new List<Exception>();
        var threads = Enumerable.Range(0, count).Select(index => new Thread(() =>
        {
            try
            {
                work(index);
            }
            catch (Exception error)
            {
                lock (failures) failures.Add(error);
            }
        })).ToList();
        var watch = Stopwatch.StartNew();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        if (failures.Count > 0) throw new AggregateException(failures);
        return watch.Elapsed.TotalSeconds;
    }
}
