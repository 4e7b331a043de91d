// Search and listing through @huggingface/hub.
import assert from "node:assert/strict";
import { listDatasets, listModels, listSpaces, uploadFile } from "@huggingface/hub";
import { all, anonymous, check, finish, hub, newRepo, refused, text, unique } from "./checks.mjs";

const mark = unique("js-mark").replaceAll("-", "");    // a tag that only these repositories carry
const card = (lines) => text(`---\n${lines.join("\n")}\n---\n# Card\n`);
const put = async (stem, lines, options) => {
  const repo = await newRepo(stem, options);
  await uploadFile({ ...hub, repo, file: { path: "README.md", content: card([`tags: [${mark}${lines.tags ?? ""}]`, ...lines.front]) } });
  return repo.name;
};
const first = await put(`${mark}-first`, { front: ["pipeline_tag: text-generation", "license: mit", "language: en"] });
const second = await put(`${mark}-second`, { tags: ", extra", front: ["pipeline_tag: image-classification", "library_name: timm"] });
const hidden = await put(`${mark}-hidden`, { front: ["license: mit"] }, { visibility: "private" });
const rows = await put(`${mark}-rows`, { front: ["language: [de]", "task_categories: [text-classification]"] }, { type: "dataset" });

const names = async (search, options = {}) => (await all(listModels({ ...hub, search, ...options }))).map((m) => m.name).sort();

await check("listModels by tag, owner, task and words", async () => {
  assert.deepEqual(await names({ tags: [mark] }), [first, second, hidden].sort());
  assert.deepEqual(await names({ tags: [mark, "extra"] }), [second]);
  assert.deepEqual(await names({ tags: [mark, "license:mit"] }), [first, hidden].sort());
  assert.deepEqual(await names({ tags: [mark], task: "text-generation" }), [first]);
  assert.deepEqual(await names({ tags: [mark, "timm"] }), [second]);
  assert.deepEqual(await names({ query: `${mark.toUpperCase()}-FIR` }), [first]);
  assert.deepEqual(await names({ owner: "ada", query: `${mark}-second` }), [second]);
  assert.deepEqual(await names({ owner: "nobody-here", tags: [mark] }), []);
});

await check("listModels hides what the caller may not read", async () => {
  const seen = await all(listModels({ ...anonymous, search: { tags: [mark] } }));
  assert.deepEqual(seen.map((m) => m.name).sort(), [first, second].sort());
});

await check("listModels gives the default fields and those asked for", async () => {
  const [model] = await all(listModels({ ...hub, search: { query: first.split("/")[1] }, additionalFields: ["author", "sha", "tags", "createdAt", "cardData", "filePaths", "library_name"] }));
  assert.match(model.id, /^[0-9a-f]{24}$/);
  assert.deepEqual([model.private, model.gated, model.downloads, model.likes, model.task], [false, false, 0, 0, "text-generation"]);
  assert.ok(!Number.isNaN(model.updatedAt.getTime()));
  assert.equal(model.author, "ada");
  assert.match(model.sha, /^[0-9a-f]{40}$/);
  for (const tag of [mark, "en", "license:mit", "text-generation", "region:us"]) assert.ok(model.tags.includes(tag), `${tag} in ${model.tags}`);
  assert.equal(model.cardData.license, "mit");
  assert.deepEqual(model.filePaths.sort(), [".gitattributes", "README.md"]);
});

await check("listModels sorts and stops at the limit", async () => {
  for (const sort of ["createdAt", "downloads", "likes", "lastModified", "likes30d", "trendingScore", "num_parameters", "id"]) {
    const listed = await all(listModels({ ...hub, search: { tags: [mark] }, sort }));
    assert.equal(listed.length, 3, sort);
  }
  const newest = await all(listModels({ ...hub, search: { tags: [mark] }, sort: "createdAt", limit: 1 }));
  assert.deepEqual(newest.map((m) => m.name), [hidden]);
  assert.equal((await all(listModels({ ...hub, limit: 2 }))).length, 2);
});

await check("pages follow the Link header without gaps or repeats", async () => {
  const whole = (await all(listModels({ ...hub, search: { owner: "ada" } }))).map((m) => m.name);
  assert.equal(new Set(whole).size, whole.length);
  // The client asks for 500 a page; the same walk with pages of two must give the same set.
  const paged = [];
  let url = `${hub.hubUrl}/api/models?author=ada&limit=2&sort=createdAt&expand=likes`;
  while (url && paged.length < 3000) {
    const response = await fetch(url, { headers: { authorization: `Bearer ${hub.accessToken}` } });
    paged.push(...(await response.json()).map((m) => m.id));
    url = /<(https?:\/\/[^>]+)>;\s+rel="next"/.exec(response.headers.get("link") ?? "")?.[1];
  }
  assert.equal(new Set(paged).size, paged.length);
  for (const name of [first, second, hidden]) assert.ok(paged.includes(name), name);
});

await check("listDatasets and listSpaces", async () => {
  const datasets = await all(listDatasets({ ...hub, search: { tags: [mark] } }));
  assert.deepEqual(datasets.map((d) => d.name), [rows]);
  assert.deepEqual((await all(listDatasets({ ...hub, search: { tags: [mark, "language:de", "task_categories:text-classification"] } }))).map((d) => d.name), [rows]);
  for (const sort of ["createdAt", "downloads", "likes", "lastModified", "trendingScore", "mainSize", "id"])
    assert.equal((await all(listDatasets({ ...hub, search: { tags: [mark] }, sort }))).length, 1, sort);
  const space = await newRepo(`${mark}-space`, { type: "space", sdk: "static" });
  const spaces = await all(listSpaces({ ...hub, search: { query: space.name.split("/")[1] } }));
  assert.deepEqual(spaces.map((s) => s.name), [space.name]);
  assert.equal(spaces[0].sdk, "static");
});

await check("an unknown expand or sort is refused with words", async () => {
  const error = await refused(all(listModels({ ...hub, limit: 1, additionalFields: ["no-such-field"] })), 400, /"expand" must be one of \[/);
  assert.match(error.message, /downloads/);
  await refused(all(listModels({ ...hub, limit: 1, sort: "no-such-order" })), 400);
});

await finish();
