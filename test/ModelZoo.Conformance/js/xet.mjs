// Xet: content cut into chunks, sent once, fetched in ranges, through @huggingface/hub as it comes.
import assert from "node:assert/strict";
import crypto from "node:crypto";
import { deleteFile, downloadFile, fileDownloadInfo, listFiles, uploadFile, uploadFiles } from "@huggingface/hub";
import { all, anonymous, bytesOf, check, finish, hub, hubUrl, accessToken, newRepo, requests, sha256 } from "./checks.mjs";

const MB = 1_000_000;
const auth = { Authorization: `Bearer ${accessToken}` };
const asked = (method, part) => requests.filter((r) => r.method === method && r.url.includes(part));

// What a client sends, by the bodies of its xorbs.
let sent = 0;
const inner = globalThis.fetch;
globalThis.fetch = async (input, init) => {
  if (init?.method === "POST" && String(input?.url ?? input).includes("/v1/xorbs/")) sent += init.body.byteLength ?? init.body.size ?? 0;
  return inner(input, init);
};

/** Random, but the same in every run. */
function content(bytes, seed) {
  return crypto.createCipheriv("aes-128-ctr", Buffer.alloc(16, seed), Buffer.alloc(16)).update(Buffer.alloc(bytes));
}

const plain = async (repo, path, headers = {}) => {
  const response = await fetch(`${hubUrl}/${repo.name}/resolve/main/${path}`, { headers: { ...auth, ...headers } });
  assert.ok(response.ok, `${response.status}`);
  return Buffer.from(await response.arrayBuffer());
};

const untilChunked = async (repo, path) => {
  for (let i = 0; i < 200; i++) {
    const info = await fileDownloadInfo({ ...hub, repo, path });
    if (info.xet) return info;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.fail("the hub did not cut the file into chunks");
};

const first = content(6 * MB, 1);
const repo = await newRepo("xet");

await check("an upload goes as xorbs and a shard, and comes back whole and in ranges", async () => {
  requests.length = 0;
  await uploadFile({ ...hub, repo, file: { path: "w.bin", content: new Blob([first]) } });
  assert.ok(asked("POST", "/v1/xorbs/default/").length > 0, "no xorb was sent");
  assert.ok(asked("POST", "/v1/shards").length > 0, "no shard was sent");
  assert.deepEqual(requests.filter((r) => r.method === "PUT"), [], "nothing goes through LFS");

  const info = await fileDownloadInfo({ ...hub, repo, path: "w.bin" });
  assert.ok(info.xet, "the file is offered by Xet");
  assert.equal(info.size, first.length);
  requests.length = 0;
  const blob = await downloadFile({ ...hub, repo, path: "w.bin" });
  assert.equal(sha256(await bytesOf(blob)), sha256(first));
  assert.ok(asked("GET", "/v2/reconstructions/").length > 0, "it was fetched as chunks");
  for (const [start, end] of [[0, 1], [65_535, 65_537], [1_234_567, 4_567_890], [first.length - 1, first.length]]) {
    assert.equal(sha256(await bytesOf(blob.slice(start, end))), sha256(first.subarray(start, end)), `${start}-${end}`);
  }
});

await check("the same file by plain HTTP, with ranges, and by LFS", async () => {
  assert.equal(sha256(await plain(repo, "w.bin")), sha256(first));
  assert.equal(sha256(await plain(repo, "w.bin", { Range: "bytes=1000000-1999999" })), sha256(first.subarray(1_000_000, 2_000_000)));
  const batch = await (await fetch(`${hubUrl}/${repo.name}.git/info/lfs/objects/batch`, {
    method: "POST", headers: { ...auth, "Content-Type": "application/vnd.git-lfs+json" },
    body: JSON.stringify({ operation: "download", transfers: ["basic"], objects: [{ oid: sha256(first), size: first.length }] }),
  })).json();
  const whole = await fetch(batch.objects[0].actions.download.href);
  assert.equal(sha256(new Uint8Array(await whole.arrayBuffer())), sha256(first));
});

await check("a change of one percent sends about one percent", async () => {
  const second = Buffer.from(first);
  content(60_000, 2).copy(second, 3 * MB);
  sent = 0;
  await uploadFile({ ...hub, repo, file: { path: "w.bin", content: new Blob([second]) } });
  assert.ok(sent > 0 && sent < 400_000, `${sent} bytes were sent for 60,000 that changed (whole chunks of up to 128 KiB)`);
  assert.equal(sha256(await bytesOf(await downloadFile({ ...hub, repo, path: "w.bin" }))), sha256(second));
  assert.equal(sha256(await plain(repo, "w.bin")), sha256(second));
});

await check("what is known here is not sent to another repository either, and compresses", async () => {
  const other = await newRepo("xet-other");
  const text = Buffer.from(JSON.stringify(Array.from({ length: 100_000 }, (_, i) => ({ id: i, label: `row ${i}` }))));
  sent = 0;
  await uploadFiles({ ...hub, repo: other, files: [{ path: "a.bin", content: new Blob([first]) }, { path: "b.bin", content: new Blob([text]) }] });
  assert.ok(sent < text.length / 2, `${sent} bytes were sent`);
  assert.equal(sha256(await plain(other, "a.bin")), sha256(first));
  assert.equal(sha256(await bytesOf(await downloadFile({ ...hub, repo: other, path: "b.bin" }))), sha256(text));
});

await check("what came by LFS is cut into chunks, fetched by Xet and not sent again", async () => {
  const old = await newRepo("xet-lfs");
  const large = content(5 * MB, 3);
  await uploadFile({ ...hub, repo: old, useXet: false, file: { path: "w.bin", content: new Blob([large]) } });
  await untilChunked(old, "w.bin");
  const [entry] = (await all(listFiles({ ...hub, repo: old }))).filter((f) => f.path === "w.bin");
  assert.match(entry.xetHash, /^[0-9a-f]{64}$/);
  assert.equal(sha256(await bytesOf(await downloadFile({ ...hub, repo: old, path: "w.bin" }))), sha256(large));

  const changed = Buffer.from(large);
  content(50_000, 4).copy(changed, 2 * MB);
  sent = 0;
  await uploadFile({ ...hub, repo: old, file: { path: "w.bin", content: new Blob([changed]) } });
  assert.ok(sent > 0 && sent < 400_000, `${sent} bytes were sent`);
  assert.equal(sha256(await bytesOf(await downloadFile({ ...hub, repo: old, path: "w.bin" }))), sha256(changed));
});

await check("an edit of a part sends only what changed", async () => {
  const edited = await newRepo("xet-edit");
  await uploadFile({ ...hub, repo: edited, file: { path: "w.bin", content: new Blob([content(4 * MB, 5)]) } });
  const before = await downloadFile({ ...hub, repo: edited, path: "w.bin" });
  const { commit } = await import("@huggingface/hub");
  await commit({ ...hub, repo: edited, title: "edit", operations: [{ operation: "edit", path: "w.bin", originalContent: before, edits: [{ content: new Blob(["new"]), start: MB, end: MB + 5 }] }] });
  const after = await plain(edited, "w.bin");
  assert.equal(after.length, 4 * MB - 2);
  assert.equal(after.subarray(MB, MB + 3).toString(), "new");
});

await check("small files, an empty one and the same content twice", async () => {
  const small = await newRepo("xet-small");
  await uploadFiles({
    ...hub, repo: small, files: [
      { path: "four.bin", content: new Blob([Buffer.from([1, 2, 3, 4])]) }, { path: "same.bin", content: new Blob([Buffer.from([1, 2, 3, 4])]) },
      { path: "empty.bin", content: new Blob([]) }, { path: "zeros.bin", content: new Blob([Buffer.alloc(1_000_000)]) },
    ],
  });
  for (const [name, bytes] of [["four.bin", 4], ["same.bin", 4], ["empty.bin", 0], ["zeros.bin", 1_000_000]]) {
    assert.equal((await bytesOf(await downloadFile({ ...hub, repo: small, path: name }))).length, bytes, name);
  }
});

await check("whoever may read a repository may fetch its chunks: nobody a private one's", async () => {
  const open = await downloadFile({ ...anonymous, repo, path: "w.bin" });
  assert.equal((await bytesOf(open)).length, first.length);
  const hidden = await newRepo("xet-hidden", { private: true });
  await uploadFile({ ...hub, repo: hidden, file: { path: "w.bin", content: new Blob([content(MB, 6)]) } });
  const token = await fetch(`${hubUrl}/api/models/${hidden.name}/xet-read-token/main`);
  assert.equal(token.status, 401);
});

await check("a file that is deleted and comes back is a file again", async () => {
  const again = await newRepo("xet-again");
  const bytes = content(2 * MB, 7);
  await uploadFile({ ...hub, repo: again, file: { path: "w.bin", content: new Blob([bytes]) } });
  await deleteFile({ ...hub, repo: again, path: "w.bin" });
  sent = 0;
  await uploadFile({ ...hub, repo: again, file: { path: "v.bin", content: new Blob([bytes]) } });
  assert.equal(sent, 0);
  assert.equal(sha256(await bytesOf(await downloadFile({ ...hub, repo: again, path: "v.bin" }))), sha256(bytes));
});

await finish();
