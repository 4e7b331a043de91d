// Asks the hub, which runs the model itself. Nothing to install; HF_TOKEN is used where the repository asks for one.
import fs from "node:fs";

const MODEL = {{model}};
const COMMIT = {{commit}};
const ENDPOINT = process.env.MODELZOO_ENDPOINT ?? {{endpoint}};

const headers = { "content-type": {{contentType}} };
if (process.env.HF_TOKEN) headers.authorization = `Bearer ${process.env.HF_TOKEN}`;
{{#noFiles}}
const body = fs.readFileSync(process.argv[2]); // a picture or a sound
{{/noFiles}}
{{^noFiles}}
const inputs = JSON.parse(process.argv[2] ?? {{example}}); // a text in quotation marks, a row of numbers, or a list of them
const body = JSON.stringify({ inputs, revision: COMMIT });
{{/noFiles}}
const answer = await fetch(`${ENDPOINT}/api/models/${MODEL}/infer?revision=${COMMIT}`, { method: "POST", headers, body });
if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
console.log(JSON.stringify((await answer.json()).outputs));
