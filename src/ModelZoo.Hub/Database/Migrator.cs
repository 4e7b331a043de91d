using System.Reflection;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Database;

/// <summary>Applies the numbered files of Database/Migrations in order, each in a transaction, each once.</summary>
sealed class Migrator(HubDatabase database, TimeProvider time)
{
    const string Folder = "ModelZoo.Hub.Database.Migrations.";

    /// <summary>Brings the schema up to date; several nodes may try at once. Refuses a database that is newer than this program.</summary>
    /// <param name="upTo">Stop after this one: a backup is restored into the schema it was taken from, then brought up to date.</param>
    public async Task ApplyAsync(CancellationToken stop, long upTo = long.MaxValue)
    {
        await database.WriteAsync(transaction => transaction.ExecuteAsync("""
            create table if not exists schema_migration (
                number bigint primary key,
                name text not null,
                applied_at bigint not null
            )
            """, null, stop), stop);

        var files = Files();
        var newest = await database.FindAsync<long?>("select max(number) from schema_migration", null, stop) ?? 0;
        if (newest > files[^1].Number)
            throw new InvalidOperationException($"The database is at schema {newest}, this program knows up to {files[^1].Number}. Run the newer program.");
        foreach (var file in files.Where(f => f.Number > newest && f.Number <= upTo)) await ApplyAsync(file, stop);
    }

    async Task ApplyAsync(MigrationFile file, CancellationToken stop)
    {
        try
        {
            await database.WriteAsync(async transaction =>
            {
                // The row first: a second node that migrates at the same moment waits here, then finds it taken.
                await transaction.ExecuteAsync("""
                    insert into schema_migration (number, name, applied_at)
                    values (@Number, @Name, @now)
                    """, new { file.Number, file.Name, now = time.NowMs() }, stop);
                foreach (var statement in file.Statements()) await transaction.ExecuteAsync(statement, null, stop);
            }, stop);
        }
        catch (Exception error) when (database.IsUniqueViolation(error))
        {
            // Another node applied it.
        }
    }

    public static long Newest => Files()[^1].Number;

    /// <summary>The tables that the migrations up to a number make, each after those that it refers to, because no migration can refer to a later one.</summary>
    public static IReadOnlyList<string> Tables(long upTo)
    {
        var tables = new List<string>();
        foreach (var file in Files().Where(f => f.Number <= upTo))
            foreach (var words in file.Statements().Select(WordsOf))
                if (words is ["create", "table", var made, ..]) tables.Add(made);
                else if (words is ["drop", "table", var dropped, ..]) tables.Remove(dropped);
                else if (words is ["alter", "table", var old, "rename", "to", var renamed, ..]) tables[tables.IndexOf(old)] = renamed;
        return tables;
    }

    /// <summary>The first words of a statement, comments before it left out.</summary>
    static string[] WordsOf(string statement) =>
    [
        .. statement.Split('\n').SkipWhile(line => line.StartsWith("--", StringComparison.Ordinal) || line.Trim().Length == 0)
            .FirstOrDefault("").Split([' ', '('], StringSplitOptions.RemoveEmptyEntries),
    ];

    static List<MigrationFile> Files() =>
    [
        .. Assembly.GetExecutingAssembly().GetManifestResourceNames()
            .Where(name => name.StartsWith(Folder, StringComparison.Ordinal) && name.EndsWith(".sql", StringComparison.Ordinal))
            .Select(name => new MigrationFile(name[Folder.Length..^4], name))
            .OrderBy(file => file.Number),
    ];

    sealed record MigrationFile(string Name, string Resource)
    {
        public long Number => long.Parse(Name[..Name.IndexOf('_')]);

        /// <summary>The file's statements; each ends with ';' at the end of a line.</summary>
        public IEnumerable<string> Statements()
        {
            using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream(Resource)!);
            return [.. reader.ReadToEnd().Split(";\n").Select(s => s.Trim()).Where(s => s.Length > 0)];
        }
    }
}
