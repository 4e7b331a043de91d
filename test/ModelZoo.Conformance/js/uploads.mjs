// Writing: inline files, LFS, multipart, deletions and conflicts, through @huggingface/hub.
import assert from "node:assert/strict";
import crypto from "node:crypto";
import fs from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import {
  commit, countCommits, deleteFile, deleteFiles, downloadFile, fileExists, listCommits, listFiles, uploadFile, uploadFiles,
  uploadFilesWithProgress,
} from "@huggingface/hub";
import { all, bytesOf, check, finish, hub, hubUrl, newRepo, refused, requests, sha256, skipped, text } from "./checks.mjs";

const paths = async (repo, revision) =>
  (await all(listFiles({ ...hub, repo, revision, recursive: true }))).filter((f) => f.type === "file" && f.path !== ".gitattributes").map((f) => f.path);

await check("uploadFile answers the commit and its address", async () => {
  const repo = await newRepo("js-upload");
  const done = await uploadFile({ ...hub, repo, file: { path: "a.txt", content: text("a") }, commitTitle: "add a", commitDescription: "because" });
  assert.match(done.commit.oid, /^[0-9a-f]{40}$/);
  assert.equal(done.commit.url, `${hubUrl}/${repo.name}/commit/${done.commit.oid}`);
  const [last] = await all(listCommits({ ...hub, repo }));
  assert.deepEqual([last.oid, last.title, last.message.trim(), last.authors[0].username], [done.commit.oid, "add a", "because", "ada"]);
});

await check("uploadFiles: names that need care arrive under the same name", async () => {
  const repo = await newRepo("js-names");
  // `%`, `?` and `#` cannot be asked for by this client, which puts paths into addresses as they are.
  const names = ["with space.txt", "plus+and&.txt", "brackets[1].txt", "ünïcödé.txt", "深い/フォルダ/ファイル.txt", "emoji-🦜.txt", "quote'd.txt", "a=b,c;d@e!.txt", ".hidden"];
  await uploadFiles({ ...hub, repo, files: names.map((name) => ({ path: name, content: text(name) })) });
  assert.deepEqual((await paths(repo)).sort(), names.slice().sort());
  for (const name of names) {
    assert.equal(await (await downloadFile({ ...hub, repo, path: name })).text(), name);
  }
});

await check("an empty file is kept, inline and where LFS rules match", async () => {
  const repo = await newRepo("js-empty");
  await uploadFiles({ ...hub, repo, files: [{ path: "empty.txt", content: text("") }, { path: "empty.bin", content: text("") }] });
  for (const name of ["empty.txt", "empty.bin"]) {
    const blob = await downloadFile({ ...hub, repo, path: name });
    assert.equal(blob.size, 0, name);
    assert.equal((await bytesOf(blob)).length, 0, name);
  }
});

await check("a 12 MB file and a small .bin go through LFS; text stays inline", async () => {
  const repo = await newRepo("js-lfs");
  const large = crypto.randomBytes(12_000_000);
  requests.length = 0;
  await uploadFiles({
    ...hub, repo, useXet: false, files: [
      { path: "large.dat", content: new Blob([large]) },
      { path: "small.bin", content: new Blob([Buffer.from([1, 2, 3, 4])]) },
      { path: "text.txt", content: text("x".repeat(100_000)) },
    ],
  });
  assert.ok(requests.some((r) => r.method === "PUT"), "expected an LFS upload");
  const tree = Object.fromEntries((await all(listFiles({ ...hub, repo }))).map((f) => [f.path, f]));
  assert.equal(tree["large.dat"].lfs.oid, sha256(large));
  assert.equal(tree["small.bin"].lfs.size, 4);
  assert.equal(tree["text.txt"].lfs, undefined);
  assert.equal(sha256(await bytesOf(await downloadFile({ ...hub, repo, path: "large.dat" }))), sha256(large));

  const again = await newRepo("js-lfs-again");
  await uploadFile({ ...hub, repo: again, useXet: false, file: { path: "copy.dat", content: new Blob([large]) } });
  requests.length = 0;
  await uploadFile({ ...hub, repo: again, useXet: false, file: { path: "other-name.dat", content: new Blob([large]) } });
  assert.deepEqual(requests.filter((r) => r.method === "PUT"), [], "known content of the same repository is not sent again");
});

const multipartBytes = Number(process.env.MULTIPART_BYTES ?? 0);
if (multipartBytes > 0) {
  await check(`a file of ${multipartBytes} bytes goes up in parts`, async () => {
    const repo = await newRepo("js-parts");
    const large = crypto.randomBytes(multipartBytes);
    requests.length = 0;
    await uploadFile({ ...hub, repo, useXet: false, file: { path: "parts.bin", content: new Blob([large]) } });
    assert.ok(requests.filter((r) => r.method === "PUT").length > 1, "expected more than one part");
    assert.equal(sha256(await bytesOf(await downloadFile({ ...hub, repo, path: "parts.bin" }))), sha256(large));
  });
} else {
  skipped("a large file goes up in parts", "set MULTIPART_BYTES above the hub's multipart threshold");
}

await check("a .gitattributes of the same commit decides what is large", async () => {
  const repo = await newRepo("js-attributes");
  await uploadFiles({
    ...hub, repo, files: [
      { path: ".gitattributes", content: text("*.special filter=lfs diff=lfs merge=lfs -text\n") },
      { path: "a.special", content: text("large by rule") },
      { path: "a.bin", content: text("small by rule") },
    ],
  });
  const tree = Object.fromEntries((await all(listFiles({ ...hub, repo }))).map((f) => [f.path, f]));
  assert.ok(tree["a.special"].lfs);
  assert.equal(tree["a.bin"].lfs, undefined);
});

await check("uploadFilesWithProgress and a folder from disk", async () => {
  const repo = await newRepo("js-folder");
  const folder = await fs.mkdtemp(path.join(process.env.SCRATCH ?? "/tmp", "js-folder-"));
  await fs.mkdir(path.join(folder, "sub"));
  await fs.writeFile(path.join(folder, "one.txt"), "one");
  await fs.writeFile(path.join(folder, "sub", "two.bin"), crypto.randomBytes(50_000));
  const phases = new Set();
  for await (const event of uploadFilesWithProgress({ ...hub, repo, files: [pathToFileURL(folder + "/")] })) phases.add(event.event);
  assert.ok(phases.has("phase"));
  const found = await paths(repo);
  assert.ok(found.some((p) => p.endsWith("one.txt")) && found.some((p) => p.endsWith("sub/two.bin")), `${found}`);
});

await check("additions, replacements and deletions are one commit", async () => {
  const repo = await newRepo("js-mixed");
  await uploadFiles({ ...hub, repo, files: ["a", "b", "c", "d/1", "d/2"].map((name) => ({ path: name, content: text(name) })) });
  await commit({
    ...hub, repo, title: "mixed", operations: [
      { operation: "addOrUpdate", path: "a", content: text("new a") },
      { operation: "delete", path: "b" },
      { operation: "delete", path: "d" },
      { operation: "addOrUpdate", path: "e", content: text("e") },
    ],
  });
  assert.deepEqual(await paths(repo), ["a", "c", "e"]);
  assert.equal(await (await downloadFile({ ...hub, repo, path: "a" })).text(), "new a");
  assert.equal(await countCommits({ ...hub, repo }), 3);
});

await check("an edit replaces a range of the file", async () => {
  const repo = await newRepo("js-edit");
  await uploadFile({ ...hub, repo, file: { path: "w.bin", content: text("0123456789") } });
  const original = await downloadFile({ ...hub, repo, path: "w.bin" });
  await commit({ ...hub, repo, title: "edit", operations: [{ operation: "edit", path: "w.bin", originalContent: original, edits: [{ content: text("abc"), start: 2, end: 5 }] }] });
  assert.equal(await (await downloadFile({ ...hub, repo, path: "w.bin" })).text(), "01abc56789");
});

await check("deleteFile and deleteFiles", async () => {
  const repo = await newRepo("js-delete-files");
  await uploadFiles({ ...hub, repo, files: ["a", "b", "c"].map((name) => ({ path: name, content: text(name) })) });
  await deleteFile({ ...hub, repo, path: "a" });
  await deleteFiles({ ...hub, repo, paths: ["b", "c"] });
  assert.deepEqual(await paths(repo), []);
  await refused(deleteFile({ ...hub, repo, path: "a" }), 404);
});

await check("a stale parent is refused with 412 and nothing is written", async () => {
  const repo = await newRepo("js-parent");
  const first = await uploadFile({ ...hub, repo, file: { path: "a", content: text("1") } });
  await uploadFile({ ...hub, repo, file: { path: "a", content: text("2") }, parentCommit: first.commit.oid });
  const stale = commit({ ...hub, repo, title: "late", parentCommit: first.commit.oid, operations: [{ operation: "addOrUpdate", path: "b", content: text("3") }] });
  await refused(stale, 412, /A commit has happened since\. Please refresh and try again\.[\s\S]*|The branch was updated since you opened this page/);
  assert.equal(await fileExists({ ...hub, repo, path: "b" }), false);
});

await check("twenty commits at once, without a parent, all succeed", async () => {
  const repo = await newRepo("js-crowd");
  await Promise.all(Array.from({ length: 20 }, (_, i) => uploadFile({ ...hub, repo, file: { path: `${i}.txt`, content: text(`${i}`) } })));
  assert.equal((await paths(repo)).length, 20);
  assert.equal(await countCommits({ ...hub, repo }), 21);
});

await check("a dataset takes files under its own address", async () => {
  const repo = await newRepo("js-dataset", { type: "dataset" });
  const done = await uploadFiles({ ...hub, repo, files: [{ path: "train.csv", content: text("a,b\n1,2\n") }, { path: "train.parquet", content: text("PAR1") }] });
  assert.equal(done.commit.url, `${hubUrl}/datasets/${repo.name}/commit/${done.commit.oid}`);
  assert.equal(await (await downloadFile({ ...hub, repo, path: "train.csv" })).text(), "a,b\n1,2\n");
  assert.equal(await (await downloadFile({ ...hub, repo, path: "train.parquet" })).text(), "PAR1");
});

await finish();
