"""Files that travel as blobs: LFS basic and multipart, deduplication, limits, through huggingface_hub."""

from checks import *  # noqa: F403
from huggingface_hub import CommitOperationAdd

# Another beginning in every run: the hub does not ask again for bytes that this account has sent before.
LARGE = secrets.token_bytes(64) + pattern(12_000_000)


@check("a 12 MB file goes through LFS and comes back whole")
def _():
    name = new_repo("lfs")
    path = SCRATCH / "large.dat"
    path.write_bytes(LARGE)
    mark = len(requests_seen)
    api.upload_file(path_or_fileobj=str(path), path_in_repo="large.dat", repo_id=name)
    assert seen_since(mark, within="/info/lfs/objects/batch") and seen_since(mark, method="PUT"), requests_seen[mark:]
    info = api.get_paths_info(name, "large.dat")[0]
    assert (info.size, info.lfs.size, info.lfs.sha256) == (len(LARGE), len(LARGE), sha256(LARGE)), info
    assert info.lfs.pointer_size == len(f"version https://git-lfs.github.com/spec/v1\noid sha256:{sha256(LARGE)}\nsize {len(LARGE)}\n")
    assert content(name, "large.dat") == LARGE


@check("a 9 MB text file stays inline, a small .safetensors does not")
def _():
    name = new_repo("inline")
    put(name, {"nine.txt": b"line of text\n" * 700_000, "tiny.safetensors": b"\x02\0\0\0\0\0\0\0{}"})
    nine, tiny = api.get_paths_info(name, ["nine.txt", "tiny.safetensors"])
    assert nine.lfs is None and nine.size == 9_100_000, nine
    assert tiny.lfs is not None, tiny
    assert content(name, "nine.txt") == b"line of text\n" * 700_000


@check("content this repository already has is not sent again")
def _():
    name = new_repo("dedupe")
    put(name, {"first.bin": LARGE})
    mark = len(requests_seen)
    put(name, {"second.bin": LARGE})
    assert seen_since(mark, method="PUT") == [], seen_since(mark, method="PUT")
    assert content(name, "second.bin") == LARGE


@check("several large files in one commit, also from bytes and buffers")
def _():
    import io

    name = new_repo("several")
    parts = {f"shard-{i}.bin": pattern(200_000 + i) for i in range(6)}
    operations = [CommitOperationAdd(p, io.BytesIO(b) if i % 2 else b) for i, (p, b) in enumerate(parts.items())]
    api.create_commit(name, operations, commit_message="shards", num_threads=4)
    for path, data in parts.items():
        assert content(name, path) == data, path


@check("preupload_lfs_files first, the commit later")
def _():
    name = new_repo("preupload")
    addition = CommitOperationAdd("early.bin", pattern(400_000))
    api.preupload_lfs_files(name, [addition])
    assert files_of(name) == []
    api.create_commit(name, [addition], commit_message="late")
    assert content(name, "early.bin") == pattern(400_000)


multipart = int(os.environ.get("MULTIPART_BYTES") or 0)
if multipart:

    @check(f"a file of {multipart} bytes goes up in parts")
    def _():
        name = new_repo("parts")
        path = SCRATCH / "parts.bin"
        path.write_bytes(pattern(multipart))
        mark = len(requests_seen)
        api.upload_file(path_or_fileobj=str(path), path_in_repo="parts.bin", repo_id=name)
        assert len(seen_since(mark, method="PUT")) > 1, requests_seen[mark:]
        assert sha256(content(name, "parts.bin")) == sha256(pattern(multipart))

else:
    skipped("a large file goes up in parts", "set MULTIPART_BYTES above the hub's multipart threshold")


@check("list_lfs_files names every large file once")
def _():
    name = new_repo("list-lfs")
    put(name, {"a.bin": b"one", "b.bin": b"two"})
    put(name, {"a.bin": b"three"})
    found = sorted((f.filename, f.oid if hasattr(f, "oid") else f.file_oid, f.size) for f in api.list_lfs_files(name))
    assert len(found) == 3, found


@check("a made-up object is not accepted into a commit")
def _():
    name = new_repo("made-up")
    line = lambda key, value: json.dumps({"key": key, "value": value})
    body = line("header", {"summary": "x"}) + "\n" + line("lfsFile", {"path": "x.bin", "algo": "sha256", "oid": "0" * 64, "size": 3}) + "\n"
    from huggingface_hub.utils import get_session

    data = {"content" if GENERATION else "data": body.encode()}
    response = get_session().post(
        f"{HUB}/api/models/{name}/commit/main", headers={"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/x-ndjson"}, **data
    )
    assert response.status_code in (400, 422), (response.status_code, response.text)
    assert response.json()["error"], response.text
    assert files_of(name) == []


finish()
