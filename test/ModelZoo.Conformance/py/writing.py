"""Creating repositories and committing, through huggingface_hub."""

from checks import *  # noqa: F403
from huggingface_hub import CommitOperationAdd, CommitOperationCopy, CommitOperationDelete
from huggingface_hub.utils import BadRequestError, EntryNotFoundError, HfHubHTTPError, RepositoryNotFoundError

from concurrent.futures import ThreadPoolExecutor


@check("whoami names the caller, the kind of token and its organisations")
def _():
    me = api.whoami()
    assert me["name"] == "ada" and me["type"] == "user" and isinstance(me["orgs"], list), me
    assert me["auth"]["accessToken"]["role"] in ("read", "write", "fineGrained"), me
    assert me["auth"]["accessToken"]["displayName"], me


@check("create_repo answers an address the client can take apart")
def _():
    name = f"ada/{unique('py-create')}"
    url = api.create_repo(name)
    assert str(url) == f"{HUB}/{name}", url
    assert (url.repo_id, url.repo_type, url.endpoint, url.namespace) == (name, "model", HUB, "ada"), repr(url)
    data = api.create_repo(name, repo_type="dataset", private=True)
    assert str(data) == f"{HUB}/datasets/{name}" and data.repo_type == "dataset", repr(data)
    space = api.create_repo(name, repo_type="space", space_sdk="static")
    assert str(space) == f"{HUB}/spaces/{name}" and space.repo_type == "space", repr(space)
    assert sorted(api.list_repo_files(name, repo_type="space")) == [".gitattributes", "README.md", "index.html"]
    assert api.list_repo_files(name) == [".gitattributes"]
    assert api.dataset_info(name).private is True
    assert content(name, ".gitattributes").splitlines()[0] == b"*.7z filter=lfs diff=lfs merge=lfs -text"


@check("create_repo with a bare name goes to the caller's own namespace")
def _():
    bare = unique("py-bare")
    assert api.create_repo(bare).repo_id == f"ada/{bare}"


@check("create_repo again: 409, and exist_ok reads the address from it")
def _():
    name = new_repo("twice")
    refused(HfHubHTTPError, lambda: api.create_repo(name), status=409, words="already created")
    assert api.create_repo(name, exist_ok=True).repo_id == name


@check("create_repo with a bad name is refused before or by the hub")
def _():
    import huggingface_hub.utils as utils

    for bad in ("ada/name.git", "ada/" + "x" * 97):
        refused((utils.HFValidationError, BadRequestError), lambda: api.create_repo(bad))


@check("upload_file from bytes, from a path and from an open file")
def _():
    name = new_repo("file")
    info = api.upload_file(path_or_fileobj=b"bytes", path_in_repo="a.txt", repo_id=name, commit_message="from bytes", commit_description="why")
    assert info.commit_url == f"{HUB}/{name}/commit/{info.oid}" and len(info.oid) == 40, info
    assert info.commit_message == "from bytes" and info.pr_url is None, info
    path = SCRATCH / "local.txt"
    path.write_text("path")
    api.upload_file(path_or_fileobj=str(path), path_in_repo="sub/b.txt", repo_id=name)
    with path.open("rb") as file:
        api.upload_file(path_or_fileobj=file, path_in_repo="c.bin", repo_id=name)
    assert [content(name, f) for f in ("a.txt", "sub/b.txt", "c.bin")] == [b"bytes", b"path", b"path"]
    head = api.list_repo_commits(name)[2]
    assert (head.title, head.message.strip(), head.authors) == ("from bytes", "why", ["ada"]), head


@check("an unchanged file is not committed again")
def _():
    name = new_repo("same")
    first = put(name, {"a.txt": "same", "w.bin": b"same"})
    second = put(name, {"a.txt": "same", "w.bin": b"same"})
    assert len(api.list_repo_commits(name)) == 2
    assert second.oid == first.oid, (first.oid, second.oid)
    third = put(name, {"a.txt": "same", "w.bin": b"other"})
    assert third.oid != first.oid and content(name, "w.bin") == b"other"


@check("empty files are kept, also where LFS rules match")
def _():
    name = new_repo("empty")
    put(name, {"empty.txt": b"", "empty.bin": b""})
    assert content(name, "empty.txt") == b"" and content(name, "empty.bin") == b""


@check("names that need care arrive under the same name")
def _():
    name = new_repo("names")
    names = [
        "with space.txt", "per%cent.txt", "100%25.txt", "question?.txt", "hash#tag.txt", "plus+and&.txt", "brackets[1].txt",
        "ünïcödé.txt", "深い/フォルダ/ファイル.txt", "emoji-🦜.txt", "quote'd.txt", 'double".txt', "a=b,c;d@e!.txt", ".hidden", "trailing-dot.", "a%2Fb.txt", "tilde~.txt",
    ]
    put(name, {n: n for n in names})
    assert files_of(name) == sorted(names), files_of(name)
    for n in names:
        assert content(name, n) == n.encode(), n
    assert {f.path for f in api.get_paths_info(name, names)} == set(names)
    assert [f.path for f in api.list_repo_tree(name, "深い/フォルダ")] == ["深い/フォルダ/ファイル.txt"]


@check("create_commit: additions, copies and deletions at once")
def _():
    name = new_repo("operations")
    put(name, {"keep.txt": "keep", "gone.txt": "gone", "folder/a": "a", "folder/b": "b", "w.bin": b"weights", "text.txt": "text"})
    api.create_commit(
        name,
        [
            CommitOperationAdd("new.txt", b"new"),
            CommitOperationAdd("keep.txt", b"changed"),
            CommitOperationCopy("w.bin", "copy/w.bin"),
            CommitOperationCopy("text.txt", "copy/text.txt"),
            CommitOperationDelete("gone.txt"),
            CommitOperationDelete("folder/"),
        ],
        commit_message="everything",
    )
    assert files_of(name) == ["copy/text.txt", "copy/w.bin", "keep.txt", "new.txt", "text.txt", "w.bin"], files_of(name)
    assert content(name, "copy/w.bin") == b"weights" and content(name, "copy/text.txt") == b"text" and content(name, "keep.txt") == b"changed"
    copied, original = api.get_paths_info(name, ["copy/w.bin", "w.bin"])
    assert copied.lfs.sha256 == original.lfs.sha256 and copied.blob_id == original.blob_id
    assert len(api.list_repo_commits(name)) == 3


@check("a copy from an older revision")
def _():
    name = new_repo("copy-old")
    first = put(name, {"a.txt": "old", "w.bin": b"old weights"})
    put(name, {"a.txt": "new", "w.bin": b"new weights"})
    api.create_commit(
        name,
        [CommitOperationCopy("a.txt", "old.txt", src_revision=first.oid), CommitOperationCopy("w.bin", "old.bin", src_revision=first.oid)],
        commit_message="bring back",
    )
    assert content(name, "old.txt") == b"old" and content(name, "old.bin") == b"old weights"
    refused(EntryNotFoundError, lambda: api.create_commit(name, [CommitOperationCopy("absent", "x")], commit_message="no"))


@check("three hundred files in one commit")
def _():
    name = new_repo("many")
    put(name, {f"d{i % 7}/f{i:03}.txt": f"{i}" for i in range(300)})
    assert len(files_of(name)) == 300


@check("a stale parent is refused with 412 and both known sentences, and nothing is written")
def _():
    name = new_repo("parent")
    first = put(name, {"a.txt": "1"})
    second = put(name, {"a.txt": "2"}, parent_commit=first.oid)
    error = refused(
        HfHubHTTPError,
        lambda: put(name, {"b.txt": "3"}, parent_commit=first.oid),
        status=412,
        words=(
            "A commit has happened since. Please refresh and try again.",
            "The branch was updated since you opened this page. Please refresh and try again.",
        ),
    )
    assert error.request_id, "no request id on the error"
    assert files_of(name) == ["a.txt"] and api.model_info(name).sha == second.oid


@check("sixteen commits at once without a parent all succeed")
def _():
    name = new_repo("crowd")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda i: put(name, {f"{i}.txt": f"{i}"}), range(16)))
    assert len(files_of(name)) == 16 and len(api.list_repo_commits(name)) == 17


@check("delete_file, delete_files with patterns, delete_folder")
def _():
    name = new_repo("delete")
    put(name, {"a.txt": "a", "b.txt": "b", "c.log": "c", "d/1": "1", "d/e/2": "2", "keep.md": "k"})
    api.delete_file("a.txt", name)
    api.delete_files(name, ["*.txt", "*.log"])
    assert files_of(name) == ["d/1", "d/e/2", "keep.md"], files_of(name)
    api.delete_folder("d", name)
    assert files_of(name) == ["keep.md"], files_of(name)
    refused(
        ENTRY_ABSENT, lambda: api.delete_file("a.txt", name), status=404, words="A file with this name doesn't exist",
    )


def folder_with(files):
    import tempfile

    root = Path(tempfile.mkdtemp(dir=SCRATCH))
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(text.encode() if isinstance(text, str) else text)
    return root


@check("upload_folder: allow, ignore and delete patterns, a folder inside the repository")
def _():
    name = new_repo("folder")
    root = folder_with({"README.md": "---\nlicense: mit\n---\n# x\n", "a.txt": "a", "logs/x.log": "x", "model.bin": b"w", ".git/config": "never", "sub/b.txt": "b"})
    api.upload_folder(repo_id=name, folder_path=root, ignore_patterns=["*.log"])
    assert files_of(name) == ["README.md", "a.txt", "model.bin", "sub/b.txt"], files_of(name)
    api.upload_folder(repo_id=name, folder_path=root, path_in_repo="logs", allow_patterns=["**/*.log", "*.log"])
    assert "logs/logs/x.log" in files_of(name), files_of(name)
    other = folder_with({"new.txt": "new"})
    api.upload_folder(repo_id=name, folder_path=other, delete_patterns=["*.txt", "logs/**"], commit_message="swap")
    assert files_of(name) == ["README.md", "model.bin", "new.txt"], files_of(name)


@check("a .gitignore, sent along or already there, leaves files out")
def _():
    name = new_repo("ignored")
    api.upload_folder(repo_id=name, folder_path=folder_with({".gitignore": "*.tmp\n/build/\n!keep.tmp\n", "a.tmp": "x", "keep.tmp": "k", "build/o": "o", "src/build/p": "p"}))
    assert files_of(name) == [".gitignore", "keep.tmp", "src/build/p"], files_of(name)
    api.upload_folder(repo_id=name, folder_path=folder_with({"b.tmp": "x", "b.txt": "b"}))
    assert files_of(name) == [".gitignore", "b.txt", "keep.tmp", "src/build/p"], files_of(name)


@check("upload_folder to a branch and to a dataset")
def _():
    name = new_repo("branch")
    api.create_branch(name, branch="dev")
    api.upload_folder(repo_id=name, folder_path=folder_with({"a.txt": "dev"}), revision="dev")
    assert files_of(name) == [] and files_of(name, revision="dev") == ["a.txt"]
    data = new_repo("data", repo_type="dataset")
    info = api.upload_folder(repo_id=data, folder_path=folder_with({"train.csv": "a,b\n", "t.parquet": b"PAR1"}), repo_type="dataset")
    assert info.commit_url.startswith(f"{HUB}/datasets/{data}/commit/"), info
    assert content(data, "t.parquet", repo_type="dataset") == b"PAR1"


@check("upload_large_folder sends everything, in its own small commits")
def _():
    name = new_repo("large-folder")
    files = {f"part{i}/{j}.txt": f"{i} {j}" for i in range(3) for j in range(8)} | {"weights.bin": pattern(300_000), "README.md": "---\nlicense: mit\n---\n"}
    root = folder_with(files)
    api.upload_large_folder(repo_id=name, folder_path=root, repo_type="model", print_report=False, num_workers=2)
    assert files_of(name) == sorted(files), files_of(name)
    assert content(name, "weights.bin") == pattern(300_000)


@check("a commit to a tag, to a commit id or to nothing known is refused")
def _():
    name = new_repo("not-a-branch")
    first = put(name, {"a.txt": "a"})
    api.create_tag(name, tag="v1")
    for revision in ("v1", first.oid):
        try:
            put(name, {"b.txt": "b"}, revision=revision)
        except HfHubHTTPError as error:
            assert 400 <= error.response.status_code < 500, error
        else:
            raise AssertionError(f"a commit to {revision} was accepted")
    from huggingface_hub.utils import RevisionNotFoundError

    refused(RevisionNotFoundError, lambda: put(name, {"b.txt": "b"}, revision="nowhere"), status=404)
    refused(RepositoryNotFoundError, lambda: put(f"ada/{unique('nowhere')}", {"b.txt": "b"}), status=404)


finish()
