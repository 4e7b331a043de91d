// Checks for scripts that are also run by hand: HUB_URL=http://127.0.0.1:5000 TOKEN=hf_… node files.mjs
// One JSON line per check on standard output; a failed check does not end the script.
import assert from "node:assert/strict";
import crypto from "node:crypto";
import { createRepo, HubApiError } from "@huggingface/hub";

export const hubUrl = process.env.HUB_URL;
export const accessToken = process.env.TOKEN;
export const hub = { hubUrl, accessToken };
export const anonymous = { hubUrl };

// Every request of the client, so that a check can say what was asked for, and none may end in a server error.
export const requests = [];
const plainFetch = globalThis.fetch;
globalThis.fetch = async (input, init) => {
  const method = init?.method ?? "GET";
  const response = await plainFetch(input, init);
  requests.push({ method, url: String(input?.url ?? input), status: response.status });
  return response;
};

const say = (line) => console.log(JSON.stringify(line));
let failed = 0;

export async function check(name, body) {
  try {
    await body();
    say({ check: name, ok: true });
  } catch (error) {
    failed++;
    const last = requests.slice(-3).map((r) => `${r.method} ${r.url} -> ${r.status}`).join("\n");
    const cause = error.cause ? `\ncause: ${error.cause}` : "";
    say({ check: name, ok: false, error: `${error.stack ?? error}${cause}\nlast requests:\n${last}` });
  }
}

export function skipped(name, why) {
  say({ check: name, skipped: why });
}

export async function finish() {
  await check("no request was answered with a server error", () => {
    assert.deepEqual(requests.filter((r) => r.status >= 500), []);
  });
  process.exitCode = failed > 0 ? 1 : 0;
}

/** A name nobody else uses. */
export const unique = (stem) => `${stem}-${crypto.randomBytes(4).toString("hex")}`;

export async function newRepo(stem, options = {}) {
  const { type = "model", ...rest } = options;
  const repo = { type, name: `ada/${unique(stem)}` };
  await createRepo({ ...hub, repo, ...rest });
  return repo;
}

/** The client's own error, with this status and these words. */
export async function refused(promise, status, words) {
  const error = await promise.then(
    () => assert.fail(`expected a refusal with ${status}, but the call succeeded`),
    (e) => e,
  );
  if (!(error instanceof HubApiError)) throw error;
  assert.ok([status].flat().includes(error.statusCode), `${error.statusCode} instead of ${status}: ${error.message}`);
  assert.ok(error.requestId, "X-Request-Id is missing on the error");
  if (words) assert.match(error.message, words);
  return error;
}

export const text = (value) => new Blob([value]);
export const bytesOf = async (blob) => new Uint8Array(await blob.arrayBuffer());
export const sha256 = (bytes) => crypto.createHash("sha256").update(bytes).digest("hex");
/** The id that git gives to a file with this content. */
export const gitId = (bytes) => {
  const content = Buffer.from(bytes);
  return crypto.createHash("sha1").update(`blob ${content.length}\0`).update(content).digest("hex");
};
export async function all(iterator) {
  const items = [];
  for await (const item of iterator) items.push(item);
  return items;
}
