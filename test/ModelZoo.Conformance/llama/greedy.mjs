// Loads a GGUF file with llama.cpp and compares tokens and greedy continuations with a model's golden.json.
import assert from "node:assert/strict";
import fs from "node:fs";
import { getLlama } from "node-llama-cpp";

const [gguf, golden] = process.argv.slice(2);
const examples = JSON.parse(fs.readFileSync(golden, "utf8")).greedy;
const llama = await getLlama({ build: "never", gpu: false, logLevel: "error" });
const model = await llama.loadModel({ modelPath: gguf });
const context = await model.createContext({ contextSize: 128, threads: 1 });
for (const example of examples) {
  assert.deepEqual(model.tokenize(example.prompt), example.prompt_ids, example.prompt);
  const sequence = context.getSequence();
  const written = [];
  for await (const token of sequence.evaluate(example.prompt_ids, { temperature: 0 })) if (written.push(token) === example.new_ids.length) break;
  assert.deepEqual(written, example.new_ids, example.prompt);
  sequence.dispose();
}
await llama.dispose();
console.log(JSON.stringify({ examples: examples.length }));
