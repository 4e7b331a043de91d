// OpenAI's own client from npm, unmodified, against models that the hub runs: only its base address and its key are the hub's.
import assert from "node:assert/strict";
import fs from "node:fs/promises";
import path from "node:path";
import { uploadFiles } from "@huggingface/hub";
import OpenAI, { BadRequestError, NotFoundError, PermissionDeniedError } from "openai";
import { accessToken, check, finish, hub, hubUrl, newRepo } from "./checks.mjs";

// A model of six words that counts: after "one" comes "two", after "four" the end.
async function serve(folder, admit = true) {
  const repo = await newRepo("served");
  const files = (await fs.readdir(folder)).map(async (name) => ({ path: name, content: new Blob([await fs.readFile(path.join(folder, name))]) }));
  await uploadFiles({ ...hub, repo, files: await Promise.all(files) });
  if (admit) {
    const answer = await fetch(`${hubUrl}/api/zoo/serving/models`, { method: "POST", headers: { authorization: `Bearer ${accessToken}`, "content-type": "application/json" }, body: JSON.stringify({ model: repo.name }) });
    assert.equal(answer.status, 200, await answer.text());
  }
  return repo.name;
}
const client = new OpenAI({ baseURL: `${hubUrl}/v1`, apiKey: accessToken, maxRetries: 0 });
const model = await serve(process.env.LANGUAGE_FOLDER);
const embedder = await serve(process.env.EMBEDDING_FOLDER);

await check("models are listed and retrieved", async () => {
  const names = [];
  for await (const one of client.models.list()) names.push(one.id);
  assert.ok(names.includes(model));
  assert.equal((await client.models.retrieve(model)).id, model);
  await assert.rejects(client.models.retrieve("ada/no-such-model"), NotFoundError);
});

await check("completions", async () => {
  const answer = await client.completions.create({ model, prompt: "one", temperature: 0, logprobs: 2 });
  assert.equal(answer.choices[0].text, " two three four");
  assert.equal(answer.choices[0].finish_reason, "stop");
  assert.equal(answer.choices[0].logprobs.tokens.length, answer.choices[0].logprobs.token_logprobs.length);
  assert.equal(answer.usage.total_tokens, answer.usage.prompt_tokens + answer.usage.completion_tokens);
  const many = await client.completions.create({ model, prompt: ["one", "three"], temperature: 0 });
  assert.deepEqual(many.choices.map((choice) => choice.text), [" two three four", " four"]);
});

await check("completions are streamed", async () => {
  let text = "";
  const stream = await client.completions.create({ model, prompt: "one", temperature: 0, stream: true });
  for await (const piece of stream) text += piece.choices[0]?.text ?? "";
  assert.equal(text, " two three four");
});

await check("echo and logprobs are what lm-evaluation-harness reads", async () => {
  const answer = await client.completions.create({ model, prompt: [[1, 2, 4]], max_tokens: 1, temperature: 0, logprobs: 1, echo: true, seed: 1234 });
  const { token_logprobs: values, top_logprobs: best } = answer.choices[0].logprobs;
  assert.equal(values.length, 4);
  assert.equal(values[0], null);
  assert.equal(values[1], Math.max(...Object.values(best[1])));
  assert.ok(values[2] < Math.max(...Object.values(best[2])));
});

await check("chats, whole and streamed", async () => {
  const messages = [{ role: "user", content: "count" }];
  const answer = await client.chat.completions.create({ model, messages, temperature: 0, logprobs: true, top_logprobs: 1 });
  assert.deepEqual([answer.choices[0].message.role, answer.choices[0].message.content], ["assistant", " two three four"]);
  assert.equal(answer.choices[0].logprobs.content.length, 4);
  const runner = client.chat.completions.stream({ model, messages, temperature: 0 });
  assert.equal(await runner.finalContent(), " two three four");
});

await check("embeddings, which this client asks for as base64", async () => {
  const answer = await client.embeddings.create({ model: embedder, input: ["one", "two three"] });
  assert.equal(answer.data.length, 2);
  assert.deepEqual(Array.from(answer.data[0].embedding), [0, 0, 1, 0, 0, 0]);
  const numbers = await client.embeddings.create({ model: embedder, input: "two three", encoding_format: "float" });
  assert.ok(Math.abs(numbers.data[0].embedding[3] - Math.SQRT1_2) < 1e-6);
});

await check("refusals are the client's own errors", async () => {
  await assert.rejects(client.completions.create({ model: "ada/no-such-model", prompt: "x" }), NotFoundError);
  await assert.rejects(client.completions.create({ model, prompt: "one ".repeat(50) }), BadRequestError);
  await assert.rejects(client.embeddings.create({ model, input: "x" }), BadRequestError);
  await assert.rejects(client.completions.create({ model: await serve(process.env.LANGUAGE_FOLDER, false), prompt: "x" }), PermissionDeniedError);
});

await finish();
