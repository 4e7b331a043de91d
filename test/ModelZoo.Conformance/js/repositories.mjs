// Accounts, the life of a repository, branches and history, through @huggingface/hub.
import assert from "node:assert/strict";
import {
  checkRepoAccess, commit, countCommits, createBranch, createRepo, datasetInfo, deleteBranch, deleteRepo, downloadFile, listCommits,
  listFiles, modelInfo, repoExists, spaceInfo, whoAmI,
} from "@huggingface/hub";
import { all, anonymous, check, finish, hub, hubUrl, newRepo, refused, text, unique } from "./checks.mjs";

await check("whoAmI names the caller and dates the token", async () => {
  const me = await whoAmI(hub);
  assert.equal(me.name, "ada");
  assert.equal(me.type, "user");
  assert.ok(Array.isArray(me.orgs));
  assert.ok(me.auth.accessToken.createdAt instanceof Date && !Number.isNaN(me.auth.accessToken.createdAt.getTime()));
  assert.ok(["read", "write", "fineGrained"].includes(me.auth.accessToken.role));
});

await check("createRepo answers the address and the id", async () => {
  const name = `ada/${unique("js-create")}`;
  const made = await createRepo({ ...hub, repo: name });
  assert.equal(made.repoUrl, `${hubUrl}/${name}`);
  assert.match(made.id, /^[0-9a-f]{24}$/);
  assert.equal(await repoExists({ ...hub, repo: name }), true);
  const first = await all(listFiles({ ...hub, repo: name }));
  assert.deepEqual(first.map((f) => f.path), [".gitattributes"]);
  const [initial] = await all(listCommits({ ...hub, repo: name }));
  assert.equal(initial.title, "initial commit");
  assert.equal(initial.authors[0].username, "ada");
});

await check("createRepo with a licence and files", async () => {
  const repo = await newRepo("js-files", { license: "mit", files: [{ path: "notes/a.txt", content: text("from the start") }] });
  const paths = (await all(listFiles({ ...hub, repo, recursive: true }))).filter((f) => f.type === "file").map((f) => f.path);
  assert.ok(paths.includes("notes/a.txt"), `${paths}`);
  assert.ok(paths.includes("README.md"), `${paths}`);
  assert.equal(await (await downloadFile({ ...hub, repo, path: "notes/a.txt" })).text(), "from the start");
  const info = await modelInfo({ ...hub, name: repo.name, additionalFields: ["tags", "cardData"] });
  assert.equal(info.cardData.license, "mit");
  assert.ok(info.tags.includes("license:mit"), `${info.tags}`);
});

await check("createRepo of a dataset and of a space", async () => {
  const name = `ada/${unique("js-kinds")}`;
  const dataset = await createRepo({ ...hub, repo: { type: "dataset", name } });
  assert.equal(dataset.repoUrl, `${hubUrl}/datasets/${name}`);
  const space = await createRepo({ ...hub, repo: { type: "space", name }, sdk: "static" });
  assert.equal(space.repoUrl, `${hubUrl}/spaces/${name}`);
  assert.equal((await datasetInfo({ ...hub, name })).name, name);
  assert.equal((await spaceInfo({ ...hub, name })).sdk, "static");
  const files = (await all(listFiles({ ...hub, repo: { type: "space", name } }))).map((f) => f.path);
  assert.deepEqual(files.filter((f) => f !== ".gitattributes").sort(), ["README.md", "index.html"]);
  assert.equal(await repoExists({ ...hub, repo: { type: "model", name } }), false);
});

await check("a second createRepo is refused with 409", async () => {
  const repo = await newRepo("js-twice");
  await refused(createRepo({ ...hub, repo }), 409, /already created/);
  await refused(createRepo({ ...hub, repo: { type: "model", name: repo.name.toUpperCase().replace("ADA/", "ada/") } }), 409);
});

await check("a private repository is invisible without a token", async () => {
  const repo = await newRepo("js-private", { visibility: "private" });
  assert.equal(await repoExists({ ...anonymous, repo }), false);
  assert.equal(await repoExists({ ...hub, repo }), true);
  await checkRepoAccess({ ...hub, repo });
  await refused(checkRepoAccess({ ...anonymous, repo }), 401);
  assert.equal((await modelInfo({ ...hub, name: repo.name })).private, true);
});

await check("modelInfo has every field it maps", async () => {
  const repo = await newRepo("js-info");
  const info = await modelInfo({
    ...hub, name: repo.name,
    additionalFields: ["author", "cardData", "config", "createdAt", "disabled", "downloadsAllTime", "library_name", "model-index",
      "safetensors", "sha", "spaces", "tags", "transformersInfo", "filePaths"],
  });
  assert.equal(info.name, repo.name);
  assert.match(info.id, /^[0-9a-f]{24}$/);
  assert.equal(info.private, false);
  assert.equal(info.gated, false);
  assert.equal(info.downloads, 0);
  assert.equal(info.likes, 0);
  assert.ok(!Number.isNaN(info.updatedAt.getTime()));
  assert.match(info.sha, /^[0-9a-f]{40}$/);
  assert.deepEqual(info.filePaths, [".gitattributes"]);
  assert.equal(info.author, "ada");
});

await check("createBranch, overwrite, an empty branch and deleteBranch", async () => {
  const repo = await newRepo("js-branch");
  await commit({ ...hub, repo, title: "one", operations: [{ operation: "addOrUpdate", path: "a.txt", content: text("1") }] });
  await createBranch({ ...hub, repo, branch: "feature/x" });
  await refused(createBranch({ ...hub, repo, branch: "feature/x" }), 409);
  await createBranch({ ...hub, repo, branch: "feature/x", overwrite: true });
  await commit({ ...hub, repo, branch: "feature/x", title: "two", operations: [{ operation: "addOrUpdate", path: "b.txt", content: text("2") }] });
  assert.equal(await (await downloadFile({ ...hub, repo, path: "b.txt", revision: "feature/x" })).text(), "2");
  assert.equal(await downloadFile({ ...hub, repo, path: "b.txt" }), null);
  assert.equal(await countCommits({ ...hub, repo, revision: "feature/x" }), 3);
  // The client sends a branch with a slash un-encoded here.
  assert.deepEqual((await all(listFiles({ ...hub, repo, revision: "feature/x" }))).map((f) => f.path), [".gitattributes", "a.txt", "b.txt"]);
  await createBranch({ ...hub, repo, branch: "empty", empty: true });
  assert.deepEqual(await all(listFiles({ ...hub, repo, revision: "empty" })), []);
  assert.equal(await downloadFile({ ...hub, repo, path: "a.txt", revision: "empty" }), null);
  await deleteBranch({ ...hub, repo, branch: "feature/x" });
  await refused(deleteBranch({ ...hub, repo, branch: "feature/x" }), 404);
  await refused(createBranch({ ...hub, repo, branch: "late", revision: "no-such" }), 404);
});

await check("listCommits pages newest first and countCommits agrees", async () => {
  const repo = await newRepo("js-history");
  for (let i = 1; i <= 5; i++) {
    await commit({
      ...hub, repo, title: `change ${i}`, description: `why ${i}`,
      operations: [{ operation: "addOrUpdate", path: "n.txt", content: text(`${i}`) }],
    });
  }
  const commits = await all(listCommits({ ...hub, repo, batchSize: 2 }));
  assert.deepEqual(commits.map((c) => c.title), ["change 5", "change 4", "change 3", "change 2", "change 1", "initial commit"]);
  assert.equal(commits[0].message.trim(), "why 5");
  assert.ok(commits.every((c) => /^[0-9a-f]{40}$/.test(c.oid) && !Number.isNaN(c.date.getTime())));
  assert.equal(await countCommits({ ...hub, repo }), 6);
  const old = await downloadFile({ ...hub, repo, path: "n.txt", revision: commits[2].oid });
  assert.equal(await old.text(), "3");
});

await check("deleteRepo removes it", async () => {
  const repo = await newRepo("js-delete");
  await deleteRepo({ ...hub, repo });
  assert.equal(await repoExists({ ...hub, repo }), false);
  await refused(deleteRepo({ ...hub, repo }), 404);
  await createRepo({ ...hub, repo });
  assert.equal(await countCommits({ ...hub, repo }), 1);
});

await finish();
