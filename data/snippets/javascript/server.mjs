// Serves the model over HTTP: POST /infer {"inputs": [...]} answers {"outputs": [...]}; GET /health. For one machine, behind a proxy that knows who may ask.
//   npm install {{packages}}
//   node server.mjs --port 8000
import http from "node:http";
import { parseArgs } from "node:util";
{{>predict}}

const MAX_BODY = 16 << 20;
const MAX_INPUTS = 64;
const { values: options } = parseArgs({ options: { host: { type: "string", default: "127.0.0.1" }, port: { type: "string", default: "8000" }, "fetch-only": { type: "boolean" } } });
if (options["fetch-only"]) process.exit(0); // the files are here now

let turn = Promise.resolve(); // one call computes at a time: it uses all cores
const server = http.createServer({ requestTimeout: 60_000 }, async (request, response) => {
  const say = (status, body) => response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  if (request.method === "GET" && request.url === "/health") return say(200, { model: MODEL, commit: COMMIT });
  if (request.method !== "POST" || request.url !== "/infer") return say(404, { error: "ask POST /infer" });
  let items;
  try {
    const blocks = [];
    let length = 0;
    for await (const block of request) {
      if ((length += block.length) > MAX_BODY) {
        response.setHeader("connection", "close");
        return say(413, { error: `at most ${MAX_BODY} bytes` });
      }
      blocks.push(block);
    }
    const inputs = JSON.parse(Buffer.concat(blocks))?.inputs;
    if (!Array.isArray(inputs) || inputs.length === 0 || inputs.length > MAX_INPUTS) throw new TypeError(`"inputs" must be a list of 1 to ${MAX_INPUTS}`);
{{#noFiles}}
    // No caller reads this machine's files.
    if (inputs.some((one) => typeof one?.image !== "string")) throw new TypeError('send pictures as {"image": base64}');
{{/noFiles}}
    items = await Promise.all(inputs.map(read));
  } catch (error) {
    return say(400, { error: error.message });
  }
  const answer = turn.then(() => predict(items));
  turn = answer.catch(() => {});
  answer.then((outputs) => say(200, { commit: COMMIT, outputs }), (error) => say(500, { error: error.message }));
});
server.listen(Number(options.port), options.host, () => console.log(`http://${options.host}:${server.address().port}/infer`));
