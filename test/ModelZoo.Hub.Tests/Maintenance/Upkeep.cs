using System.Text.Json;
using Dapper;
using ModelZoo.Cli;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Maintenance;

namespace ModelZoo.Hub.Tests.Maintenance;

/// <summary>What the tests of maintenance ask of a hub beside what its clients do.</summary>
static class Upkeep
{
    /// <summary>What is derived, and the columns that are.</summary>
    static readonly string[] s_derived =
    [
        "select repository_id, path, commit_id from last_change order by 1, 2",
        """
        select repository_id, commit_id, pipeline_tag, library_name, licence, card_json, config_json, tags_json, summary, score, grade,
               findings_json, points_json, file_count, size_bytes
        from repository_card order by 1
        """,
        "select repository_id, tag from repository_tag order by 1, 2",
        "select repository_id, word, weight from card_word order by 1, 2",
        """
        select repository_id, commit_id, digest, version, parameters, safetensors_json, gguf_json, weight_bytes, footprint_bytes
        from weight_summary order by 1
        """,
        """
        select model_profile.repository_id, model_profile.digest, model_profile.version, state, reason, defects_json, tensor_count, profile_json, length(tensors)
        from model_profile
        join weight_summary on weight_summary.repository_id = model_profile.repository_id and weight_summary.digest = model_profile.digest
        order by 1, 2
        """,
        "select repository_id, kind, id, name, fields_json from user_record order by 1, 2, 3",
        "select repository_id, kind, path, problem from user_record_problem order by 1, 2",
        "select * from benchmark order by 1",
        "select * from benchmark_task order by 1, 3",
        "select * from benchmark_problem order by 1, 2",
        "select * from score order by 1, 2",
        "select * from score_problem order by 1, 2",
        "select space_id, id, tree_id, title, body, author_name, author_email, authored_at, committed_at, generation, ancestors from git_commit order by 1, 2",
        "select space_id, id, ordinal, parent_id from git_commit_parent order by 1, 2, 3",
        "select id, downloads, downloads_all_time, likes from repository order by 1",
    ];

    public static async Task<string> DumpDerivedAsync(this TestHub hub)
    {
        var lines = new List<string>();
        foreach (var sql in s_derived)
        {
            lines.Add(sql.Split('\n')[0]);
            await hub.Get<HubDatabase>().ReadAsync<object?>(async connection =>
            {
                foreach (IDictionary<string, object> row in await connection.QueryAsync(sql)) lines.Add(string.Join(" | ", row.Values.Select(value => value?.ToString() ?? "∅")));
                return null;
            }, default);
        }
        return string.Join('\n', lines);
    }

    public static async Task WipeDerivedAsync(this TestHub hub)
    {
        foreach (var table in (string[])["last_change", "repository_card", "repository_tag", "card_word", "weight_summary", "model_profile", "user_record", "user_record_problem", "benchmark", "benchmark_task", "benchmark_problem", "score", "score_problem", "git_commit_parent", "git_commit"])
            await hub.Get<HubDatabase>().ExecuteAsync($"delete from {table}", null, default);
        await hub.Get<HubDatabase>().ExecuteAsync("update repository set downloads = 7, downloads_all_time = 7, likes = 7", null, default);
    }

    public static Task<int> ReindexAsync(this TestHub hub) => hub.Get<Reindexer>().RunAllAsync(new JobRun(new Job()), default);

    public static Task<CheckReport> CheckAsync(this TestHub hub) => hub.Get<StoreCheck>().RunAsync(quick: false, new JobRun(new Job()), default);

    public static Task<SweepReport> SweepAsync(this TestHub hub, TimeSpan grace) => hub.Get<Sweeper>().RunAsync(grace, new JobRun(new Job()), default);

    public static async Task RequireCleanAsync(this TestHub hub)
    {
        var report = await hub.CheckAsync();
        Assert.True(report.IsClean, string.Join('\n', report.Problems));
    }

    /// <summary>Runs a command line as a person would; its exit code and what it printed.</summary>
    public static async Task<(int Code, string Output)> ZooAsync(params string[] arguments)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var code = await ZooCommand.RunAsync(arguments, output, error);
        return (code, output.ToString() + error);
    }

    public static byte[] RandomBytes(int count)
    {
        var bytes = new byte[count];
        Random.Shared.NextBytes(bytes);
        return bytes;
    }

    /// <summary>A model's weights: one tensor of so many numbers.</summary>
    public static byte[] Safetensors(int numbers)
    {
        var header = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object> { ["w"] = new { dtype = "F32", shape = new[] { numbers }, data_offsets = new[] { 0, numbers * 4 } } });
        return [.. BitConverter.GetBytes((long)header.Length), .. header, .. new byte[numbers * 4]];
    }
}
