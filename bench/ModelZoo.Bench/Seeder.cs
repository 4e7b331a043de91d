using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Data.Sqlite;

namespace ModelZoo.Bench;

/// <summary>
/// Fills a hub with very many repositories: some are made through the front door, the others are copies of their rows. It copies
/// every table that speaks of a repository, so it needs to know little of the schema.
/// </summary>
static class Seeder
{
    public const int Templates = 60;
    public const string LargeTree = "thousand-files";
    const int LargeTreeFiles = 1_000;

    public static readonly string[] Tasks = ["text-generation", "text-classification", "image-classification", "fill-mask", "translation", "summarization"];
    public static readonly string[] Libraries = ["transformers", "diffusers", "sentence-transformers", "timm", "keras"];
    public static readonly string[] Licences = ["apache-2.0", "mit", "cc-by-4.0", "openrail"];
    public static readonly string[] Words = ["harbour", "meadow", "granite", "lantern", "thistle", "copper", "willow", "glacier", "ember", "quarry"];
    static readonly string[] s_languages = ["en", "nb", "de", "fr", "ja", "sw", "es"];

    /// <summary>What belongs to one repository and is not content, or must stay unique.</summary>
    static readonly HashSet<string> s_notCopied = ["upload", "job", "job_line", "repository_alias", "download_day", "deleted_repository", "token_grant", "repository_like", "collaborator", "audit_entry"];

    static Seeder()
    {
        NativeLibrary.SetDllImportResolver(typeof(SQLitePCL.SQLite3Provider_e_sqlite3).Assembly,
            (name, _, _) => name == "e_sqlite3" ? NativeLibrary.Load("libsqlite3.so.0") : 0);
        SQLitePCL.raw.SetProvider(new SQLitePCL.SQLite3Provider_e_sqlite3());
    }

    static string TemplateName(int number) => $"template-{Words[number % Words.Length]}-{number:D2}";

    /// <summary>Names of repositories spread evenly over a hub of that size.</summary>
    public static List<string> Names(int size, int most)
    {
        var count = Math.Min(size, most);
        return [.. Enumerable.Range(0, count).Select(index => (int)((long)index * size / count)).Select(number =>
            $"{Hub.Owner}/{(number < Templates ? TemplateName(number) : $"copy-{Words[number % Templates % Words.Length]}-{number}")}")];
    }

    public static async Task AddTemplatesAsync(Hub hub)
    {
        var weights = RandomNumberGenerator.GetBytes(100_000);
        var digest = Convert.ToHexStringLower(SHA256.HashData(weights));
        for (var number = 0; number < Templates; number++)
        {
            await hub.CreateAsync(TemplateName(number));
            await hub.UploadAsync(TemplateName(number), "model.safetensors", digest, weights.Length, connection => connection.Send(weights));
            await hub.CommitAsync(TemplateName(number), [Hub.FileLine("README.md", Card(number)), Hub.FileLine("config.json", Configuration)]);
        }
        await hub.CreateAsync(LargeTree);
        await hub.CommitAsync(LargeTree, Enumerable.Range(0, LargeTreeFiles).Select(number => Hub.FileLine($"shard-{number:D4}.json", $"{{\"shard\":{number}}}")));
    }

    const string Configuration = """{"architectures":["BertForSequenceClassification"],"model_type":"bert","hidden_size":768,"num_hidden_layers":12}""";

    static string Card(int number) => $"""
        ---
        license: {Licences[number % Licences.Length]}
        pipeline_tag: {Tasks[number % Tasks.Length]}
        library_name: {Libraries[number % Libraries.Length]}
        language:
        - {s_languages[number % s_languages.Length]}
        tags:
        - {Words[number % Words.Length]}
        - {Words[(number * 7 + 3) % Words.Length]}
        ---
        # {Words[number % Words.Length]} {number}

        A model of the {Words[number % Words.Length]} family, made to fill a hub with cards of ordinary length. It reads
        {Words[(number + 1) % Words.Length]} and writes {Words[(number + 2) % Words.Length]}.

        ## Intended use
        To be found among many others.
        """;

    /// <summary>Grows a stopped hub to that many repositories (and the large tree).</summary>
    public static void Grow(string dataFolder, int size)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(dataFolder, "modelzoo.db")};Pooling=False");
        connection.Open();
        Execute(connection, "pragma synchronous = off; pragma foreign_keys = off; pragma temp_store = memory; pragma cache_size = -200000");
        using var transaction = connection.BeginTransaction();
        Execute(connection, $"""
            create temp table seed as
            with recursive counted (n) as (
                select (select count(*) from repository where name like 'template-%' or name like 'copy-%')
                union all
                select n + 1 from counted where n + 1 < {size}
            )
            select n, template.id as template_id, 1000000000 + n as new_id, (select max(change_number) from repository) + n as change_number,
                   substr(template.name, 10, length(template.name) - 12) as word
            from counted
            join (select id, name, row_number() over (order by name) - 1 as ordinal, cast(substr(name, -2) as integer) as number from repository where name like 'template-%') template
              on template.number = n % {Templates}
            where n < {size};
            create index temp.seed_by_template on seed (template_id)
            """);
        foreach (var table in Tables(connection))
        {
            var columns = Columns(connection, table);
            if (s_notCopied.Contains(table) || !columns.Any(c => c is "repository_id" or "space_id")) continue;
            Copy(connection, table, columns, column => column is "repository_id" or "space_id" || (column == "id" && table == "repository") ? "seed.new_id"
                : (table, column) switch
                {
                    ("repository", "name" or "name_key") => "'copy-' || seed.word || '-' || seed.n",
                    ("repository", "change_number") => "seed.change_number",
                    ("repository", "downloads" or "downloads_all_time") => "(seed.n * 7919) % 100003",
                    ("repository", "likes") => "(seed.n * 104729) % 997",
                    ("repository", "updated_at") => "template.updated_at - seed.n * 1000",
                    _ => $"template.{column}",
                }, table == "repository" ? "id" : columns.Contains("repository_id") ? "repository_id" : "space_id");
        }
        Execute(connection, "update change_counter set value = (select max(change_number) from repository) where name = 'repository'; drop table temp.seed");
        transaction.Commit();
        Execute(connection, "pragma wal_checkpoint(truncate)");
    }

    static void Copy(SqliteConnection connection, string table, List<string> columns, Func<string, string> value, string key)
    {
        var text = new StringBuilder($"insert into {table} ({string.Join(", ", columns)}) select {string.Join(", ", columns.Select(value))}");
        text.Append($" from seed join {table} template on template.{key} = seed.template_id");
        Execute(connection, text.ToString());
    }

    static List<string> Tables(SqliteConnection connection) =>
        Texts(connection, "select name from main.sqlite_master where type = 'table' and name not like 'sqlite_%'");

    static List<string> Columns(SqliteConnection connection, string table) => Texts(connection, $"select name from pragma_table_info('{table}')");

    static List<string> Texts(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        var texts = new List<string>();
        while (reader.Read()) texts.Add(reader.GetString(0));
        return texts;
    }

    static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.CommandTimeout = 600;
        command.ExecuteNonQuery();
    }
}
