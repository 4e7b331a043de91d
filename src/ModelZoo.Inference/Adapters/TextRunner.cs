using ModelZoo.Inference.Runtime;
using ModelZoo.Inference.Tokenizers;

namespace ModelZoo.Inference.Adapters;

/// <summary>Feeds batches of texts to an encoder: <c>input_ids</c>, and whichever of <c>attention_mask</c>, <c>token_type_ids</c>, <c>position_ids</c> it takes.</summary>
public sealed class TextRunner
{
    readonly TruncationRule? _truncation;

    /// <param name="maxLength">Longest text in tokens, special ones among them; null: as the tokenizer's file says.</param>
    public TextRunner(OnnxSession session, Tokenizer tokenizer, int? maxLength)
    {
        (Session, Tokenizer, _truncation) = (session, tokenizer, maxLength is { } most ? new(most) : null);
        if (session.FindInput("input_ids") is null) throw new InferenceException(InferenceFault.Model, $"The model takes no texts: its inputs are {string.Join(", ", session.Inputs)}.");
        foreach (var port in session.Inputs)
            if (port.Name is not ("input_ids" or "attention_mask" or "token_type_ids" or "position_ids"))
                throw new InferenceException(InferenceFault.Model, $"The model wants '{port.Name}', which is not made from texts.");
    }

    public OnnxSession Session { get; }

    public Tokenizer Tokenizer { get; }

    public TokenSequence[] Encode(IReadOnlyList<(string First, string? Second)> texts) => Tokenizer.EncodeBatch(texts, truncation: _truncation);

    public RunOutputs Run(TokenSequence[] batch, string output, CancellationToken stop)
    {
        var (rows, length) = (batch.Length, batch[0].Length);
        var inputs = new (string, Tensor)[Session.Inputs.Count];
        try
        {
            for (var i = 0; i < inputs.Length; i++)
            {
                var port = Session.Inputs[i];
                var numbers = new long[rows * length];
                for (var row = 0; row < rows; row++)
                    for (var t = 0; t < length; t++) numbers[(row * length) + t] = NumberOf(port.Name, batch[row], t);
                inputs[i] = (port.Name, NumberTensor.Of(numbers, port.Type, [rows, length]));
            }
            return Session.Run(inputs, [output], stop);
        }
        finally
        {
            foreach (var (_, tensor) in inputs) tensor?.Dispose();
        }
    }

    static long NumberOf(string port, TokenSequence sequence, int t) => port switch
    {
        "input_ids" => sequence.Ids[t],
        "attention_mask" => sequence.AttentionMask[t],
        "token_type_ids" => sequence.TypeIds[t],
        _ => t,
    };

    public string RequireOutput(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
            if (Session.FindOutput(name) is not null) return name;
        throw new InferenceException(InferenceFault.Model, $"The model gives none of {string.Join(", ", names.ToArray())}: its outputs are {string.Join(", ", Session.Outputs)}.");
    }
}
