using System.Data.Common;
using System.Text.Json;
using Dapper;
using ModelZoo.Hub.Database;

namespace ModelZoo.Hub.Maintenance;

/// <summary>
/// All rows of the database as lines of JSON, the same from either kind of database, so that either can be restored into
/// either. A table is a line {"table", "columns"}, then one array per row; bytes are {"base64"}.
/// </summary>
static class DumpStore
{
    /// <summary>What is true for minutes and of one set of nodes only, or made again where it is missing: not part of a hub that is copied.</summary>
    public static readonly IReadOnlyList<string> Passing = ["node", "allowance", "population_resume", "finetune_resume"];

    const int RowsAtOnce = 40;
    const int BytesAtOnce = 4 * 1024 * 1024;
    const int RowsPerTransaction = 5_000;

    static readonly JsonReaderOptions s_reading = new() { MaxDepth = 4 };

    /// <summary>Writes one state of the database, whatever is written to it meanwhile.</summary>
    public static async Task WriteAsync(HubDatabase database, long schema, Stream output, CancellationToken stop)
    {
        await using var connection = await database.OpenAsync(stop);
        await using var snapshot = await database.BeginSnapshotAsync(connection, stop);
        foreach (var table in Migrator.Tables(schema).Except(Passing))
        {
            using var command = connection.CreateCommand();
            command.Transaction = snapshot;
            command.CommandText = $"select * from {table}";     // every column there is, named in the dump
            await using var reader = await command.ExecuteReaderAsync(stop);
            await WriteLineAsync(output, writer =>
            {
                writer.WriteStartObject();
                writer.WriteString("table", table);
                writer.WriteStartArray("columns");
                for (var i = 0; i < reader.FieldCount; i++) writer.WriteStringValue(reader.GetName(i));
                writer.WriteEndArray();
                writer.WriteEndObject();
            }, stop);
            int[] order = [.. Enumerable.Range(0, reader.FieldCount)];
            while (await reader.ReadAsync(stop)) await WriteLineAsync(output, writer => WriteRow(writer, reader, order), stop);
        }
    }

    /// <param name="order">The columns, by number, in the order in which they are written.</param>
    public static void WriteRow(Utf8JsonWriter writer, DbDataReader row, IReadOnlyList<int> order)
    {
        writer.WriteStartArray();
        foreach (var i in order)
        {
            switch (row.GetValue(i))
            {
                case DBNull: writer.WriteNullValue(); break;
                case long number: writer.WriteNumberValue(number); break;
                case double number: writer.WriteNumberValue(number); break;
                case string text: writer.WriteStringValue(text); break;
                case byte[] bytes:
                    writer.WriteStartObject();
                    writer.WriteBase64String("base64", bytes);
                    writer.WriteEndObject();
                    break;
                case var other: throw new NotSupportedException($"A column of type {other.GetType().Name} cannot be backed up.");
            }
        }
        writer.WriteEndArray();
    }

    static async Task WriteLineAsync(Stream output, Action<Utf8JsonWriter> write, CancellationToken stop)
    {
        await using (var writer = new Utf8JsonWriter(output)) write(writer);
        await output.WriteAsync("\n"u8.ToArray(), stop);
    }

    /// <summary>Fills the empty database, whose schema is the one the dump was taken from.</summary>
    public static async Task ReadAsync(HubDatabase database, long schema, TextReader input, CancellationToken stop)
    {
        // Migrations put a few rows of their own into a new database; the dump has them too.
        await database.WriteAsync(async transaction =>
        {
            foreach (var table in Migrator.Tables(schema).Reverse()) await transaction.ExecuteAsync($"delete from {table}", null, stop);
        }, stop);
        var known = Migrator.Tables(schema).ToHashSet();
        var (table, columns) = ("", Array.Empty<string>());
        var rows = new List<object?[]>();
        for (string? line; (line = await input.ReadLineAsync(stop)) is not null;)
        {
            var root = Parse(line);
            if (root.ValueKind == JsonValueKind.Array)
            {
                rows.Add([.. root.EnumerateArray().Select(Value)]);
                if (rows.Count < RowsPerTransaction && line.Length < BytesAtOnce) continue;
            }
            await InsertAsync(database, table, columns, rows, orSkip: false, stop);
            rows.Clear();
            if (root.ValueKind != JsonValueKind.Object) continue;
            (table, columns) = (root.GetProperty("table").GetString()!, [.. root.GetProperty("columns").EnumerateArray().Select(c => c.GetString()!)]);
            if (!known.Contains(table) || !columns.All(IsName)) throw new InvalidDataException($"The backup has a table '{table}' that its schema {schema} does not know.");
        }
        await InsertAsync(database, table, columns, rows, orSkip: false, stop);
    }

    static bool IsName(string name) => name.Length > 0 && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_');

    static JsonElement Parse(string line)
    {
        var reader = new Utf8JsonReader(System.Text.Encoding.UTF8.GetBytes(line), s_reading);
        return JsonElement.ParseValue(ref reader);
    }

    static object? Value(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number => value.TryGetInt64(out var whole) ? whole : value.GetDouble(),
        JsonValueKind.Object => value.GetProperty("base64").GetBytesFromBase64(),
        _ => throw new InvalidDataException("The backup has a value that no column can hold."),
    };

    /// <param name="orSkip">Leave out rows that are there already.</param>
    public static async Task InsertAsync(HubDatabase database, string table, string[] columns, List<object?[]> rows, bool orSkip, CancellationToken stop)
    {
        if (rows.Count == 0) return;
        await database.WriteAsync(async transaction =>
        {
            foreach (var slice in rows.Chunk(RowsAtOnce))
            {
                var parameters = new DynamicParameters();
                var values = slice.Select((row, r) => $"({string.Join(", ", row.Select((value, c) =>
                {
                    parameters.Add($"v{r}_{c}", value);
                    return $"@v{r}_{c}";
                }))})");
                await transaction.ExecuteAsync($"insert into {table} ({string.Join(", ", columns)}) values {string.Join(", ", values)}{(orSkip ? " on conflict do nothing" : "")}", parameters, stop);
            }
        }, stop);
    }
}
