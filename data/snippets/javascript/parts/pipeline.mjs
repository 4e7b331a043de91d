import fs from "node:fs";
import path from "node:path";
import { env, pipeline } from "@huggingface/transformers";

const MODEL = {{model}};
const COMMIT = {{commit}};
env.remoteHost = process.env.MODELZOO_ENDPOINT ?? {{endpoint}}; // transformers.js sends no token to it: the repository must be public
env.allowLocalModels = false;
if (process.env.MODELZOO_CACHE) env.cacheDir = process.env.MODELZOO_CACHE;

const run = await pipeline({{task}}, MODEL, { revision: COMMIT, dtype: {{dtype}} });
const EXAMPLES = {{examples}};

/** One input: a string (a text, or the path of a picture), or an object with "text" or "file". */
function read(record) {
  const value = typeof record === "string" ? record : (record?.text ?? record?.file);
  if (typeof value !== "string") throw new TypeError('a record is a string, or has a "text" or a "file"');
  return value;
}

async function predict(items) {
  const answers = [];
  for (const item of items) {
    const output = await run(item);
    answers.push({ output: output?.tolist ? output.tolist() : output });
  }
  return answers;
}
