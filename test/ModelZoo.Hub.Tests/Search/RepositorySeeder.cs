using System.Data.Common;
using System.Text.Json;
using ModelZoo.Hub.Database;

namespace ModelZoo.Hub.Tests.Search;

/// <summary>
/// Fills a hub with made-up repositories straight through the database: rows as commits would have left them, without git
/// objects. Fast enough for 100,000. The same seed gives the same zoo.
/// </summary>
sealed class RepositorySeeder(HubDatabase database)
{
    const int RowsPerInsert = 40;
    const int RepositoriesPerTransaction = 4_000;
    const long Epoch = 1_700_000_000_000;

    static readonly string[] s_families = ["vit", "bert", "llama", "resnet", "gpt2", "whisper", "mistral", "qwen", "t5", "clip", "deit", "swin", "roberta", "gemma"];
    static readonly string[] s_tasks =
        ["text-generation", "text-classification", "image-classification", "feature-extraction", "fill-mask", "translation", "automatic-speech-recognition", "object-detection", "image-segmentation", "question-answering"];
    static readonly string[] s_libraries = ["transformers", "diffusers", "sentence-transformers", "peft", "timm", "keras", "spacy", "onnx"];
    static readonly string[] s_licences = ["apache-2.0", "mit", "cc-by-4.0", "openrail", "llama3", "gpl-3.0", "cc0-1.0", "other"];
    static readonly string[] s_languages = ["en", "de", "fr", "zh", "es", "it", "ja", "ko", "pt", "ru", "ar", "hi", "nl", "pl", "sv", "tr"];
    static readonly string[] s_formats = ["safetensors", "pytorch", "gguf", "onnx"];
    static readonly string[] s_words = ["small", "fast", "trained", "on", "images", "speech", "sentences", "benchmark", "quantized", "distilled", "robust", "baseline", "experiment"];

    /// <summary>Adds repositories of about one owner for every twenty; nine of ten are models, one of fifty is private.</summary>
    public async Task SeedAsync(int count, int seed, CancellationToken stop)
    {
        var random = new Random(seed);
        var owners = Enumerable.Range(0, Math.Max(1, count / 20)).Select(i => (Id: Id(seed, i), Handle: $"lab{seed}-{i}")).ToArray();
        await database.WriteAsync(async transaction =>
        {
            using var accounts = new Rows(transaction, "account (id, handle, handle_key, kind, full_name, created_at)", 6);
            foreach (var (id, handle) in owners) await accounts.AddAsync([id, handle, handle, "user", handle, Epoch], stop);
            await accounts.FlushAsync(stop);
        }, stop);
        for (var first = 0; first < count; first += RepositoriesPerTransaction)
        {
            var (from, upTo) = (first, Math.Min(count, first + RepositoriesPerTransaction));
            var batch = random.Next();
            await database.WriteAsync(transaction => AddAsync(transaction, new Random(batch), seed, from, upTo, owners, stop), stop);
        }
    }

    static async Task AddAsync(DbTransaction transaction, Random random, int seed, int from, int upTo, (long Id, string Handle)[] owners, CancellationToken stop)
    {
        var change = await transaction.FindAsync<long>($"update change_counter set value = value + {upTo - from} where name = 'repository' returning value", null, stop) - (upTo - from);
        using var repositories = new Rows(transaction, """
            repository (id, kind, owner_id, name, name_key, visibility, default_branch, description, space_id, created_at, updated_at,
                        downloads, downloads_all_time, likes, change_number)
            """, 15);
        using var cards = new Rows(transaction, """
            repository_card (repository_id, commit_id, pipeline_tag, library_name, licence, card_json, tags_json, summary, score, grade,
                             findings_json, points_json, file_count, size_bytes)
            """, 14);
        using var tags = new Rows(transaction, "repository_tag (repository_id, tag)", 2);
        using var words = new Rows(transaction, "card_word (word, repository_id, weight)", 3);
        using var weights = new Rows(transaction, "weight_summary (repository_id, commit_id, parameters, safetensors_json, weight_bytes, footprint_bytes)", 6);
        Rows[] all = [repositories, cards, tags, words, weights];
        for (var i = from; i < upTo; i++)
        {
            var repository = Invent(random, owners, seed, i);
            await repositories.AddAsync(
                [repository.Id, repository.Kind, repository.OwnerId, repository.Name, repository.Name.ToLowerInvariant(), repository.Visibility, "main", "", repository.Id,
                 repository.CreatedAt, repository.CreatedAt + random.Next(1_000_000), repository.Downloads, repository.Downloads * 3, repository.Downloads / 97, ++change], stop);
            await cards.AddAsync(
                [repository.Id, new string('0', 40), repository.Task, repository.Library, repository.Licence, repository.CardJson,
                 JsonSerializer.Serialize(repository.Tags), $"A {repository.Name} for tests.", 50L, "C", "[]", "{}", 5L, repository.Parameters * 2], stop, repositories);
            foreach (var tag in repository.Tags) await tags.AddAsync([repository.Id, tag], stop, repositories);
            foreach (var word in repository.Words) await words.AddAsync([word.Key, repository.Id, word.Value], stop, repositories);
            if (repository.Kind == "model")
                await weights.AddAsync([repository.Id, new string('0', 40), repository.Parameters, $$"""{"parameters":{"F32":{{repository.Parameters}}},"total":{{repository.Parameters}}}""", repository.Parameters * 2.0, repository.Parameters * 2.1], stop, repositories);
        }
        foreach (var rows in all) await rows.FlushAsync(stop);
    }

    static Invented Invent(Random random, (long Id, string Handle)[] owners, int seed, int number)
    {
        var family = Skewed(random, s_families);
        var (task, library, licence, language) = (Skewed(random, s_tasks), Skewed(random, s_libraries), Skewed(random, s_licences), Skewed(random, s_languages));
        var isModel = random.Next(10) < 9;
        List<string> tags = isModel
            ? [library, Skewed(random, s_formats), family, task, language, $"base_model:lab{seed}-{random.Next(owners.Length)}/{family}-{random.Next(1 + number)}", $"license:{licence}", "region:us"]
            : [$"task_categories:{task}", $"language:{language}", $"license:{licence}", "size_categories:10K<n<100K", "region:us"];
        tags = [.. tags.Distinct()];
        var name = $"{family}-{Skewed(random, s_words)}-{number}";
        var words = new Dictionary<string, long> { [family] = 10, [number.ToString()] = 10 };
        foreach (var word in (string[])[.. task.Split('-'), library.Replace("-", ""), licence.Replace("-", "").Replace(".", ""), "model"]) words.TryAdd(word, 5);
        for (var i = 0; i < 6; i++) words.TryAdd(s_words[random.Next(s_words.Length)], 1);
        return new()
        {
            Id = Id(seed, 1_000_000 + number), Kind = isModel ? "model" : "dataset", OwnerId = owners[(int)(owners.Length * random.NextDouble() * random.NextDouble())].Id,
            Name = name, Visibility = random.Next(50) == 0 ? "private" : "public", Task = isModel ? task : null, Library = isModel ? library : null, Licence = licence,
            CardJson = isModel
                ? JsonSerializer.Serialize(new { language, license = licence, library_name = library, pipeline_tag = task, tags = new[] { family } })
                : JsonSerializer.Serialize(new { language, license = licence }),
            Tags = tags, Words = words, Parameters = (long)Math.Pow(10, 6 + 5 * random.NextDouble()),
            Downloads = (long)Math.Pow(10, 6 * random.NextDouble()) - 1, CreatedAt = Epoch + number * 60_000L,
        };
    }

    static long Id(int seed, int number) => ((long)(seed + 1) << 40) + ((long)number << 8);

    /// <summary>Early words are far more frequent than late ones, as in real zoos.</summary>
    static string Skewed(Random random, string[] words) => words[(int)(words.Length * Math.Pow(random.NextDouble(), 2.5))];

    sealed record Invented
    {
        public required long Id { get; init; }
        public required string Kind { get; init; }
        public required long OwnerId { get; init; }
        public required string Name { get; init; }
        public required string Visibility { get; init; }
        public string? Task { get; init; }
        public string? Library { get; init; }
        public required string Licence { get; init; }
        public required string CardJson { get; init; }
        public required IReadOnlyList<string> Tags { get; init; }
        public required IReadOnlyDictionary<string, long> Words { get; init; }
        public required long Parameters { get; init; }
        public required long Downloads { get; init; }
        public required long CreatedAt { get; init; }
    }

    /// <summary>Gathers rows of one table and inserts many with one statement, which is prepared once.</summary>
    sealed class Rows(DbTransaction transaction, string table, int columns) : IDisposable
    {
        readonly List<object?> _values = [];
        DbCommand? _full;

        /// <param name="before">The table whose rows these refer to; it must be written first.</param>
        public async Task AddAsync(object?[] row, CancellationToken stop, Rows? before = null)
        {
            _values.AddRange(row);
            if (_values.Count < RowsPerInsert * columns) return;
            if (before is not null) await before.FlushAsync(stop);
            await FlushAsync(stop);
        }

        public async Task FlushAsync(CancellationToken stop)
        {
            if (_values.Count == 0) return;
            var rows = _values.Count / columns;
            var command = rows == RowsPerInsert ? _full ??= Prepare(rows) : Prepare(rows);
            for (var i = 0; i < _values.Count; i++) command.Parameters[i].Value = _values[i] ?? DBNull.Value;
            await command.ExecuteNonQueryAsync(stop);
            if (command != _full) await command.DisposeAsync();
            _values.Clear();
        }

        public void Dispose() => _full?.Dispose();

        DbCommand Prepare(int rows)
        {
            var command = transaction.Connection!.CreateCommand();
            command.Transaction = transaction;
            command.CommandText = $"insert into {table} values {string.Join(", ", Enumerable.Range(0, rows).Select(row => $"({string.Join(", ", Enumerable.Range(row * columns, columns).Select(i => $"@p{i}"))})"))}";
            for (var i = 0; i < rows * columns; i++)
            {
                var parameter = command.CreateParameter();
                parameter.ParameterName = $"@p{i}";
                command.Parameters.Add(parameter);
            }
            return command;
        }
    }
}
