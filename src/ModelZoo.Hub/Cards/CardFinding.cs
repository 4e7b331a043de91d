namespace ModelZoo.Hub.Cards;

enum CardSeverity { Warning, Error }

/// <summary>One thing wrong or doubtful in a card.</summary>
/// <param name="Code">Stable id, for instance <c>license_unknown</c>.</param>
/// <param name="Place">The key (<c>model-index[0].results[1].task.type</c>), the line (<c>line 3</c>) or the section it is about.</param>
sealed record CardFinding(string Code, CardSeverity Severity, string Place, string Message)
{
    public bool IsError => Severity == CardSeverity.Error;

    public static CardFinding Error(string code, string place, string message) => new(code, CardSeverity.Error, place, message);

    public static CardFinding Warning(string code, string place, string message) => new(code, CardSeverity.Warning, place, message);
}
