namespace ModelZoo.Hub.Web.Pages.Login;

public enum DeviceStep { AskCode, Confirm, Approved, Refused }

/// <summary>A program on some machine asks to sign in as the viewer, who types or confirms the code it shows.</summary>
/// <param name="Code">What the program shows, such as WDJB-MJHT.</param>
/// <param name="Client">What the program calls itself. Its own claim: nothing proves it.</param>
public sealed record DevicePageModel(PageFrame Frame, DeviceStep Step, string? Code, string? Client, FormState Form);
