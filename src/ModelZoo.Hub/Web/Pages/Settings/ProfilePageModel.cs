namespace ModelZoo.Hub.Web.Pages.Settings;

/// <summary>What others see of an account.</summary>
public sealed record ProfilePageModel(PageFrame Frame, string Handle, string? FullName, string? Email, FormState Form);
