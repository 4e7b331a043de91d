// Reading: downloads, ranges, trees, snapshots, through @huggingface/hub.
import assert from "node:assert/strict";
import fs from "node:fs/promises";
import path from "node:path";
import {
  commit, createBranch, downloadFile, downloadFileToCacheDir, fileDownloadInfo, fileExists, listFiles, parseSafetensorsMetadata, pathsInfo,
  snapshotDownload,
} from "@huggingface/hub";
import { all, anonymous, bytesOf, check, finish, gitId, hub, newRepo, refused, requests, sha256, text } from "./checks.mjs";

const repo = await newRepo("js-read");
const big = new Uint8Array(3_000_000).map((_, i) => (i * 31 + (i >> 8)) & 255);
const files = {
  "README.md": "---\nlicense: mit\n---\n# Reading\n",
  "empty.txt": "",
  "sub/one.txt": "one",
  "sub/deep/two.txt": "two",
  "ünï cödé/模型.txt": "unicode",
};
const written = await commit({
  ...hub, repo, title: "content",
  operations: [
    ...Object.entries(files).map(([name, content]) => ({ operation: "addOrUpdate", path: name, content: text(content) })),
    { operation: "addOrUpdate", path: "w.bin", content: new Blob([big]) },
  ],
});
const head = written.commit.oid;

await check("downloadFile gives back every byte, also without a token", async () => {
  for (const [name, content] of Object.entries(files)) {
    assert.equal(await (await downloadFile({ ...hub, repo, path: name })).text(), content, name);
    assert.equal(await (await downloadFile({ ...anonymous, repo, path: name })).text(), content, name);
  }
  assert.equal(sha256(await bytesOf(await downloadFile({ ...hub, repo, path: "w.bin" }))), sha256(big));
});

await check("slices of a download are ranges", async () => {
  const blob = await downloadFile({ ...hub, repo, path: "w.bin", xet: false });
  assert.equal(blob.size, big.length);
  for (const [from, to] of [[0, 1], [5, 1000], [big.length - 7, big.length], [big.length - 7, big.length + 50], [1_000_000, 2_500_000]]) {
    requests.length = 0;
    assert.deepEqual(Buffer.from(await bytesOf(blob.slice(from, to))), Buffer.from(big.slice(from, to)), `${from}-${to}`);
    assert.equal(requests[0].status, 206);
  }
  const first = await downloadFile({ ...hub, repo, path: "sub/one.txt" });
  assert.equal(await first.slice(1, 2).text(), "n");
});

await check("fileDownloadInfo knows size and ETag from one ranged GET", async () => {
  const small = await fileDownloadInfo({ ...hub, repo, path: "sub/one.txt" });
  assert.equal(small.size, 3);
  assert.equal(small.etag, `"${gitId(Buffer.from("one"))}"`);
  const large = await fileDownloadInfo({ ...hub, repo, path: "w.bin" });
  assert.equal(large.size, big.length);
  assert.equal(large.etag, `"${sha256(big)}"`);
  const empty = await fileDownloadInfo({ ...hub, repo, path: "empty.txt" });
  assert.equal(empty.size, 0);
  assert.equal(empty.etag, `"${gitId(Buffer.from(""))}"`);
  assert.equal(await fileDownloadInfo({ ...hub, repo, path: "absent.txt" }), null);
});

await check("raw gives the pointer of a large file", async () => {
  const pointer = await (await downloadFile({ ...hub, repo, path: "w.bin", raw: true })).text();
  assert.equal(pointer, `version https://git-lfs.github.com/spec/v1\noid sha256:${sha256(big)}\nsize ${big.length}\n`);
  const info = await fileDownloadInfo({ ...hub, repo, path: "w.bin", raw: true });
  assert.equal(info.size, pointer.length);
  assert.equal(info.etag, `"${gitId(Buffer.from(pointer))}"`);
});

await check("noContentDisposition leaves the header out", async () => {
  const plain = await fetch(`${hub.hubUrl}/${repo.name}/resolve/main/w.bin?noContentDisposition=1`, { method: "HEAD" });
  assert.equal(plain.headers.get("content-disposition"), null);
  assert.equal((await fileDownloadInfo({ ...hub, repo, path: "w.bin", noContentDisposition: true })).size, big.length);
});

await check("fileExists", async () => {
  assert.equal(await fileExists({ ...hub, repo, path: "sub/deep/two.txt" }), true);
  assert.equal(await fileExists({ ...hub, repo, path: "w.bin" }), true);
  assert.equal(await fileExists({ ...hub, repo, path: "sub/deep/three.txt" }), false);
});

await check("listFiles: root, folder, recursive, order and ids", async () => {
  const root = await all(listFiles({ ...hub, repo }));
  assert.deepEqual(root.map((f) => [f.type, f.path]), [
    ["directory", "sub"], ["directory", "ünï cödé"],
    ["file", ".gitattributes"], ["file", "README.md"], ["file", "empty.txt"], ["file", "w.bin"],
  ]);
  const large = root.find((f) => f.path === "w.bin");
  assert.equal(large.size, big.length);
  assert.deepEqual({ oid: large.lfs.oid, size: large.lfs.size }, { oid: sha256(big), size: big.length });
  assert.ok(large.lfs.pointerSize > 100 && large.lfs.pointerSize < 200);
  const readme = root.find((f) => f.path === "README.md");
  assert.equal(readme.oid, gitId(Buffer.from(files["README.md"])));
  assert.equal(readme.lfs, undefined);
  const folder = await all(listFiles({ ...hub, repo, path: "sub" }));
  assert.deepEqual(folder.map((f) => f.path), ["sub/deep", "sub/one.txt"]);
  const everything = await all(listFiles({ ...hub, repo, recursive: true }));
  assert.deepEqual(everything.map((f) => f.path).sort(), [...Object.keys(files), ".gitattributes", "w.bin", "sub", "sub/deep", "ünï cödé"].sort());
});

await check("listFiles with expand dates every entry", async () => {
  for (const entry of await all(listFiles({ ...hub, repo, recursive: true, expand: true }))) {
    assert.match(entry.lastCommit.id, /^[0-9a-f]{40}$/, entry.path);
    assert.equal(entry.lastCommit.title, entry.path === ".gitattributes" ? "initial commit" : "content", entry.path);
    assert.ok(!Number.isNaN(new Date(entry.lastCommit.date).getTime()));
  }
});

await check("a tree of 1,100 files arrives in pages, whole and without repeats", async () => {
  const many = await newRepo("js-many");
  const operations = Array.from({ length: 1100 }, (_, i) => ({
    operation: "addOrUpdate", path: `f/${String(i).padStart(4, "0")}.txt`, content: text(`${i}`),
  }));
  await commit({ ...hub, repo: many, title: "many", operations });
  requests.length = 0;
  const listed = await all(listFiles({ ...hub, repo: many, path: "f" }));
  assert.deepEqual(listed.map((f) => f.path), operations.map((o) => o.path));
  assert.ok(requests.length > 1, "expected more than one page");
});

await check("pathsInfo keeps the order and leaves unknown paths out", async () => {
  const info = await pathsInfo({ ...hub, repo, paths: ["w.bin", "nothing", "sub", "README.md"] });
  assert.deepEqual(info.map((f) => f.path), ["w.bin", "sub", "README.md"]);
  assert.equal(info[0].lfs.oid, sha256(big));
  assert.equal(info[1].type, "directory");
  const expanded = await pathsInfo({ ...anonymous, repo, paths: ["README.md"], expand: true });
  assert.equal(expanded[0].lastCommit.id, head);
  assert.ok(!Number.isNaN(expanded[0].lastCommit.date.getTime()));
});

await check("a revision may be a branch, a full reference, a commit, a short commit or HEAD", async () => {
  await createBranch({ ...hub, repo, branch: "v1" });
  for (const revision of ["main", "v1", "refs/heads/main", head, head.slice(0, 8), "HEAD"]) {
    assert.equal(await (await downloadFile({ ...hub, repo, path: "sub/one.txt", revision })).text(), "one", revision);
    assert.equal((await all(listFiles({ ...hub, repo, revision, path: "sub" }))).length, 2, revision);
  }
  await refused(downloadFile({ ...hub, repo, path: "sub/one.txt", revision: "no-such" }), 404, /Invalid rev id/);
});

await check("snapshotDownload fills the cache and a second run downloads nothing", async () => {
  const cacheDir = await fs.mkdtemp(path.join(process.env.SCRATCH ?? "/tmp", "js-cache-"));
  const debug = console.debug;
  console.debug = () => {};
  try {
    const folder = await snapshotDownload({ ...hub, repo, cacheDir });
    assert.equal(path.basename(folder), head);
    for (const [name, content] of Object.entries(files)) {
      assert.equal(await fs.readFile(path.join(folder, name), "utf8"), content, name);
    }
    assert.equal(sha256(await fs.readFile(path.join(folder, "w.bin"))), sha256(big));
    const blobs = await fs.readdir(path.join(cacheDir, `models--${repo.name.replace("/", "--")}`, "blobs"));
    assert.ok(blobs.includes(sha256(big)) && blobs.includes(gitId(Buffer.from("one"))), `${blobs}`);
    requests.length = 0;
    await snapshotDownload({ ...hub, repo, cacheDir });
    assert.deepEqual(requests.filter((r) => r.url.includes("/resolve/")), []);
    await downloadFileToCacheDir({ ...hub, repo, path: "sub/one.txt", cacheDir });
    assert.deepEqual(requests.filter((r) => r.url.includes("/resolve/")), []);
  } finally {
    console.debug = debug;
  }
});

await check("parseSafetensorsMetadata reads the header with ranges", async () => {
  const header = JSON.stringify({ __metadata__: { format: "pt" }, w: { dtype: "F32", shape: [2, 3], data_offsets: [0, 24] } });
  const file = Buffer.concat([Buffer.from(new BigUint64Array([BigInt(header.length)]).buffer), Buffer.from(header), Buffer.alloc(24)]);
  const model = await newRepo("js-tensors");
  await commit({ ...hub, repo: model, title: "weights", operations: [{ operation: "addOrUpdate", path: "model.safetensors", content: new Blob([file]) }] });
  const parsed = await parseSafetensorsMetadata({ ...hub, repo: model, computeParametersCount: true });
  assert.deepEqual(parsed.header.w.shape, [2, 3]);
  assert.deepEqual(parsed.parameterCount, { F32: 6 });
});

await finish();
