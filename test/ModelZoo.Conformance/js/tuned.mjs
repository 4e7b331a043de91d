// Loads a fine-tuned classifier from its folder with @huggingface/transformers: tokens, logits and labels are those that were written down.
import assert from "node:assert/strict";
import fs from "node:fs/promises";
import path from "node:path";
import { AutoModelForSequenceClassification, AutoTokenizer, env, pipeline } from "@huggingface/transformers";
import { check, finish } from "./checks.mjs";

const folder = process.env.MODEL_FOLDER;
env.allowRemoteModels = false;
env.localModelPath = path.dirname(folder) + "/";
const expected = JSON.parse(await fs.readFile(path.join(folder, "expected.json"), "utf8"));
const name = path.basename(folder);

await check("logits are those of the trained model", async () => {
  const tokenizer = await AutoTokenizer.from_pretrained(name);
  const model = await AutoModelForSequenceClassification.from_pretrained(name, { dtype: "fp32" });
  for (const [i, text] of expected.texts.entries()) {
    const { logits } = await model(await tokenizer(text));
    expected.logits[i].forEach((value, c) => assert.ok(Math.abs(logits.data[c] - value) < 1e-4, `${text}: logit ${c} is ${logits.data[c]}, not ${value}`));
  }
});

await check("the pipeline names the labels that it was trained on", async () => {
  const classify = await pipeline("text-classification", name, { dtype: "fp32" });
  for (const [i, text] of expected.texts.entries()) {
    const [low, high] = expected.logits[i];
    assert.equal((await classify(text))[0].label, expected.labels[high > low ? 1 : 0], text);
  }
});

await finish();
