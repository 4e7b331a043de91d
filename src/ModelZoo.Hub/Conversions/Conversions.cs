using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ModelZoo.Git;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Weights;

namespace ModelZoo.Hub.Conversions;

/// <summary>Takes wishes for conversions: checks what can be checked at once, and enqueues the work.</summary>
sealed class Conversions(JobStore jobs, JobBell bell, RevisionResolver revisions)
{
    /// <summary>Conversions of one account that wait or run; more would keep others waiting.</summary>
    const int MostOfOne = 4;

    static readonly Dictionary<string, ConversionTarget> s_targets = new(StringComparer.OrdinalIgnoreCase)
    {
        ["safetensors"] = ConversionTarget.Safetensors, ["gguf"] = ConversionTarget.Gguf, ["npz"] = ConversionTarget.Npz,
    };

    /// <summary>Types for forms: what GGUF's matrices may be, and what floating-point tensors may be elsewhere.</summary>
    public static IReadOnlyList<string> QuantizedTypes { get; } = ["Q8_0", "Q4_0", "Q4_K"];

    public static IReadOnlyList<string> NumberTypes { get; } = ["F32", "F16", "BF16"];

    /// <param name="target">Where the pull request goes: to the source itself, or to a repository that the account may write to.</param>
    /// <returns>The job that waits for just this, or a new one.</returns>
    public async Task<Job> BeginAsync(ReadableRepository source, string revision, ContributingRepository target, ConversionWish wish, CancellationToken stop)
    {
        if (source.Repository.Kind != RepositoryKind.Model) throw Refusal.Invalid("Only models are converted.");
        if (target.Id != source.Id && !target.IsWriter) throw Refusal.Forbidden(AccessPolicy.WriteMessage(target.Repository));
        if (!target.Repository.AllowsDiscussions) throw Refusal.Forbidden($"Discussions and pull requests are switched off for {target.Repository.FullName}, and a conversion is proposed as one.");
        var (to, type) = Read(wish);
        var found = await revisions.GetAsync(source, revision, stop);
        var branch = target.Id == source.Id && found.Reference is { } named && named.StartsWith("refs/heads/", StringComparison.Ordinal) ? named : target.Repository.DefaultReference;
        var work = new ConversionWork(source.Id, found.CommitId, target.Author.Id, target.Id, branch, to, type?.Name, Size(wish.MaxShardSize, to), File(wish.File));
        var (payload, account) = (work.ToJson(), target.Author.Id);
        var subject = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(payload)))[..32];
        if (await jobs.FindWaitingAsync(ConversionJob.JobName, subject, stop) is { } same) return same;
        if (await jobs.CountOpenAsync(ConversionJob.JobName, account, stop) >= MostOfOne)
            throw new Refusal(RefusalKind.TooMany, $"You have {MostOfOne} conversions waiting or running; wait for one to end.") { RetryAfter = TimeSpan.FromSeconds(30) };
        var id = await jobs.EnqueueAsync(new NewJob(ConversionJob.JobName, payload, subject, source.Id, account), stop);
        bell.Ring();
        return (id is { } added ? await jobs.FindAsync(added, stop) : await jobs.FindWaitingAsync(ConversionJob.JobName, subject, stop))
            ?? throw Refusal.Conflict("The same conversion has just begun; look at the list of jobs.");
    }

    static (ConversionTarget To, DType? Type) Read(ConversionWish wish)
    {
        if (wish.To is not { Length: > 0 } word || !s_targets.TryGetValue(word, out var to)) throw Refusal.Invalid("\"to\" must be one of [safetensors, npz, gguf].");
        if (wish.Type is not { Length: > 0 } text) return (to, to == ConversionTarget.Gguf ? DType.F16 : null);
        var type = DType.All.FirstOrDefault(known => string.Equals(known.Name, text, StringComparison.OrdinalIgnoreCase));
        if (type is null || !TensorCast.CanEncode(type)) throw Refusal.Invalid($"'{(text.Length > 20 ? text[..20] + "…" : text)}' is no type that can be written: F32, F16, BF16, F64, F8_E4M3, F8_E5M2, and in GGUF Q8_0, Q4_0, Q4_K.");
        if (to != ConversionTarget.Gguf && !type.IsFloating) throw Refusal.Invalid($"{type} is a type of GGUF; convert to gguf, or choose a floating-point type.");
        return (to, type);
    }

    static string? File(string? path)
    {
        if (path is not { Length: > 0 }) return null;
        return RepoPath.TryParse(path, out var parsed, out var problem) ? parsed.Value : throw Refusal.Invalid(problem);
    }

    /// <summary>"5GB", "500 MiB" or a count of bytes.</summary>
    static long? Size(string? text, ConversionTarget to)
    {
        if (text is not { Length: > 0 }) return null;
        if (to == ConversionTarget.Npz) throw Refusal.Invalid("An npz archive is one file; it cannot be split.");
        (string Unit, long Bytes)[] units = [("KIB", 1 << 10), ("MIB", 1 << 20), ("GIB", 1 << 30), ("KB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("B", 1), ("", 1)];
        var upper = text.Trim().ToUpperInvariant();
        var (unit, bytes) = units.First(entry => upper.EndsWith(entry.Unit, StringComparison.Ordinal));
        return decimal.TryParse(upper.AsSpan(0, upper.Length - unit.Length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            && number > 0 && number <= long.MaxValue / bytes && number * bytes >= 1 ? (long)(number * bytes) : throw Refusal.Invalid("\"maxShardSize\" must be a size, such as 5GB or 500MB.");
    }
}
