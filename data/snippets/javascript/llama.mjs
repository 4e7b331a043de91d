// Runs the GGUF file with llama.cpp inside Node.
//   npm install node-llama-cpp
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { getLlama, {{#chat}}LlamaChatSession{{/chat}}{{^chat}}LlamaCompletion{{/chat}} } from "node-llama-cpp";

{{>fetch}}

const llama = await getLlama({ build: "never", ...(process.env.LLAMA_GPU === "none" ? { gpu: false } : {}) });
const model = await llama.loadModel({ modelPath: path.join(folder, ...{{gguf}}.split("/")) });
const context = await model.createContext({
  threads: Number(process.env.LLAMA_THREADS) || undefined, // all cores, unless told
{{#context}}
  contextSize: { max: {{context}} }, // what it was trained for
{{/context}}
});
{{#chat}}
const session = new LlamaChatSession({ contextSequence: context.getSequence() });
console.log(await session.prompt(process.argv[2] ?? "Who are you?", { maxTokens: 64, temperature: 0 }));
{{/chat}}
{{^chat}}
const completion = new LlamaCompletion({ contextSequence: context.getSequence() });
console.log(await completion.generateCompletion(process.argv[2] ?? "Once upon a time", { maxTokens: 32, temperature: 0 }));
{{/chat}}
await llama.dispose();
