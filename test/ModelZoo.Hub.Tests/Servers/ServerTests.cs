using Npgsql;

namespace ModelZoo.Hub.Tests;

public sealed class ServerTests
{
    [Fact]
    public async Task Every_database_is_new_and_empty()
    {
        var (one, two) = (await PostgresServer.CreateDatabaseAsync(), await PostgresServer.CreateDatabaseAsync());
        Assert.NotEqual(one, two);
        await using var connection = new NpgsqlConnection(two);
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "select count(*) from information_schema.tables where table_schema = 'public'";
        Assert.Equal(0L, await command.ExecuteScalarAsync());
    }
}
