"""Downloads, the cache, trees and metadata, through huggingface_hub."""

from checks import *  # noqa: F403
from huggingface_hub import get_hf_file_metadata, hf_hub_url, scan_cache_dir
from huggingface_hub.hf_api import RepoFile, RepoFolder
from huggingface_hub.utils import EntryNotFoundError, LocalEntryNotFoundError

import shutil

LARGE = pattern(2_500_000)
FILES = {
    "README.md": b"---\nlicense: mit\n---\n# Reading\n",
    "config.json": b"{}",
    "empty.txt": b"",
    "sub/one.txt": b"one",
    "sub/deep/two.txt": b"two",
    "weights/w1.bin": LARGE,
    "weights/w2.bin": b"small but large by rule",
}
repo = new_repo("read")
head = put(repo, FILES).oid


@check("snapshot_download gives back every byte, under the name of the commit")
def _():
    cache = SCRATCH / "whole"
    folder = Path(api.snapshot_download(repo, cache_dir=cache))
    assert folder.name == head, folder
    for path, data in FILES.items():
        assert (folder / path).read_bytes() == data, path
    blobs = {p.name for p in cache.glob("models--*/blobs/*")}
    expected = {sha256(d) if p.endswith(".bin") else git_id(d) for p, d in FILES.items()}
    assert expected <= blobs, (expected - blobs, blobs)
    assert (next(cache.glob("models--*/refs/main"))).read_text() == head


@check("a second snapshot_download downloads nothing")
def _():
    cache = SCRATCH / "whole"
    mark = len(requests_seen)
    api.snapshot_download(repo, cache_dir=cache)
    assert seen_since(mark, method="GET", within="/resolve/") == [], requests_seen[mark:]


@check("a new commit costs only the changed files; the blobs of the others are used again")
def _():
    name = new_repo("reuse")
    put(name, FILES)
    cache = SCRATCH / "reuse"
    api.snapshot_download(name, cache_dir=cache)
    second = put(name, {"config.json": '{"new": true}'})
    mark = len(requests_seen)
    folder = Path(api.snapshot_download(name, cache_dir=cache))
    fetched = [r[1] for r in seen_since(mark, method="GET", within="/resolve/")]
    assert len(fetched) == 1 and "config.json" in fetched[0], fetched
    assert folder.name == second.oid and (folder / "weights/w1.bin").read_bytes() == LARGE
    assert len(list(scan_cache_dir(cache).repos)) == 1


@check("snapshot_download with allow and ignore patterns, of an older revision, into a plain folder")
def _():
    folder = Path(api.snapshot_download(repo, cache_dir=SCRATCH / "some", allow_patterns=["*.txt", "weights/*"], ignore_patterns=["*/w2.bin"]))
    found = sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())
    assert found == ["empty.txt", "sub/deep/two.txt", "sub/one.txt", "weights/w1.bin"], found
    first = api.list_repo_commits(repo)[-1].commit_id
    old = Path(api.snapshot_download(repo, cache_dir=SCRATCH / "some", revision=first))
    assert [p.name for p in old.iterdir()] == [".gitattributes"]
    plain = Path(api.snapshot_download(repo, local_dir=SCRATCH / "plain"))
    assert (plain / "sub/one.txt").read_bytes() == b"one" and (plain / "weights/w1.bin").read_bytes() == LARGE
    mark = len(requests_seen)
    api.snapshot_download(repo, local_dir=SCRATCH / "plain")
    assert seen_since(mark, method="GET", within="/resolve/") == [], requests_seen[mark:]


@check("snapshot_download without a token, and offline from the cache afterwards")
def _():
    cache = SCRATCH / "anonymous"
    nobody.snapshot_download(repo, cache_dir=cache)
    mark = len(requests_seen)
    assert Path(nobody.snapshot_download(repo, cache_dir=cache, local_files_only=True)).name == head
    assert requests_seen[mark:] == []


@check("hf_hub_download: a file, a subfolder, a revision, and a second time without a GET")
def _():
    cache = SCRATCH / "single"
    assert Path(api.hf_hub_download(repo, "one.txt", subfolder="sub", cache_dir=cache)).read_bytes() == b"one"
    for revision in ("main", head, head[:8], "refs/heads/main"):
        assert Path(api.hf_hub_download(repo, "sub/one.txt", revision=revision, cache_dir=cache)).read_bytes() == b"one", revision
    assert len(list(cache.glob("models--*/blobs/*"))) == 1
    mark = len(requests_seen)
    api.hf_hub_download(repo, "sub/one.txt", cache_dir=cache)
    assert seen_since(mark, method="GET", within="/resolve/") == [], requests_seen[mark:]
    forced = api.hf_hub_download(repo, "sub/one.txt", cache_dir=cache, force_download=True)
    assert Path(forced).read_bytes() == b"one" and seen_since(mark, method="GET", within="/resolve/")


@check("an absent file is remembered as absent for that commit")
def _():
    cache = SCRATCH / "absent"
    error = None
    try:
        api.hf_hub_download(repo, "absent.txt", cache_dir=cache)
    except EntryNotFoundError as caught:
        error = caught
    assert error is not None and error.response.headers["X-Repo-Commit"] == head, error
    assert list(cache.glob(f"models--*/.no_exist/{head}/absent.txt")), list(cache.rglob("*"))
    try:
        api.hf_hub_download(repo, "absent.txt", cache_dir=cache, local_files_only=True)
    except LocalEntryNotFoundError:
        pass


@check("an interrupted download goes on where it stopped")
def _():
    from huggingface_hub.file_download import http_get

    url = hf_hub_url(repo, "weights/w1.bin", endpoint=HUB)
    half = SCRATCH / "half"
    half.write_bytes(LARGE[:1_000_000])
    with half.open("ab") as file:
        http_get(url, file, resume_size=1_000_000, expected_size=len(LARGE), headers={"authorization": f"Bearer {TOKEN}"})
    assert half.read_bytes() == LARGE
    assert requests_seen[-1][2] == 206, requests_seen[-1]


if GENERATION == 0:

    @check("a truncated .incomplete file in the cache is completed, not restarted")
    def _():
        cache = SCRATCH / "incomplete"
        api.hf_hub_download(repo, "sub/one.txt", cache_dir=cache)
        blobs = next(cache.glob("models--*/blobs"))
        (blobs / (sha256(LARGE) + ".incomplete")).write_bytes(LARGE[:777_777])
        path = api.hf_hub_download(repo, "weights/w1.bin", cache_dir=cache)
        assert Path(path).read_bytes() == LARGE and requests_seen[-1][2] == 206, requests_seen[-1]


@check("get_hf_file_metadata: commit, ETag and size")
def _():
    for path in ("sub/one.txt", "weights/w1.bin", "empty.txt"):
        meta = get_hf_file_metadata(hf_hub_url(repo, path, endpoint=HUB), token=TOKEN)
        data = FILES[path]
        assert meta.commit_hash == head and meta.size == len(data), meta
        assert meta.etag == (sha256(data) if path.endswith(".bin") else git_id(data)), meta
        assert meta.location.startswith(HUB), meta


@check("list_repo_tree: folders, order, ids, recursive and expanded")
def _():
    root = list(api.list_repo_tree(repo))
    assert [e.path for e in root] == ["sub", "weights", ".gitattributes", "README.md", "config.json", "empty.txt"], [e.path for e in root]
    assert isinstance(root[0], RepoFolder) and isinstance(root[-1], RepoFile) and root[-1].size == 0
    assert root[3].blob_id == git_id(FILES["README.md"]) and root[3].lfs is None
    everything = {e.path: e for e in api.list_repo_tree(repo, recursive=True)}
    assert set(everything) == set(FILES) | {".gitattributes", "sub", "sub/deep", "weights"}
    assert everything["weights/w1.bin"].lfs.sha256 == sha256(LARGE) and everything["weights/w1.bin"].size == len(LARGE)
    for entry in api.list_repo_tree(repo, "sub", recursive=True, expand=True):
        assert entry.last_commit.title == "content" and entry.last_commit.oid == head and entry.last_commit.date.year > 2000, entry
    assert [e.path for e in api.list_repo_tree(repo, "sub/deep")] == ["sub/deep/two.txt"]
    refused(ENTRY_ABSENT, lambda: list(api.list_repo_tree(repo, "nowhere")), status=404)


@check("get_paths_info: order, folders, unknown paths left out, expanded, without a token")
def _():
    found = api.get_paths_info(repo, ["weights/w2.bin", "nothing", "sub", "README.md"])
    assert [f.path for f in found] == ["weights/w2.bin", "sub", "README.md"], found
    assert found[0].lfs.size == len(FILES["weights/w2.bin"]) and isinstance(found[1], RepoFolder)
    assert api.get_paths_info(repo, "nothing") == []
    [one] = nobody.get_paths_info(repo, "sub/one.txt", expand=True)
    assert one.last_commit.oid == head, one


@check("model_info: every field, with file metadata, and expanded one by one")
def _():
    info = api.model_info(repo, files_metadata=True)
    assert (info.id, info.author, info.sha, info.private, info.gated, info.disabled) == (repo, "ada", head, False, False, False), info
    assert info.created_at.tzinfo and info.last_modified >= info.created_at
    assert info.downloads is not None and info.likes == 0 and info.card_data.license == "mit" and "license:mit" in info.tags, info
    siblings = {s.rfilename: s for s in info.siblings}
    assert set(siblings) == set(FILES) | {".gitattributes"}
    large = siblings["weights/w1.bin"]
    assert (large.size, large.lfs.sha256 if hasattr(large.lfs, "sha256") else large.lfs["sha256"]) == (len(LARGE), sha256(LARGE)), large
    assert siblings["sub/one.txt"].blob_id == git_id(b"one") and siblings["sub/one.txt"].lfs is None
    old = api.model_info(repo, revision=api.list_repo_commits(repo)[-1].commit_id)
    assert [s.rfilename for s in old.siblings] == [".gitattributes"]
    api.model_info(repo, securityStatus=True)
    for field in ("author", "baseModels", "cardData", "childrenModelCount", "config", "createdAt", "disabled", "downloads", "downloadsAllTime", "gated",
                  "gguf", "lastModified", "library_name", "likes", "mask_token", "model-index", "pipeline_tag", "private", "safetensors", "sha",
                  "siblings", "spaces", "tags", "transformersInfo", "trendingScore", "usedStorage", "widgetData", "xetEnabled"):
        got = api.model_info(repo, expand=[field])
        assert got.id == repo, field
    only = api.model_info(repo, expand=["likes", "sha"])
    assert only.sha == head and only.likes == 0 and only.siblings is None and only.author is None, only


@check("dataset_info and space_info")
def _():
    data = new_repo("info-data", repo_type="dataset")
    put(data, {"README.md": "---\nlanguage: [de]\ntask_categories: [text-classification]\n---\n"}, repo_type="dataset")
    info = api.dataset_info(data, files_metadata=True)
    assert info.id == data and {"language:de", "task_categories:text-classification"} <= set(info.tags), info
    for field in ("author", "cardData", "citation", "createdAt", "description", "disabled", "downloads", "downloadsAllTime", "gated", "lastModified", "likes",
                  "mainSize", "paperswithcode_id", "private", "sha", "siblings", "tags", "trendingScore", "usedStorage"):
        assert api.dataset_info(data, expand=[field]).id == data, field
    space = new_repo("info-space", repo_type="space", space_sdk="static")
    assert api.space_info(space).sdk == "static"
    assert api.repo_info(space, repo_type="space").id == space


@check("repo_exists, revision_exists, file_exists")
def _():
    assert api.repo_exists(repo) and not api.repo_exists(repo + "x") and not api.repo_exists(repo, repo_type="dataset") and not api.repo_exists("gpt2")
    assert api.revision_exists(repo, "main") and api.revision_exists(repo, head) and not api.revision_exists(repo, "nowhere")
    assert api.file_exists(repo, "sub/one.txt") and not api.file_exists(repo, "sub/two.txt") and not api.file_exists(repo, "a", revision="nowhere")
    assert not api.file_exists(repo + "x", "README.md") and not api.file_exists("gpt2", "README.md")
    assert nobody.file_exists(repo, "sub/one.txt") and not nobody.repo_exists(repo + "x")


@check("a private repository: everything with the token, nothing without")
def _():
    hidden = new_repo("private", private=True)
    put(hidden, {"a.txt": "secret", "w.bin": b"secret weights"})
    assert content(hidden, "a.txt") == b"secret" and content(hidden, "w.bin") == b"secret weights"
    assert api.model_info(hidden).private is True
    assert not nobody.repo_exists(hidden) and not nobody.file_exists(hidden, "a.txt")
    folder = SCRATCH / "private"
    api.snapshot_download(hidden, cache_dir=folder)
    shutil.rmtree(folder)


tensors = os.environ.get("SAFETENSORS")


def with_summary(name):
    info = api.model_info(name)
    assert info.safetensors, "no summary of the weights yet"
    return info


@check("get_safetensors_metadata: one file, and shards with an index")
def _():
    def safetensors(name, shape, dtype="F32", width=4):
        size = width
        for n in shape:
            size *= n
        header = json.dumps({"__metadata__": {"format": "pt"}, name: {"dtype": dtype, "shape": shape, "data_offsets": [0, size]}}).encode()
        return len(header).to_bytes(8, "little") + header + bytes(size)

    one = new_repo("tensors")
    put(one, {"model.safetensors": safetensors("w", [3, 5])})
    meta = api.get_safetensors_metadata(one)
    assert meta.sharded is False and meta.parameter_count == {"F32": 15}, meta
    assert api.parse_safetensors_file_metadata(one, "model.safetensors").tensors["w"].shape == [3, 5]
    info = eventually(lambda: with_summary(one))
    assert info.safetensors.parameters == {"F32": 15} and info.safetensors.total == 15, info.safetensors
    assert "safetensors" in info.tags

    shards = new_repo("shards")
    index = {"metadata": {"total_size": 80}, "weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}
    put(shards, {
        "model.safetensors.index.json": json.dumps(index),
        "model-00001-of-00002.safetensors": safetensors("a", [4, 4]),
        "model-00002-of-00002.safetensors": safetensors("b", [8], "F16", 2),
    })
    meta = api.get_safetensors_metadata(shards)
    assert meta.sharded is True and meta.parameter_count == {"F32": 16, "F16": 8}, meta
    assert eventually(lambda: with_summary(shards)).safetensors.total == 24


if tensors:

    @check("get_safetensors_metadata of a real model")
    def _():
        real = new_repo("real-tensors")
        api.upload_file(path_or_fileobj=tensors, path_in_repo="model.safetensors", repo_id=real)
        meta = api.get_safetensors_metadata(real)
        assert sum(meta.parameter_count.values()) == eventually(lambda: with_summary(real)).safetensors.total == 742_528, meta.parameter_count

else:
    skipped("get_safetensors_metadata of a real model", "the demo model shakespeare-gpt2 was not found")


@check("not a safetensors repository says so")
def _():
    from huggingface_hub.utils import NotASafetensorsRepoError

    refused(NotASafetensorsRepoError, lambda: api.get_safetensors_metadata(repo))


if hasattr(api, "verify_repo_checksums"):

    @check("verify_repo_checksums agrees with what was downloaded")
    def _():
        cache = SCRATCH / "verify"
        api.snapshot_download(repo, cache_dir=cache)
        result = api.verify_repo_checksums(repo, cache_dir=cache)
        assert not result.mismatches and not result.missing_paths and result.checked_count == len(FILES) + 1, result


@check("a tree of 1,100 files arrives in pages, whole")
def _():
    many = new_repo("pages")
    names = [f"f/{i:04}.txt" for i in range(1100)]
    put(many, {n: n for n in names})
    mark = len(requests_seen)
    assert [e.path for e in api.list_repo_tree(many, "f")] == names
    assert len(requests_seen) - mark > 1, requests_seen[mark:]


finish()
