using Npgsql;

namespace ModelZoo.Hub.Tests;

/// <summary>One PostgreSQL for the whole test run; every test class takes a database of its own.</summary>
static class PostgresServer
{
    static readonly ServerScript Script = new("start-postgres.sh", "postgresql postgresql-client");
    static int s_databases;

    /// <summary>Makes an empty database and returns its connection string. Skips the test where PostgreSQL is not installed.</summary>
    public static async Task<string> CreateDatabaseAsync()
    {
        var settings = await Script.GetSettingsAsync();
        var name = $"zoo_{Interlocked.Increment(ref s_databases)}";
        await using var connection = new NpgsqlConnection(settings["ConnectionString"]);
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = $"create database {name}";
        await command.ExecuteNonQueryAsync();
        return new NpgsqlConnectionStringBuilder(settings["ConnectionString"]) { Database = name }.ConnectionString;
    }
}
