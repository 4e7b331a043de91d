// What @huggingface/hub makes of our refusals: the status, the words and the request id.
import assert from "node:assert/strict";
import { checkRepoAccess, commit, createRepo, deleteRepo, downloadFile, fileExists, listFiles, modelInfo, pathsInfo, repoExists, uploadFile, whoAmI } from "@huggingface/hub";
import { all, anonymous, check, finish, hub, hubUrl, newRepo, refused, text, unique } from "./checks.mjs";

const wrong = { hubUrl, accessToken: "hf_ThisTokenWasNeverGivenToAnybody000000" };
const repo = await newRepo("js-errors");
const hidden = await newRepo("js-hidden", { visibility: "private" });
await uploadFile({ ...hub, repo, file: { path: "a.txt", content: text("a") } });
await uploadFile({ ...hub, repo: hidden, file: { path: "a.txt", content: text("secret") } });
const missing = { type: "model", name: `ada/${unique("never-made")}` };

await check("an invalid token is refused even where anybody may read", async () => {
  await refused(whoAmI(wrong), 401, /Invalid credentials in Authorization header/);
  await refused(modelInfo({ ...wrong, name: repo.name }), 401, /Invalid credentials in Authorization header/);
  await refused(downloadFile({ ...wrong, repo, path: "a.txt" }), 401, /Invalid credentials in Authorization header/);
});

await check("a missing repository: 401 for nobody, 404 for somebody", async () => {
  await refused(modelInfo({ ...hub, name: missing.name }), 404, /Repository not found/);
  await refused(modelInfo({ ...anonymous, name: missing.name }), 401, /Invalid username or password/);
  await refused(checkRepoAccess({ ...hub, repo: missing }), 404);
  await refused(all(listFiles({ ...hub, repo: missing })), 404);
  await refused(downloadFile({ ...hub, repo: missing, path: "a.txt" }), 404);
  await refused(pathsInfo({ ...hub, repo: missing, paths: ["a.txt"] }), 404);
  assert.equal(await repoExists({ ...hub, repo: missing }), false);
  assert.equal(await repoExists({ ...hub, repo: "gpt2" }), false);
});

await check("a private repository refuses exactly like a missing one", async () => {
  const first = await refused(modelInfo({ ...anonymous, name: hidden.name }), 401);
  const second = await refused(modelInfo({ ...anonymous, name: missing.name }), 401);
  assert.deepEqual(first.data, second.data);
  await refused(downloadFile({ ...anonymous, repo: hidden, path: "a.txt" }), 401);
  await refused(all(listFiles({ ...anonymous, repo: hidden })), 401);
  await refused(pathsInfo({ ...anonymous, repo: hidden, paths: ["a.txt"] }), 401);
});

await check("a missing file is null, a missing revision an error", async () => {
  assert.equal(await downloadFile({ ...hub, repo, path: "b.txt" }), null);
  assert.equal(await fileExists({ ...hub, repo, path: "b.txt" }), false);
  await refused(downloadFile({ ...hub, repo, path: "a.txt", revision: "nowhere" }), 404, /Invalid rev id/);
  await refused(all(listFiles({ ...hub, repo, revision: "nowhere" })), 404, /Invalid rev id/);
  await refused(modelInfo({ ...hub, name: repo.name, revision: "nowhere" }), 404, /Invalid rev id/);
  await refused(all(listFiles({ ...hub, repo, path: "no-folder" })), 404);
  await refused(commit({ ...hub, repo, branch: "nowhere", title: "x", operations: [{ operation: "addOrUpdate", path: "x", content: text("x") }] }), 404, /Invalid rev id/);
});

await check("writing without a token is refused with 401", async () => {
  await refused(uploadFile({ ...anonymous, repo, file: { path: "b.txt", content: text("b") } }), 401);
  await refused(createRepo({ ...anonymous, repo: missing }), 401);
  await refused(deleteRepo({ ...anonymous, repo }), 401);
});

await check("bad names and bad paths are refused with words", async () => {
  for (const name of ["ada/-start", "ada/end.", "ada/two--dashes", "ada/two..dots", "ada/name.git", `ada/${"x".repeat(97)}`, "ada/sp ace", "ada/ünï"])
    await refused(createRepo({ ...hub, repo: { type: "model", name } }), 400);
  for (const path of ["../up", "a/../b", "/rooted", "a//b", "./a", ".git/config", "a/.git/b", "nul\0byte", "..\\x"])
    await refused(uploadFile({ ...hub, repo, file: { path, content: text("x") } }), [400, 422]);
  assert.deepEqual((await all(listFiles({ ...hub, repo }))).map((f) => f.path), [".gitattributes", "a.txt"]);
});

await check("deleting what is not there changes nothing", async () => {
  await refused(commit({ ...hub, repo, title: "x", operations: [{ operation: "addOrUpdate", path: "c.txt", content: text("c") }, { operation: "delete", path: "zzz" }] }), 404, /A file with this name doesn't exist/);
  assert.equal(await fileExists({ ...hub, repo, path: "c.txt" }), false);
});

await check("a card whose front matter cannot be read is refused with 400; one that merely says wrong things is kept", async () => {
  await refused(uploadFile({ ...hub, repo, file: { path: "README.md", content: text("---\nlicense: [unclosed\n---\n# x\n") } }), 400);
  assert.equal(await fileExists({ ...hub, repo, path: "README.md" }), false);
  await uploadFile({ ...hub, repo, file: { path: "README.md", content: text("---\nlicense: not-a-licence\n---\n# x\n") } });
});

await check("a space has no hardware here, and says so without pretending the repository is missing", async () => {
  const response = await fetch(`${hubUrl}/api/spaces/${repo.name}/hardware`, { headers: { authorization: `Bearer ${hub.accessToken}` } });
  assert.equal(response.status, 404);
  assert.match(response.headers.get("content-type"), /^application\/json/);
});

await finish();
