namespace ModelZoo.Evaluation.Data;

/// <summary>
/// One row of a split. Values are <see cref="string"/>, <see cref="long"/>, <see cref="double"/>, <see cref="bool"/>, null, lists (<c>IReadOnlyList&lt;object?&gt;</c>),
/// objects (<c>IReadOnlyDictionary&lt;string, object?&gt;</c>), bytes of a file such as a picture (<c>ReadOnlyMemory&lt;byte&gt;</c>), or <see cref="NumberArray"/>.
/// </summary>
/// <param name="Index">Place in the split, from 0, before any limit: what lm-evaluation-harness calls <c>doc_id</c>.</param>
/// <param name="Id">What prediction files call the row: its <c>id</c> column where it has one, else the index.</param>
public sealed record Document(int Index, string Id, IReadOnlyDictionary<string, object?> Fields);

/// <summary>Numbers in row-major order: a row of a table, the pixels of an IDX picture.</summary>
public sealed record NumberArray(ReadOnlyMemory<float> Values, IReadOnlyList<int> Shape);
