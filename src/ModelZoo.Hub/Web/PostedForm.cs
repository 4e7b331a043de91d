using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Web;

/// <summary>The fields of a form that one of our pages made. Taking one as a parameter is the antiforgery check.</summary>
sealed class PostedForm
{
    /// <summary>Longest field: a text file in the editor, twice over.</summary>
    const int MaxValueLength = 4 * 1024 * 1024;

    static readonly FormOptions s_limits = new() { ValueCountLimit = 300, KeyLengthLimit = 200, ValueLengthLimit = MaxValueLength, BufferBodyLengthLimit = 3 * MaxValueLength };

    readonly IFormCollection _fields;

    PostedForm(IFormCollection fields) => _fields = fields;

    /// <summary>The field's text without white space around it; empty when it was not sent.</summary>
    public string Text(string name) => _fields[name].ToString().Trim();

    /// <summary>The field's text exactly as typed, with line feeds only: browsers send both.</summary>
    public string Raw(string name) => _fields[name].ToString().ReplaceLineEndings("\n");

    /// <summary>A file that was sent with the form; null when there is none.</summary>
    public IFormFile? File(string name) => _fields.Files.GetFile(name);

    public bool IsOn(string name) => _fields.ContainsKey(name);

    /// <summary>What was typed, to show the form again; passwords and the form token are left out.</summary>
    public FormState State(string? problem = null, params (string Field, string Message)[] errors) => new()
    {
        Values = _fields.Where(field => field.Key != FormGuard.Field && !s_secret.Contains(field.Key)).ToDictionary(field => field.Key, field => field.Value.ToString()),
        Errors = errors.ToDictionary(error => error.Field, error => error.Message),
        Problem = problem,
    };

    static readonly string[] s_secret = ["password", "current", "repeat"];

    public static async ValueTask<PostedForm?> BindAsync(HttpContext http)
    {
        if (!http.Request.HasFormContentType) throw Refusal.Invalid("This address takes the fields of a form.");
        IFormCollection fields;
        try
        {
            fields = await http.Request.ReadFormAsync(s_limits, http.RequestAborted);
        }
        catch (InvalidDataException error)
        {
            throw Refusal.Invalid($"The form cannot be read: {error.Message}");
        }
        FormGuard.Check(http, fields[FormGuard.Field]);
        return new(fields);
    }
}
