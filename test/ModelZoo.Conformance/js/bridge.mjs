// Computes for the Python stand-ins: one JSON line in, one out. {"graph"} or {"tokenizer"} first, then calls.
import fs from "node:fs";
import { createInterface } from "node:readline";
import { Tokenizer } from "@huggingface/tokenizers";
import ort from "onnxruntime-node";

const arrays = { float32: Float32Array, float64: Float64Array, int64: BigInt64Array, int32: Int32Array, uint8: Uint8Array, bool: Uint8Array };
let session, tokenizer;
for await (const line of createInterface({ input: process.stdin })) {
  const call = JSON.parse(line);
  let answer;
  if (call.graph) {
    session = await ort.InferenceSession.create(call.graph);
    answer = { inputs: session.inputMetadata, outputs: session.outputMetadata };
  } else if (call.tokenizer) {
    tokenizer = new Tokenizer(JSON.parse(fs.readFileSync(call.tokenizer, "utf8")), {});
    answer = {};
  } else if (call.encode) answer = call.encode.map((text) => tokenizer.encode(text).ids);
  else if (call.decode) answer = tokenizer.decode(call.decode);
  else {
    const feeds = Object.fromEntries(Object.entries(call.feeds).map(([name, { type, dims, data }]) => [name, new ort.Tensor(type, arrays[type].from(data, type === "int64" ? BigInt : Number), dims)]));
    const outputs = await session.run(feeds, call.names);
    answer = Object.fromEntries(Object.entries(outputs).map(([name, { type, dims, data }]) => [name, { type, dims, data: Array.from(data, Number) }]));
  }
  console.log(JSON.stringify(answer));
}
