{{>imports}}
import { Tokenizer } from "@huggingface/tokenizers";

{{>fetch}}

const INPUTS = {{inputs}}; // as the graph names them, with their types
const MAX_TOKENS = {{maxTokens}};
const PAD = {{padId}};

const json = (name) => JSON.parse(fs.readFileSync(path.join(folder, name), "utf8"));
const tokenizer = new Tokenizer(json("tokenizer.json"), {{#tokenizerConfig}}json("tokenizer_config.json"){{/tokenizerConfig}}{{^tokenizerConfig}}{}{{/tokenizerConfig}});
{{#classify}}
const labels = {{#config}}json("config.json").id2label ?? {{/config}}{};
const label = (i) => labels[i] ?? `LABEL_${i}`;
{{/classify}}
const session = await ort.InferenceSession.create(path.join(folder, ...{{graph}}.split("/")));
const EXAMPLES = ["How do I locate my card?", "The answer came at once."];

/** The text of one record: a string, or an object with "text". */
function read(record) {
  const text = typeof record === "string" ? record : record?.text;
  if (typeof text !== "string") throw new TypeError('a record is a string, or has a "text"');
  return text;
}

async function predict(texts) {
  // Too long: the beginning, and the token that ends every text.
  const ids = texts.map((text) => tokenizer.encode(text).ids).map((all) => (all.length > MAX_TOKENS ? [...all.slice(0, MAX_TOKENS - 1), all.at(-1)] : all));
  const longest = Math.max(...ids.map((all) => all.length));
  const padded = (all, value, pad) => [...all.map(value), ...Array(longest - all.length).fill(pad)];
  const parts = {
    input_ids: ids.flatMap((all) => padded(all, (id) => id, PAD)),
    attention_mask: ids.flatMap((all) => padded(all, () => 1, 0)),
    token_type_ids: ids.flatMap((all) => padded(all, () => 0, 0)),
  };
  const whole = { int64: BigInt64Array, int32: Int32Array };
  const feeds = Object.fromEntries(Object.entries(INPUTS).map(([name, type]) =>
    [name, new ort.Tensor(type, whole[type].from(parts[name], type === "int64" ? BigInt : Number), [texts.length, longest])]));
  const { data, dims } = (await session.run(feeds))[{{output}}];
  const width = dims.at(-1);
{{#classify}}
  return texts.map((_, i) => {
    const row = Array.from(data.subarray(i * width, (i + 1) * width));
{{#multiLabel}}
    const scores = row.map((x) => 1 / (1 + Math.exp(-x)));
    return { labels: scores.flatMap((score, c) => (score >= 0.5 ? [{ label: label(c), score }] : [])) };
{{/multiLabel}}
{{^multiLabel}}
    const top = Math.max(...row);
    const best = row.indexOf(top);
    return { label: label(best), score: 1 / row.reduce((sum, x) => sum + Math.exp(x - top), 0) };
{{/multiLabel}}
  });
{{/classify}}
{{#embed}}
  return texts.map((_, i) => {
{{#pooled}}
    const vector = Array.from(data.subarray(i * width, (i + 1) * width));
{{/pooled}}
{{^pooled}}
    const row = (t) => data.subarray((i * longest + t) * width, (i * longest + t + 1) * width);
{{/pooled}}
{{#poolMean}}
    const vector = Array.from({ length: width }, (_, d) => {
      let sum = 0;
      for (let t = 0; t < ids[i].length; t++) sum += row(t)[d];
      return sum / ids[i].length;
    });
{{/poolMean}}
{{#poolFirst}}
    const vector = Array.from(row(0));
{{/poolFirst}}
{{#unitLength}}
    const length = Math.max(Math.hypot(...vector), 1e-12);
    return { embedding: vector.map((x) => x / length) };
{{/unitLength}}
{{^unitLength}}
    return { embedding: vector };
{{/unitLength}}
  });
{{/embed}}
}
