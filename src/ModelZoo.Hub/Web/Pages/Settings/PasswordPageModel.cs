namespace ModelZoo.Hub.Web.Pages.Settings;

/// <param name="MustChange">An administrator set the present password; choose another before going on.</param>
public sealed record PasswordPageModel(PageFrame Frame, int MinimumLength, bool MustChange, FormState Form);
