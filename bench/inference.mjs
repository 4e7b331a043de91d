// The peer of `./dev bench inference`: onnxruntime-node and @huggingface/tokenizers, driven line by line from standard input.
//   call MODEL INPUT SHAPE SECONDS       processor microseconds of one call
//   tokenize TOKENIZER TEXT SECONDS      processor seconds for a megabyte of text, and how many tokens it has
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import * as ort from "onnxruntime-node";
import { Tokenizer } from "@huggingface/tokenizers";

const cpu = () => { const { user, system } = process.cpuUsage(); return user + system; };
const sessions = new Map(), tokenizers = new Map();

async function call(path, input, shape, seconds) {
  if (!sessions.has(path)) sessions.set(path, await ort.InferenceSession.create(path, { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 3 }));
  const session = sessions.get(path), dims = shape.split("x").map(Number);
  const data = Float32Array.from({ length: dims.reduce((a, b) => a * b) }, (_, i) => Math.sin(0.01 * i));
  const started = performance.now(), before = cpu();
  let count = 0;
  for (; performance.now() - started < seconds * 1000; count++) await session.run({ [input]: new ort.Tensor("float32", data, dims) });
  return [(cpu() - before) / count];
}

function tokenize(path, text, seconds) {
  if (!tokenizers.has(path)) tokenizers.set(path, new Tokenizer(JSON.parse(readFileSync(path)), {}));
  const tokenizer = tokenizers.get(path), lines = readFileSync(text, "utf8").split("\n\n");
  const bytes = lines.reduce((sum, line) => sum + Buffer.byteLength(line), 0);
  const started = performance.now(), before = cpu();
  let rounds = 0, tokens = 0;
  for (; rounds === 0 || performance.now() - started < seconds * 1000; rounds++) {
    tokens = 0;
    for (const line of lines) tokens += tokenizer.encode(line, { add_special_tokens: false }).ids.length;
  }
  return [(cpu() - before) / rounds / bytes, tokens];
}

for await (const line of createInterface({ input: process.stdin })) {
  const [kind, ...rest] = line.split("\t");
  const answer = kind === "call" ? await call(rest[0], rest[1], rest[2], +rest[3]) : tokenize(rest[0], rest[1], +rest[2]);
  console.log(answer.join("\t"));
}
