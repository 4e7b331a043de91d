namespace ModelZoo.Learning.FineTuning;

/// <summary>Places in a network where numbers are dropped; each has random numbers of its own.</summary>
static class Sites
{
    public const int Embeddings = 0;
    public const int HeadInput = 1;
    public const int HeadHidden = 2;

    const int Blocks = 16;
    const int Probabilities = 1 << 16;
    const int Adapters = 1 << 24;

    public static int Attended(int block) => Blocks + 2 * block;

    public static int Outer(int block) => Blocks + 2 * block + 1;

    public static int Probability(int block, int heads, int head) => Probabilities + block * heads + head;

    public static int Adapter(int addition) => Adapters + addition;
}
