namespace ModelZoo.Hub.Accounts;

/// <summary>A person or organisation that owns repositories. Its handle is its name in addresses.</summary>
sealed record Account
{
    public long Id { get; init; }
    public string Handle { get; init; } = "";
    public string Kind { get; init; } = "user";
    public string FullName { get; init; } = "";
    public string? Email { get; init; }
    public long? AdministratorSince { get; init; }
    public long CreatedAt { get; init; }
    public long? DisabledAt { get; init; }

    public bool IsAdministrator => AdministratorSince is not null;

    /// <summary>What goes into commits when the person gave no address: it cannot receive mail and names the account.</summary>
    public string CommitEmail => Email ?? $"{Handle}@users.noreply.modelzoo";
}
