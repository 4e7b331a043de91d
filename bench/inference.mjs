// The peer of `./dev bench inference`: onnxruntime-node and @huggingface/tokenizers, driven line by line from standard input.
//   call MODEL INPUT SHAPE SECONDS       processor microseconds of one call
//   mnist MODEL FOLDER                   processor microseconds for the whole test set, and how many are right
//   tokenize TOKENIZER TEXT SECONDS      processor seconds for a megabyte of text, and how many tokens it has
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { gunzipSync } from "node:zlib";
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

async function mnist(path, folder) {
  if (!sessions.has(path)) sessions.set(path, await ort.InferenceSession.create(path, { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 3 }));
  const session = sessions.get(path), input = session.inputNames[0], output = session.outputNames[0], before = cpu();
  const images = gunzipSync(readFileSync(`${folder}/t10k-images-idx3-ubyte.gz`)).subarray(16), labels = gunzipSync(readFileSync(`${folder}/t10k-labels-idx1-ubyte.gz`)).subarray(8);
  let right = 0;
  for (let i = 0; i < labels.length; i++) {
    // The graph takes one picture at a time, whoever asks.
    const data = Float32Array.from(images.subarray(i * 784, (i + 1) * 784));
    const scores = (await session.run({ [input]: new ort.Tensor("float32", data, [1, 1, 28, 28]) }))[output].data;
    let best = 0;
    for (let k = 1; k < 10; k++) if (scores[k] > scores[best]) best = k;
    if (best === labels[i]) right++;
  }
  return [cpu() - before, right];
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
  const answer = kind === "call" ? await call(rest[0], rest[1], rest[2], +rest[3]) : kind === "mnist" ? await mnist(rest[0], rest[1]) : tokenize(rest[0], rest[1], +rest[2]);
  console.log(answer.join("\t"));
}
