// Pull requests through @huggingface/hub: opened by a commit, written to, read at refs/pr/1.
import assert from "node:assert/strict";
import crypto from "node:crypto";
import { commit, countCommits, downloadFile, fileDownloadInfo, listCommits, listFiles, modelInfo, uploadFile, uploadFiles } from "@huggingface/hub";
import { accessToken, all, bytesOf, check, finish, hub, hubUrl, newRepo, refused, sha256, text } from "./checks.mjs";

const api = async (method, path, body) => {
  const response = await fetch(`${hubUrl}${path}`, {
    method, headers: { Authorization: `Bearer ${accessToken}`, "Content-Type": "application/json" }, body: body && JSON.stringify(body),
  });
  assert.ok(response.ok, `${method} ${path}: ${response.status} ${await response.clone().text()}`);
  return response.json();
};

await check("commit with isPullRequest opens one and says where", async () => {
  const repo = await newRepo("js-pr");
  await uploadFile({ ...hub, repo, file: { path: "a.txt", content: text("one") } });
  const large = crypto.randomBytes(50_000);
  const done = await commit({
    ...hub, repo, title: "Two things", description: "because", isPullRequest: true, useXet: false,
    operations: [
      { operation: "addOrUpdate", path: "a.txt", content: text("two") },
      { operation: "addOrUpdate", path: "w.bin", content: new Blob([large]) },
    ],
  });
  assert.equal(done.pullRequestUrl, `${hubUrl}/${repo.name}/discussions/1`);
  const details = await api("GET", `/api/models/${repo.name}/discussions/1?diff=1`);
  assert.deepEqual([details.status, details.title, details.isPullRequest], ["open", "Two things", true]);
  assert.equal(await (await downloadFile({ ...hub, repo, path: "a.txt" })).text(), "one");
  assert.equal(await (await downloadFile({ ...hub, repo, path: "a.txt", revision: "refs/pr/1" })).text(), "two");
  assert.equal(sha256(await bytesOf(await downloadFile({ ...hub, repo, path: "w.bin", revision: "refs/pr/1" }))), sha256(large));
  // This client puts a revision into the addresses of trees and histories as it is, and into others encoded.
  const files = (await all(listFiles({ ...hub, repo, revision: "refs/pr/1", recursive: true }))).map((f) => f.path);
  assert.deepEqual(files.sort(), [".gitattributes", "a.txt", "w.bin"]);
  const [last] = await all(listCommits({ ...hub, repo, revision: "refs/pr/1" }));
  assert.deepEqual([last.oid, last.title], [done.commit.oid, "Two things"]);
  assert.equal(await countCommits({ ...hub, repo, revision: "refs/pr/1" }), 3);
  assert.equal((await modelInfo({ ...hub, name: repo.name, revision: "refs/pr/1", additionalFields: ["sha"] })).sha, done.commit.oid);
  assert.equal((await fileDownloadInfo({ ...hub, repo, path: "w.bin", revision: "refs/pr/1" })).size, 50_000);
  await api("POST", `/api/models/${repo.name}/discussions/1/merge`, {});
  assert.equal(await (await downloadFile({ ...hub, repo, path: "a.txt" })).text(), "two");
});

await check("a commit to refs/pr/1 goes there, as long as it is open", async () => {
  const repo = await newRepo("js-pr-draft");
  const { num } = await api("POST", `/api/models/${repo.name}/discussions`, { title: "In steps", description: "", pullRequest: true });
  assert.equal(num, 1);
  await uploadFiles({ ...hub, repo, branch: "refs/pr/1", files: [{ path: "a.txt", content: text("a") }, { path: "b.bin", content: text("b") }] });
  const files = (await all(listFiles({ ...hub, repo, revision: "refs/pr/1" }))).map((f) => f.path);
  assert.deepEqual(files.sort(), [".gitattributes", "a.txt", "b.bin"]);
  await api("POST", `/api/models/${repo.name}/discussions/1/status`, { status: "closed" });
  await refused(uploadFile({ ...hub, repo, branch: "refs/pr/1", file: { path: "late.txt", content: text("x") } }), 409, /closed/);
});

await finish();
