// Pushes a demo model to the hub, then loads and runs it with @huggingface/transformers, which knows nothing but the hub's address.
import assert from "node:assert/strict";
import fs from "node:fs/promises";
import path from "node:path";
import { modelInfo, uploadFiles } from "@huggingface/hub";
import { AutoModelForCausalLM, AutoModelForSequenceClassification, AutoTokenizer, env, pipeline } from "@huggingface/transformers";
import { check, finish, hub, hubUrl, newRepo, requests } from "./checks.mjs";

const folder = process.env.MODEL_FOLDER;
const task = process.env.TASK;
const golden = JSON.parse(await fs.readFile(path.join(folder, "golden.json"), "utf8"));
const repo = await newRepo("tjs");
await uploadFiles({ ...hub, repo, files: await Promise.all((await tree(folder)).map(async (file) => ({ path: file, content: new Blob([await fs.readFile(path.join(folder, file))]) }))) });

env.remoteHost = hubUrl + "/";
env.allowLocalModels = false;
env.fetch = globalThis.fetch;       // it keeps its own reference; ours writes down every request
env.cacheDir = path.join(process.env.SCRATCH ?? "/tmp", "tjs-cache") + "/";
const options = { dtype: "fp32" };

async function tree(root, below = "") {
  const found = [];
  for (const entry of await fs.readdir(path.join(root, below), { withFileTypes: true })) {
    const name = below ? `${below}/${entry.name}` : entry.name;
    if (entry.isDirectory()) found.push(...(await tree(root, name)));
    else found.push(name);
  }
  return found;
}
const ids = (tensor) => Array.from(tensor.data, Number);

await check("the hub knows what the model is for", async () => {
  assert.equal((await modelInfo({ ...hub, name: repo.name })).task, task);
});

if (task === "text-classification") {
  await check("tokens and logits are the golden ones", async () => {
    const tokenizer = await AutoTokenizer.from_pretrained(repo.name);
    const model = await AutoModelForSequenceClassification.from_pretrained(repo.name, options);
    for (const example of golden.golden) {
      const inputs = await tokenizer(example.text);
      assert.deepEqual(ids(inputs.input_ids), example.input_ids, example.text);
      const { logits } = await model(inputs);
      example.logits_first5.forEach((expected, i) => assert.ok(Math.abs(logits.data[i] - expected) < golden.tolerance.abs, `logit ${i} of ${example.text}`));
    }
  });
  await check("the pipeline names the golden labels", async () => {
    const classify = await pipeline(task, repo.name, options);
    for (const example of golden.golden) assert.equal((await classify(example.text))[0].label, example.predicted, example.text);
  });
} else {
  await check("greedy generation gives the golden tokens", async () => {
    const tokenizer = await AutoTokenizer.from_pretrained(repo.name);
    const model = await AutoModelForCausalLM.from_pretrained(repo.name, options);
    for (const example of golden.greedy) {
      const inputs = tokenizer(example.prompt);
      assert.deepEqual(ids(inputs.input_ids), example.prompt_ids, example.prompt);
      const output = await model.generate({ ...inputs, max_new_tokens: example.new_ids.length, do_sample: false });
      assert.deepEqual(ids(output).slice(example.prompt_ids.length), example.new_ids, example.prompt);
    }
  });
  await check("the pipeline writes text", async () => {
    const generate = await pipeline(task, repo.name, options);
    const [answer] = await generate("ROMEO:", { max_new_tokens: 8, do_sample: false });
    assert.ok(answer.generated_text.startsWith("ROMEO:") && answer.generated_text.length > 10, answer.generated_text);
  });
}

await check("everything came from the hub, and absent optional files were plain 404s", () => {
  const asked = requests.filter((r) => r.url.includes("/resolve/"));
  assert.ok(asked.some((r) => r.url.endsWith("onnx/model.onnx") && r.status < 300), "the weights were not fetched from the hub");
  assert.deepEqual(requests.filter((r) => !r.url.startsWith(hubUrl)), []);
  assert.deepEqual(asked.filter((r) => ![200, 206, 404].includes(r.status)), []);
});

await finish();
