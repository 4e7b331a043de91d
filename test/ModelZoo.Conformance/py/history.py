"""References, history, squash, moving, settings, deletion, through huggingface_hub."""

from checks import *  # noqa: F403
from huggingface_hub.utils import BadRequestError, HfHubHTTPError, RepositoryNotFoundError, RevisionNotFoundError


@check("list_repo_refs: branches, tags, and pull requests only when asked for")
def _():
    name = new_repo("refs")
    head = put(name, {"a.txt": "a"}).oid
    api.create_branch(name, branch="dev")
    api.create_tag(name, tag="v1", tag_message="annotated")
    api.create_tag(name, tag="v0", revision=api.list_repo_commits(name)[-1].commit_id)
    refs = api.list_repo_refs(name)
    assert {(b.name, b.ref, b.target_commit) for b in refs.branches} == {("main", "refs/heads/main", head), ("dev", "refs/heads/dev", head)}, refs
    assert {t.name: t.ref for t in refs.tags} == {"v1": "refs/tags/v1", "v0": "refs/tags/v0"}, refs
    assert {t.name: t.target_commit for t in refs.tags}["v1"] == head and refs.converts == [] and refs.pull_requests is None, refs
    assert api.list_repo_refs(name, include_pull_requests=True).pull_requests == []


@check("create_branch and delete_branch")
def _():
    name = new_repo("branches")
    first = put(name, {"a.txt": "1"}).oid
    put(name, {"a.txt": "2"})
    api.create_branch(name, branch="old", revision=first)
    assert content(name, "a.txt", revision="old") == b"1"
    refused(HfHubHTTPError, lambda: api.create_branch(name, branch="old"), status=409, words="already exists")
    api.create_branch(name, branch="old", exist_ok=True)
    assert content(name, "a.txt", revision="old") == b"1"
    api.create_branch(name, branch="deep/er/branch")
    put(name, {"b.txt": "b"}, revision="deep/er/branch")
    assert files_of(name, revision="deep/er/branch") == ["a.txt", "b.txt"]
    assert content(name, "b.txt", revision="deep/er/branch") == b"b"
    refused(RevisionNotFoundError, lambda: api.create_branch(name, branch="x", revision="nowhere"), status=404)
    refused((BadRequestError,), lambda: api.create_branch(name, branch="bad..name"), status=400, words="Invalid reference for a branch")
    api.delete_branch(name, branch="deep/er/branch")
    try:
        api.delete_branch(name, branch="deep/er/branch")
    except HfHubHTTPError as error:
        assert error.response.status_code == 404 and "Invalid rev id" in str(error), error
    else:
        raise AssertionError("deleted twice")
    try:
        api.delete_branch(name, branch="main")
    except HfHubHTTPError as error:
        assert 400 <= error.response.status_code < 500 and "Cannot delete refs/heads/main" in str(error), error
    else:
        raise AssertionError("main was deleted")


@check("create_tag and delete_tag")
def _():
    name = new_repo("tags")
    first = put(name, {"a.txt": "1"}).oid
    put(name, {"a.txt": "2"})
    api.create_tag(name, tag="v1", revision=first, tag_message="The first")
    assert content(name, "a.txt", revision="v1") == b"1" and api.model_info(name, revision="v1").sha == first
    refused(HfHubHTTPError, lambda: api.create_tag(name, tag="v1"), status=409)
    api.create_tag(name, tag="v1", exist_ok=True)
    assert content(name, "a.txt", revision="refs/tags/v1") == b"1"
    refused(RevisionNotFoundError, lambda: api.create_tag(name, tag="v2", revision="nowhere"), status=404)
    refused(BadRequestError, lambda: api.create_tag(name, tag="bad..tag"), status=400)
    api.create_branch(name, branch="v1")
    assert content(name, "a.txt", revision="v1") == b"2", "a branch goes before a tag of the same name"
    api.delete_branch(name, branch="v1")
    api.delete_tag(name, tag="v1")
    refused(RevisionNotFoundError, lambda: api.delete_tag(name, tag="v1"), status=404)
    assert not api.revision_exists(name, "v1")


@check("list_repo_commits: newest first, formatted, from any revision, over pages")
def _():
    name = new_repo("commits")
    oids = [put(name, {"n.txt": f"{i}"}, message=f"change {i}\n\nmore *words* {i}").oid for i in range(3)]
    commits = api.list_repo_commits(name)
    assert [c.title for c in commits] == ["change 2", "change 1", "change 0", "initial commit"], commits
    assert [c.commit_id for c in commits[:3]] == oids[::-1] and commits[0].message.strip() == "more *words* 2" and commits[0].authors == ["ada"], commits
    assert commits[0].created_at >= commits[1].created_at and commits[0].formatted_title is None
    formatted = api.list_repo_commits(name, formatted=True, revision=oids[1])
    assert len(formatted) == 3 and "change 1" in formatted[0].formatted_title, formatted
    many = new_repo("many-commits")
    for i in range(60):
        put(many, {"n.txt": f"{i}"}, message=f"{i}")
    assert [c.title for c in api.list_repo_commits(many)] == [str(i) for i in range(59, -1, -1)] + ["initial commit"]
    refused(RevisionNotFoundError, lambda: api.list_repo_commits(name, revision="nowhere"), status=404)


@check("super_squash_history leaves one commit with the same files, and other references alone")
def _():
    name = new_repo("squash")
    for i in range(4):
        put(name, {f"{i}.txt": f"{i}", "w.bin": f"weights {i}"})
    before = api.model_info(name).sha
    api.create_tag(name, tag="before")
    tree = {f.path: f.blob_id for f in api.list_repo_tree(name)}
    api.super_squash_history(name, commit_message="all in one")
    assert [c.title for c in api.list_repo_commits(name)] == ["all in one"]
    assert {f.path: f.blob_id for f in api.list_repo_tree(name)} == tree and content(name, "w.bin") == b"weights 3"
    assert len(api.list_repo_commits(name, revision="before")) == 5 and api.model_info(name, revision="before").sha == before
    put(name, {"after.txt": "x"})
    assert len(api.list_repo_commits(name)) == 2
    api.create_branch(name, branch="side")
    api.super_squash_history(name, branch="side")
    assert len(api.list_repo_commits(name, revision="side")) == 1 and len(api.list_repo_commits(name)) == 2


@check("move_repo: the old name leads to the new one, also for a private repository")
def _():
    for private in (False, True):
        old = new_repo("old-name", private=private)
        put(old, {"a.txt": "a", "w.bin": pattern(50_000)})
        new = f"ada/{unique('py-new-name')}"
        api.move_repo(old, new)
        assert content(new, "a.txt") == b"a"
        assert content(old, "a.txt") == b"a" and content(old, "w.bin") == pattern(50_000)
        assert api.model_info(old).id == new and files_of(old) == ["a.txt", "w.bin"]
        assert Path(api.snapshot_download(old, cache_dir=SCRATCH / "moved") + "/a.txt").read_bytes() == b"a"
        put(old, {"b.txt": "through the old name"})
        assert content(new, "b.txt") == b"through the old name"
        if private:
            assert not nobody.repo_exists(old)
    taken = new_repo("taken")
    refused((HfHubHTTPError, BadRequestError), lambda: api.move_repo(new, taken), words="already exists")
    api.create_repo(old)
    assert files_of(old) == [] and "a.txt" in files_of(new)


@check("duplicate_repo: the same history under another name")
def _():
    if not hasattr(api, "duplicate_repo"):
        return
    origin = new_repo("origin")
    put(origin, {"a.txt": "a", "w.bin": pattern(50_000)})
    copy = f"ada/{unique('py-copy')}"
    assert api.duplicate_repo(origin, copy).repo_id == copy
    assert content(copy, "w.bin") == pattern(50_000) and api.model_info(copy).sha == api.model_info(origin).sha
    refused((HfHubHTTPError, BadRequestError), lambda: api.duplicate_repo(origin, copy), words="already created")
    assert api.duplicate_repo(origin, copy, exist_ok=True).repo_id == copy


@check("update_repo_settings: visibility and back")
def _():
    name = new_repo("settings")
    put(name, {"a.txt": "a"})
    api.update_repo_settings(name, private=True)
    assert api.model_info(name).private is True and not nobody.repo_exists(name)
    api.update_repo_settings(name, private=False)
    assert api.model_info(name).private is False and nobody.repo_exists(name)
    if GENERATION == 0:
        assert api.update_repo_visibility(name, private=True) == {"private": True}


@check("auth_check")
def _():
    name = new_repo("auth", private=True)
    api.auth_check(name)
    refused(RepositoryNotFoundError, lambda: nobody.auth_check(name), status=401)
    refused(RepositoryNotFoundError, lambda: api.auth_check(name + "x"), status=404)
    if GENERATION:
        api.auth_check(name, write=True)


@check("delete_repo, missing_ok, and the name free again")
def _():
    name = new_repo("delete")
    put(name, {"a.txt": "a", "w.bin": b"w"})
    api.delete_repo(name)
    assert not api.repo_exists(name)
    refused(RepositoryNotFoundError, lambda: api.delete_repo(name), status=404)
    api.delete_repo(name, missing_ok=True)
    api.create_repo(name)
    assert api.list_repo_files(name) == [".gitattributes"] and len(api.list_repo_commits(name)) == 1
    both = new_repo("both")
    api.create_repo(both, repo_type="dataset")
    api.delete_repo(both, repo_type="dataset")
    assert api.repo_exists(both) and not api.repo_exists(both, repo_type="dataset")


finish()
