namespace ModelZoo.Evaluation.Data;

/// <summary>What published data sets call their columns, the most usual first.</summary>
public static class UsualColumns
{
    public static readonly IReadOnlyList<string> Texts = ["text", "sentence", "sentence1", "question", "question1", "premise", "content", "utterance", "review", "comment", "title"];

    public static readonly IReadOnlyList<string> Pairs = ["sentence2", "question2", "hypothesis", "text_pair", "context"];

    public static readonly IReadOnlyList<string> Images = ["image", "img", "picture", "pixels", "pixel_values"];

    public static readonly IReadOnlyList<string> Labels = ["label", "labels", "category", "intent", "class", "target", "score", "fine_label", "coarse_label", "sentiment"];
}
