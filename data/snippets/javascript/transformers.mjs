// Loads the model with transformers.js and runs it once. It sends no token to other hosts than the public hub: the repository must be public.
//   npm install @huggingface/transformers
import { env, pipeline } from "@huggingface/transformers";

const MODEL = {{model}};
const COMMIT = {{commit}};
env.remoteHost = process.env.MODELZOO_ENDPOINT ?? {{endpoint}};
env.allowLocalModels = false;
if (process.env.MODELZOO_CACHE) env.cacheDir = process.env.MODELZOO_CACHE;

const run = await pipeline({{task}}, MODEL, { revision: COMMIT, dtype: {{dtype}} });
{{#chat}}
console.log(JSON.stringify(await run([{ role: "user", content: "Who are you?" }], { max_new_tokens: 64 })));
{{/chat}}
{{#generate}}
console.log(JSON.stringify(await run(process.argv[2] ?? "Once upon a time", { max_new_tokens: 32, do_sample: false })));
{{/generate}}
{{#text}}
console.log(JSON.stringify(await run(process.argv[2] ?? "The answer came at once.")));
{{/text}}
{{#masked}}
console.log(JSON.stringify(await run(`The answer came at ${run.tokenizer.mask_token}.`)));
{{/masked}}
{{#other}}
// The path or address of what it takes: a picture, a sound, a text.
console.log(JSON.stringify(await run(process.argv[2])));
{{/other}}
