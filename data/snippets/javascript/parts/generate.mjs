{{>imports}}
import { Tokenizer } from "@huggingface/tokenizers";

{{>fetch}}

const INPUTS = {{inputs}}; // as the graph names them, with their types
const CONTEXT = {{maxTokens}};
const NEW_TOKENS = Math.min(40, CONTEXT >> 1);
const END = {{endIds}}; // tokens that end a text

const json = (name) => JSON.parse(fs.readFileSync(path.join(folder, name), "utf8"));
const tokenizer = new Tokenizer(json("tokenizer.json"), {{#tokenizerConfig}}json("tokenizer_config.json"){{/tokenizerConfig}}{{^tokenizerConfig}}{}{{/tokenizerConfig}});
const session = await ort.InferenceSession.create(path.join(folder, ...{{graph}}.split("/")));
// The empty past: one sequence, no token yet.
const empty = Object.fromEntries(session.inputMetadata.filter((port) => port.name.startsWith("past_key_values."))
  .map((port) => [port.name, new ort.Tensor("float32", new Float32Array(0), port.shape.map((size, axis) => (typeof size === "number" ? size : Number(axis === 0))))]));
const EXAMPLES = ["ROMEO:", "Once upon a time"];

/** The prompt of one record: a string, or an object with "text". */
function read(record) {
  const text = typeof record === "string" ? record : record?.text;
  if (typeof text !== "string" || text === "") throw new TypeError('a record is a string, or has a "text"; it may not be empty');
  return text;
}

async function predict(prompts) {
  const answers = [];
  for (const prompt of prompts) answers.push({ text: await generate(prompt) });
  return answers;
}

/** The likeliest token each time. Keys and values of what was read are kept, so each new token costs one. */
async function generate(prompt) {
  const ids = tokenizer.encode(prompt).ids.slice(-(CONTEXT - NEW_TOKENS));
  const written = [];
  let [step, past, seen] = [ids, empty, 0];
  while (written.length < NEW_TOKENS) {
    const total = seen + step.length;
    const parts = { input_ids: step, attention_mask: Array(total).fill(1), position_ids: step.map((_, i) => seen + i) };
    const whole = { int64: BigInt64Array, int32: Int32Array };
    const feeds = { ...past };
    for (const [name, type] of Object.entries(INPUTS))
      if (parts[name]) feeds[name] = new ort.Tensor(type, whole[type].from(parts[name], type === "int64" ? BigInt : Number), [1, parts[name].length]);
    const outputs = await session.run(feeds);
    const { data, dims } = outputs.logits;
    const last = data.subarray(data.length - dims.at(-1));
    const token = last.reduce((best, x, i) => (x > last[best] ? i : best), 0);
    if (END.includes(token)) break;
    written.push(token);
    if (Object.keys(past).length > 0) {
      [step, seen] = [[token], total];
      past = Object.fromEntries(Object.keys(past).map((name) => [name, outputs[name.replace("past_key_values", "present")]]));
    } else step = [...ids, ...written];
  }
  return tokenizer.decode(written);
}
