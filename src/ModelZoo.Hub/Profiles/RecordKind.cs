using System.Buffers;
using System.Text;
using System.Text.Json;
using ModelZoo.Git;
using ModelZoo.Hub.Kernel;
using ModelZoo.Profiling;

namespace ModelZoo.Hub.Profiles;

/// <summary>What a repository can add to the registry.</summary>
enum RecordKind { Device, Workload }

/// <summary>The words and files of each kind.</summary>
static class RecordKinds
{
    public static string Word(this RecordKind kind) => kind == RecordKind.Device ? "device" : "workload";

    /// <summary>Where such records stand in a repository; the first that is there counts.</summary>
    public static RepoPath[] Files(this RecordKind kind) => kind == RecordKind.Device
        ? [RepoPath.Parse("modelzoo/devices.csv"), RepoPath.Parse("modelzoo/devices.json")]
        : [RepoPath.Parse("modelzoo/workloads.csv"), RepoPath.Parse("modelzoo/workloads.json")];
}

/// <summary>One row as its file has it.</summary>
sealed record OwnRecord(string Id, string Name, IReadOnlyDictionary<string, string> Fields)
{
    static readonly SearchValues<char> s_idCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");

    /// <summary>Longest row, as JSON.</summary>
    const int MaxBytes = 32 * 1024;

    public string FieldsJson => JsonSerializer.Serialize(Fields);

    public Device ToDevice(string id) => Device.From(Fields) with { Id = id };

    public ReferenceWorkload ToWorkload(string id) => ReferenceWorkload.From(Fields, Configuration(Fields)) with { Id = id };

    /// <exception cref="ProfileException">What the row cannot be; the message says which field.</exception>
    public static OwnRecord From(RecordKind kind, IReadOnlyDictionary<string, string> row)
    {
        string id, name;
        if (kind == RecordKind.Device)
        {
            var device = Device.From(row);
            (id, name) = (device.Id, device.Name);
        }
        else
        {
            var workload = ReferenceWorkload.From(row, Configuration(row));
            (id, name) = (workload.Id, workload.Name);
            _ = Profiler.OfReference(workload);
        }
        if (id.AsSpan().ContainsAnyExcept(s_idCharacters)) throw new ProfileException($"The id '{id}' may have letters, digits, dots, hyphens and underscores only.");
        if (name.Length > 200) throw new ProfileException($"The name of '{id}' has more than 200 characters.");
        var record = new OwnRecord(id, JsonText.Storable(name), row);
        return record.FieldsJson.Length <= MaxBytes ? record : throw new ProfileException($"The record '{id}' has more than {MaxBytes} bytes.");
    }

    /// <summary>The keys of a config.json, in the field `configuration`.</summary>
    static JsonElement? Configuration(IReadOnlyDictionary<string, string> row)
    {
        if (row.GetValueOrDefault("configuration") is not { Length: > 0 } text) return null;
        try
        {
            if (!JsonText.IsUnicode(Encoding.UTF8.GetBytes(text), ProfileLimits.MaxDepth)) throw new ProfileException("'configuration' holds text that is not Unicode.");
            using var document = JsonDocument.Parse(text, new() { MaxDepth = ProfileLimits.MaxDepth });
            return document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.Clone() : throw new ProfileException("'configuration' must be a JSON object, as in config.json.");
        }
        catch (JsonException)
        {
            throw new ProfileException("'configuration' is no JSON.");
        }
    }
}
