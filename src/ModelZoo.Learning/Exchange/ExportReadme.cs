using ModelZoo.Learning.Populations;

namespace ModelZoo.Learning.Exchange;

/// <summary>What lies beside an export: how to read it.</summary>
static class ExportReadme
{
    public static string Of(PopulationRecord record, ExportForm form)
    {
        var files = form == ExportForm.Features ? "**/features.safetensors" : $"**/{form.ToString().ToLowerInvariant()}-{{split}}-*.safetensors";
        var name = form switch { ExportForm.Tokens => "tokens", ExportForm.Flat => "theta", _ => "features" };
        return $$"""
            # {{record.Population}}, revision {{record.Revision}}: {{form.ToString().ToLowerInvariant()}}

            One row of `index.csv` is one state of one member. `sample` in each file says which row a sample belongs to. Splits are of members, so
            no trajectory leaks. `manifest.json` tells of settings, constants, tensors and the SHA-256 of every file.

            ```python
            import csv, glob, numpy as np
            from safetensors.numpy import load_file

            index = list(csv.DictReader(open("index.csv")))

            def load(split):
                parts = [load_file(f) for f in sorted(glob.glob(f"{{files}}", recursive=True))]
                x = np.concatenate([p["{{name}}"] for p in parts])
                rows = [index[i] for i in np.concatenate([p["sample"] for p in parts])]
                chosen = [i for i, row in enumerate(rows) if row["split"] == split]
                return x[chosen], [rows[i] for i in chosen]

            x, rows = load("train")
            y = np.array([float(r["test_accuracy"] or "nan") for r in rows])
            keep = np.isfinite(y)          # filter by any column: epoch, factors, scores
            ```
            {{(form == ExportForm.Tokens ? "\n`mask` is 1 where a token holds a real weight; `pos` is [token, layer, row]. Rows of a layer carry their bias as the last column;\nvectors without a weight (class token, positions) are layers of their own.\n" : "")}}
            """;
    }
}
