namespace ModelZoo.Xet;

/// <summary>How many inputs are hashed at once, at most. Tests take each; everyone else takes the widest that the processor has.</summary>
enum Blake3Width { One = 1, Eight = 8, Sixteen = 16, Widest = Sixteen }
