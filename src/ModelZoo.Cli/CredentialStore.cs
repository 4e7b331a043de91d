using System.Text.Json;

namespace ModelZoo.Cli;

/// <summary>
/// Tokens that `zoo login` keeps: $XDG_CONFIG_HOME/modelzoo/credentials.json, readable by its owner only, replaced whole.
/// </summary>
sealed class CredentialStore
{
    static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    readonly string _path;
    readonly Content _content;

    CredentialStore(string path, Content content) => (_path, _content) = (path, content);

    public string? DefaultEndpoint => _content.DefaultEndpoint;

    public string FilePath => _path;

    public static string DefaultFolder
    {
        get
        {
            var home = Environment.GetEnvironmentVariable("XDG_CONFIG_HOME");      // the specification says: absolute, or ignored
            if (!Path.IsPathRooted(home)) home = Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData, Environment.SpecialFolderOption.DoNotVerify);
            return Path.Combine(home, "modelzoo");
        }
    }

    public static CredentialStore Load(string? folder = null)
    {
        var path = Path.Combine(folder ?? DefaultFolder, "credentials.json");
        if (!File.Exists(path)) return new(path, new());
        try
        {
            return new(path, JsonSerializer.Deserialize<Content>(File.ReadAllBytes(path), Format) ?? new());
        }
        catch (JsonException e)
        {
            throw new IOException($"'{path}' cannot be read ({e.Message}); delete it and log in again.", e);
        }
    }

    public string? FindToken(Uri endpoint) => _content.Tokens.GetValueOrDefault(Key(endpoint));

    public void Keep(Uri endpoint, string token)
    {
        _content.Tokens[Key(endpoint)] = token;
        _content.DefaultEndpoint = Key(endpoint);
        Save();
    }

    /// <summary>False when there was nothing to forget.</summary>
    public bool Forget(Uri endpoint)
    {
        if (!_content.Tokens.Remove(Key(endpoint))) return false;
        if (_content.DefaultEndpoint == Key(endpoint)) _content.DefaultEndpoint = null;
        Save();
        return true;
    }

    static string Key(Uri endpoint) => endpoint.GetLeftPart(UriPartial.Path).TrimEnd('/');

    void Save()
    {
        var folder = Path.GetDirectoryName(_path)!;
        var beside = $"{_path}.{Environment.ProcessId}";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;       // from the first byte on
        }
        File.Delete(beside);
        using (var file = new FileStream(beside, options)) JsonSerializer.Serialize(file, _content, Format);
        File.Move(beside, _path, overwrite: true);
    }

    sealed class Content
    {
        public string? DefaultEndpoint { get; set; }

        public Dictionary<string, string> Tokens { get; set; } = [];
    }
}
