// Loads a member of a population from its folder with @huggingface/transformers and compares its logits with those the trainer wrote down.
import assert from "node:assert/strict";
import fs from "node:fs/promises";
import path from "node:path";
import { AutoModelForImageClassification, env, Tensor } from "@huggingface/transformers";
import { check, finish } from "./checks.mjs";

const folder = process.env.MODEL_FOLDER;
env.allowRemoteModels = false;
env.localModelPath = path.dirname(folder) + "/";
const example = JSON.parse(await fs.readFile(path.join(folder, "expected.json"), "utf8"));

await check("logits are those of the training kernels", async () => {
  const model = await AutoModelForImageClassification.from_pretrained(path.basename(folder), { dtype: "fp32" });
  const { logits } = await model({ pixel_values: new Tensor("float32", Float32Array.from(example.pixels), example.shape) });
  assert.equal(logits.data.length, example.logits.length);
  const scale = Math.max(...example.logits.map(Math.abs));
  example.logits.forEach((expected, i) => assert.ok(Math.abs(logits.data[i] - expected) <= 2e-5 * scale, `logit ${i}: ${logits.data[i]} is not ${expected}`));
});

await finish();
