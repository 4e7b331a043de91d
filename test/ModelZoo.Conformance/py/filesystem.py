"""HfFileSystem: a repository as a file system."""

from checks import *  # noqa: F403
from huggingface_hub import HfFileSystem

import fsspec

# The client asks for 2023.5; with older ones a few calls end in a TypeError before anything is sent.
OLD_FSSPEC = tuple(int(n) for n in fsspec.__version__.split(".")[:2]) < (2023, 5)
LARGE = pattern(3_000_000)
repo = new_repo("fs")
put(repo, {"a.txt": "first line\nsecond line\n", "empty.txt": b"", "sub/b.txt": "b", "sub/deep/c.txt": "c", "w.bin": LARGE})
head = api.create_tag(repo, tag="v1") or api.model_info(repo).sha
fs = HfFileSystem(endpoint=HUB, token=TOKEN, skip_instance_cache=True)
anonymous = HfFileSystem(endpoint=HUB, token=False, skip_instance_cache=True)


@check("ls: names, sizes, kinds and order")
def _():
    entries = fs.ls(repo)
    assert [e["name"] for e in entries] == [f"{repo}/{n}" for n in ("sub", ".gitattributes", "a.txt", "empty.txt", "w.bin")], entries
    kinds = {e["name"].rsplit("/", 1)[1]: (e["type"], e["size"]) for e in entries}
    assert kinds["sub"] == ("directory", 0) and kinds["a.txt"] == ("file", 23) and kinds["w.bin"] == ("file", len(LARGE)), kinds
    assert fs.ls(f"{repo}/sub", detail=False) == [f"{repo}/sub/deep", f"{repo}/sub/b.txt"]
    assert fs.ls(f"{repo}/a.txt", detail=False) == [f"{repo}/a.txt"]
    assert anonymous.ls(repo, detail=False) == fs.ls(repo, detail=False)


@check("info of a repository, a folder and a file, with its last commit")
def _():
    assert fs.info(repo)["type"] == "directory"
    assert fs.info(f"{repo}/sub/deep")["type"] == "directory"
    file = HfFileSystem(endpoint=HUB, token=TOKEN, skip_instance_cache=True).info(f"{repo}/w.bin", expand_info=True)
    assert file["size"] == len(LARGE) and file["lfs"]["sha256"] == sha256(LARGE), file
    assert file["last_commit"].oid == head and file["last_commit"].title == "content", file
    assert fs.modified(f"{repo}/a.txt").year > 2000


@check("find, walk, exists, isdir, isfile, du")
def _():
    assert fs.find(repo) == [f"{repo}/{n}" for n in (".gitattributes", "a.txt", "empty.txt", "sub/b.txt", "sub/deep/c.txt", "w.bin")], fs.find(repo)
    assert [w[0] for w in fs.walk(repo)] == [repo, f"{repo}/sub", f"{repo}/sub/deep"]
    assert fs.exists(f"{repo}/a.txt") and not fs.exists(f"{repo}/x.txt") and not fs.exists(f"{repo}x/a.txt")
    assert fs.isdir(f"{repo}/sub") and fs.isfile(f"{repo}/a.txt") and not fs.isdir(f"{repo}/a.txt")
    assert fs.du(f"{repo}/sub") == 2


if OLD_FSSPEC:
    skipped("glob", "it needs fsspec 2023.5")
else:

    @check("glob")
    def _():
        assert fs.glob(f"{repo}/*.txt") == [f"{repo}/a.txt", f"{repo}/empty.txt"], fs.glob(f"{repo}/*.txt")
        assert fs.glob(f"{repo}/sub/*/*.txt") == [f"{repo}/sub/deep/c.txt"]
        assert fs.glob(f"{repo}/**/c.txt") == [f"{repo}/sub/deep/c.txt"]


@check("open rb: seeks, tails, past the end")
def _():
    with fs.open(f"{repo}/w.bin", "rb", block_size=64 * 1024) as file:
        assert file.size == len(LARGE)
        assert file.read(10) == LARGE[:10]
        file.seek(2_000_000)
        assert file.read(100_000) == LARGE[2_000_000:2_100_000] and file.tell() == 2_100_000
        file.seek(-5, 2)
        assert file.read() == LARGE[-5:] and file.read(1) == b""
        file.seek(1)
        assert file.read(3) == LARGE[1:4]
    assert fs.cat_file(f"{repo}/w.bin", start=5, end=25) == LARGE[5:25]
    assert fs.read_bytes(f"{repo}/empty.txt") == b""


@check("open as text, as a stream, and whole")
def _():
    with fs.open(f"{repo}/a.txt", "r") as file:
        assert file.readlines() == ["first line\n", "second line\n"]
    with fs.open(f"{repo}/w.bin", "rb", block_size=0) as stream:
        assert stream.read(1000) == LARGE[:1000] and stream.read() == LARGE[1000:]
    local = SCRATCH / "got.bin"
    fs.get_file(f"{repo}/w.bin", str(local))
    assert local.read_bytes() == LARGE


@check("a revision in the path: branch, tag, commit")
def _():
    put(repo, {"a.txt": "changed"})
    for revision in ("v1", head):
        assert fs.read_text(f"{repo}@{revision}/a.txt").startswith("first"), revision
    fs.invalidate_cache()
    assert fs.read_text(f"{repo}/a.txt") == "changed"
    api.create_branch(repo, branch="feature/x")
    put(repo, {"branch.txt": "on the branch"}, revision="feature/x")
    assert fs.read_text(f"{repo}@feature%2Fx/branch.txt") == "on the branch"
    refused(FileNotFoundError, lambda: fs.ls(f"{repo}@nowhere/sub"))


@check("write, overwrite, copy, remove")
def _():
    name = new_repo("fs-write")
    with fs.open(f"{name}/new.txt", "w") as file:
        file.write("written")
    assert content(name, "new.txt") == b"written"
    with fs.open(f"{name}/new.txt", "w") as file:
        file.write("written and more")
    fs.invalidate_cache()
    assert fs.read_text(f"{name}/new.txt") == "written and more"
    with fs.open(f"{name}/deep/w.bin", "wb") as file:
        file.write(LARGE)
    assert content(name, "deep/w.bin") == LARGE
    fs.cp_file(f"{name}/deep/w.bin", f"{name}/copy.bin")
    fs.cp_file(f"{name}/new.txt", f"{name}/copy.txt")
    other = new_repo("fs-copy")
    fs.cp_file(f"{name}/new.txt", f"{other}/from-elsewhere.txt")
    assert content(name, "copy.bin") == LARGE and content(name, "copy.txt") == content(other, "from-elsewhere.txt") == b"written and more"
    fs.rm_file(f"{name}/new.txt")
    assert files_of(name) == ["copy.bin", "copy.txt", "deep/w.bin"], files_of(name)
    if OLD_FSSPEC:
        skipped("rm of a folder", "it needs fsspec 2023.5")
        api.delete_folder("deep", name)
        fs.invalidate_cache()
    else:
        fs.rm(f"{name}/deep", recursive=True)
    assert files_of(name) == ["copy.bin", "copy.txt"], files_of(name)
    fs.put_file(str(SCRATCH / "got.bin"), f"{name}/put.bin")
    assert content(name, "put.bin") == LARGE


@check("a dataset by its prefix")
def _():
    data = new_repo("fs-data", repo_type="dataset")
    put(data, {"d/train.csv": "a,b\n1,2\n"}, repo_type="dataset")
    assert fs.ls(f"datasets/{data}", detail=False) == [f"datasets/{data}/d", f"datasets/{data}/.gitattributes"]
    assert fs.read_text(f"hf://datasets/{data}/d/train.csv") == "a,b\n1,2\n"


@check("what is missing or private is FileNotFoundError")
def _():
    hidden = new_repo("fs-private", private=True)
    put(hidden, {"a.txt": "secret"})
    assert fs.read_text(f"{hidden}/a.txt") == "secret"
    refused(FileNotFoundError, lambda: anonymous.ls(hidden))
    refused(FileNotFoundError, lambda: fs.ls(f"{repo}x"))
    refused(FileNotFoundError, lambda: fs.info(f"{repo}/none"))
    refused(FileNotFoundError, lambda: fs.open(f"{repo}/none", "rb"))
    assert not fs.exists("gpt2/none")


finish()
