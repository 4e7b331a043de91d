// Runs the ONNX file of a member with onnxruntime-node alone and compares its logits with those the trainer wrote down.
import assert from "node:assert/strict";
import fs from "node:fs/promises";
import path from "node:path";
import { createRequire } from "node:module";
import { check, finish } from "./checks.mjs";

// The runtime that @huggingface/transformers brings along.
const require = createRequire(import.meta.resolve("@huggingface/transformers"));
const { InferenceSession, Tensor } = require("onnxruntime-node");
const folder = process.env.MODEL_FOLDER;
const example = JSON.parse(await fs.readFile(path.join(folder, "expected.json"), "utf8"));

await check("logits are those of the training kernels", async () => {
  const session = await InferenceSession.create(path.join(folder, "onnx", "model.onnx"));
  const { logits } = await session.run({ pixel_values: new Tensor("float32", Float32Array.from(example.pixels), example.shape) });
  assert.equal(logits.data.length, example.logits.length);
  const scale = Math.max(...example.logits.map(Math.abs));
  example.logits.forEach((expected, i) => assert.ok(Math.abs(logits.data[i] - expected) <= 2e-5 * scale, `logit ${i}: ${logits.data[i]} is not ${expected}`));
});

await finish();
