namespace ModelZoo.Hub.Web.Pages.Login;

public sealed record LogoutPageModel(PageFrame Frame);
