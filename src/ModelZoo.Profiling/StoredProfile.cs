using System.Text.Json;
using System.Text.Json.Serialization;

namespace ModelZoo.Profiling;

/// <summary>
/// Profiles as JSON that loses nothing: what was kept gives the same estimates as what was read. Its form is that of <see cref="Profile"/>
/// in one version of the library; <see cref="ProfileJson"/> is the form for people and programs.
/// </summary>
public static class StoredProfile
{
    static readonly JsonSerializerOptions s_options = new()
    {
        IgnoreReadOnlyProperties = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { new JsonStringEnumConverter() }, MaxDepth = ProfileLimits.MaxDepth,
    };

    /// <exception cref="ProfileException">The profile is longer than any that is kept: a forged configuration.</exception>
    public static string Write(Profile profile)
    {
        var json = JsonSerializer.Serialize(profile, s_options);
        return json.Length <= ProfileLimits.MaxStoredBytes ? json : throw new ProfileException($"The profile has {json.Length} bytes; at most {ProfileLimits.MaxStoredBytes} are kept.");
    }

    /// <summary>Null when it was written by another version or is no profile at all: then it has to be made anew.</summary>
    public static Profile? TryRead(string json, long version)
    {
        if (version != Profile.Version) return null;
        try
        {
            return JsonSerializer.Deserialize<Profile>(json, s_options);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
