namespace ModelZoo.Hub.Cards;

/// <summary>What the repository of a card holds; the keys that count differ.</summary>
enum CardKind { Model, Dataset, Space }
