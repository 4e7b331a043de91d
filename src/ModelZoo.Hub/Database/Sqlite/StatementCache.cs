using Microsoft.Data.Sqlite;

namespace ModelZoo.Hub.Database.Sqlite;

/// <summary>
/// One SQLite connection and the statements it has prepared. Reading SQL costs SQLite more than running most of ours, so a
/// statement is kept with its connection and taken again by its text.
/// </summary>
sealed class StatementCache(SqliteConnection connection, int generation) : IDisposable
{
    /// <summary>Lists of values have a text per length; whatever is over this bound is prepared anew each time.</summary>
    const int MaxStatements = 300;

    readonly Dictionary<string, SqliteCommand> _idle = new(StringComparer.Ordinal);
    bool _durable = true;

    public SqliteConnection Connection => connection;

    /// <summary>Which set of connections it belongs to; after an outage there is a new one.</summary>
    public int Generation => generation;

    /// <summary>
    /// With true, as a connection begins, each commit is flushed to the disk. Without, it is written to the log and flushed by the
    /// next commit of anybody that is (`synchronous = normal`, https://www.sqlite.org/pragma.html#pragma_synchronous).
    /// </summary>
    public void SetDurable(bool durable)
    {
        if (durable == _durable) return;
        var text = durable ? "pragma synchronous = full" : "pragma synchronous = normal";
        var command = Take(text);
        command.ExecuteNonQuery();
        Return(command, isSound: true);
        _durable = durable;
    }

    public SqliteCommand Take(string text)
    {
        if (_idle.Remove(text, out var known)) return known;
        var command = connection.CreateCommand();
        command.CommandText = text;
        return command;
    }

    /// <param name="isSound">False after an error: what state the statement is in is not worth finding out.</param>
    public void Return(SqliteCommand command, bool isSound)
    {
        command.Transaction = null;
        command.Parameters.Clear();
        if (!isSound || _idle.Count >= MaxStatements || !_idle.TryAdd(command.CommandText, command)) command.Dispose();
    }

    public void Dispose()
    {
        foreach (var command in _idle.Values) command.Dispose();
        connection.Dispose();
    }
}
