"""Discussions and pull requests, through huggingface_hub: by the owner and by somebody who may only read."""

import base64
import json
import urllib.request

from checks import *  # noqa: F403
from huggingface_hub import CommitOperationAdd
from huggingface_hub.utils import BadRequestError, HfHubHTTPError, RepositoryNotFoundError


def ask(path, body, credentials):
    request = urllib.request.Request(HUB + path, json.dumps(body).encode(), {"Content-Type": "application/json", "Authorization": credentials})
    with urllib.request.urlopen(request) as response:
        return json.load(response)


def somebody():
    """Another account of the hub, with a token of its own."""
    handle, password = unique("eve"), "a long enough password"
    ask("/api/zoo/accounts", {"handle": handle, "password": password}, f"Bearer {TOKEN}")
    made = ask("/api/zoo/tokens", {"name": "test", "role": "write"}, "Basic " + base64.b64encode(f"{handle}:{password}".encode()).decode())
    return handle, HfApi(endpoint=HUB, token=made["token"])


EVE, eve = somebody()
LARGE = pattern(60_000)


@check("create_discussion, comment, edit, hide, rename, close and open again")
def _():
    name = new_repo("talk")
    opened = eve.create_discussion(name, title="Hi, which licence?", description="I *wonder*.")
    assert (opened.num, opened.status, opened.author, opened.is_pull_request) == (1, "open", EVE, False), opened
    assert opened.url == f"{HUB}/{name}/discussions/1" and opened.repo_id == name and opened.repo_type == "model", opened
    assert opened.git_reference is None and opened.target_branch is None and opened.diff is None, opened
    first = opened.events[0]
    assert first.type == "comment" and first.content == "I *wonder*." and "<em>wonder</em>" in first.rendered and first.author == EVE, first

    answer = api.comment_discussion(name, 1, "MIT, says the *card*.")
    assert answer.author == "ada" and answer.content == "MIT, says the *card*." and not answer.edited and not answer.hidden, answer
    edited = api.edit_discussion_comment(name, 1, comment_id=answer.id, new_content="Apache, I mean.")
    assert edited.edited and edited.content == "Apache, I mean." and edited.last_edited_by == "ada" and edited.last_edited_at >= edited.created_at, edited
    assert [v["raw"] for v in edited.edit_history] == ["MIT, says the *card*.", "Apache, I mean."], edited.edit_history
    refused((HfHubHTTPError,), lambda: eve.edit_discussion_comment(name, 1, comment_id=answer.id, new_content="no"), status=403)
    hidden = api.hide_discussion_comment(name, 1, comment_id=answer.id)
    assert hidden.hidden and hidden.content == "", hidden

    renamed = eve.rename_discussion(name, 1, "Which licence is it?")
    assert (renamed.old_title, renamed.new_title) == ("Hi, which licence?", "Which licence is it?"), renamed
    closed = eve.change_discussion_status(name, 1, "closed", comment="Never mind.")
    assert closed.new_status == "closed", closed
    api.change_discussion_status(name, 1, "open")
    details = nobody.get_discussion_details(name, 1)
    assert [e.type for e in details.events] == ["comment", "comment", "title-change", "comment", "status-change", "status-change"], details.events
    assert details.title == "Which licence is it?" and details.status == "open"


@check("get_repo_discussions: all pages, newest first, filtered")
def _():
    name = new_repo("threads", repo_type="dataset")
    for i in range(52):
        (api if i % 2 else eve).create_discussion(name, title=f"Thread {i + 1}", repo_type="dataset", pull_request=i == 50)
    api.change_discussion_status(name, 1, "closed", repo_type="dataset")
    find = lambda **filters: [d.num for d in nobody.get_repo_discussions(name, repo_type="dataset", **filters)]
    assert find() == list(range(52, 0, -1)), find()
    assert find(discussion_status="closed") == [1] and find(discussion_type="pull_request") == [51] and len(find(author=EVE)) == 26
    assert find(discussion_type="discussion", discussion_status="open") == [n for n in range(52, 1, -1) if n != 51]
    only = next(iter(nobody.get_repo_discussions(name, repo_type="dataset", discussion_type="pull_request")))
    assert (only.status, only.repo_type, only.git_reference) == ("draft", "dataset", "refs/pr/51") and only.url == f"{HUB}/datasets/{name}/discussions/51", only


@check("create_commit(create_pr=True) by a reader: inline and large files, merged by the owner")
def _():
    name = new_repo("proposal")
    put(name, {"config.json": "{}\n"})
    proposed = eve.create_commit(
        name, [CommitOperationAdd("config.json", b'{"a": 1}\n'), CommitOperationAdd("w.bin", LARGE)],
        commit_message="Set a", commit_description="It was *missing*.", create_pr=True)
    assert proposed.pr_num == 1 and proposed.pr_revision == "refs/pr/1" and proposed.pr_url == f"{HUB}/{name}/discussions/1", proposed
    details = api.get_discussion_details(name, 1)
    assert (details.status, details.author, details.title, details.is_pull_request) == ("open", EVE, "Set a", True), details
    assert details.target_branch == "refs/heads/main" and details.conflicting_files == [] and details.merge_commit_oid is None, details
    assert '+{"a": 1}' in details.diff and '-{}' in details.diff and [e.type for e in details.events] == ["comment", "commit"], details
    assert details.events[0].content == "It was *missing*." and (details.events[1].summary, details.events[1].oid) == ("Set a", proposed.oid), details.events
    assert content(name, "w.bin", revision="refs/pr/1") == LARGE and content(name, "config.json", revision="refs/pr/1") == b'{"a": 1}\n'
    assert content(name, "config.json") == b"{}\n" and api.model_info(name, revision="refs/pr/1").sha == proposed.oid
    refs = api.list_repo_refs(name, include_pull_requests=True)
    assert [(r.name, r.ref, r.target_commit) for r in refs.pull_requests] == [("1", "refs/pr/1", proposed.oid)] and api.list_repo_refs(name).pull_requests is None, refs
    assert api.list_repo_commits(name, revision="refs/pr/1")[0].commit_id == proposed.oid

    refused((HfHubHTTPError,), lambda: eve.merge_pull_request(name, 1), status=403)
    api.merge_pull_request(name, 1, comment="Thanks.")
    details = api.get_discussion_details(name, 1)
    assert details.status == "merged" and details.merge_commit_oid == api.model_info(name).sha, details
    assert content(name, "w.bin") == LARGE and '+{"a": 1}' in details.diff
    refused((HfHubHTTPError, BadRequestError), lambda: api.merge_pull_request(name, 1))


@check("create_pull_request: a draft that upload_folder and upload_file fill, published and merged")
def _():
    name = new_repo("draft")
    draft = eve.create_pull_request(name, title="In steps")
    assert (draft.status, draft.num, draft.git_reference, draft.diff) == ("draft", 1, "refs/pr/1", ""), draft
    folder = SCRATCH / "steps"
    (folder / "sub").mkdir(parents=True)
    (folder / "a.txt").write_text("a")
    (folder / "sub" / "w.bin").write_bytes(LARGE)
    eve.upload_folder(repo_id=name, folder_path=folder, revision="refs/pr/1")
    eve.upload_file(repo_id=name, path_or_fileobj=b"b", path_in_repo="b.txt", revision="refs/pr/1")
    refused((HfHubHTTPError,), lambda: eve.upload_file(repo_id=name, path_or_fileobj=b"b", path_in_repo="b.txt"), status=403)
    assert files_of(name, revision="refs/pr/1") == ["a.txt", "b.txt", "sub/w.bin"] and files_of(name) == []
    assert [c.path for c in api.list_repo_tree(name, revision="refs/pr/1", path_in_repo="sub")] == ["sub/w.bin"]
    eve.change_discussion_status(name, 1, "open")
    api.merge_pull_request(name, 1)
    assert files_of(name) == ["a.txt", "b.txt", "sub/w.bin"] and content(name, "sub/w.bin") == LARGE


@check("upload_folder(create_pr=True) and upload_file(create_pr=True)")
def _():
    name = new_repo("folder")
    folder = SCRATCH / "folder"
    folder.mkdir()
    (folder / "a.txt").write_text("a")
    eve.upload_folder(repo_id=name, folder_path=folder, create_pr=True, commit_message="A folder")
    eve.upload_file(repo_id=name, path_or_fileobj=LARGE, path_in_repo="w.bin", create_pr=True)
    first, second = api.get_discussion_details(name, 1), api.get_discussion_details(name, 2)
    assert (first.title, first.status, first.author) == ("A folder", "open", EVE) and second.is_pull_request and files_of(name) == [], (first, second)
    assert files_of(name, revision="refs/pr/1") == ["a.txt"] and content(name, "w.bin", revision="refs/pr/2") == LARGE


@check("conflicts are named, and a merge with them is refused")
def _():
    name = new_repo("conflict")
    put(name, {"a.txt": "one\n", "b.txt": "b\n"})
    pr = api.create_commit(name, [CommitOperationAdd("a.txt", b"two\n")], commit_message="Two", create_pr=True)
    put(name, {"a.txt": "three\n"})
    assert api.get_discussion_details(name, pr.pr_num).conflicting_files == ["a.txt"]
    refused((HfHubHTTPError, BadRequestError), lambda: api.merge_pull_request(name, pr.pr_num), words="a.txt")
    api.create_commit(name, [CommitOperationAdd("a.txt", b"three\n"), CommitOperationAdd("b.txt", b"bb\n")], commit_message="Resolve", revision="refs/pr/1")
    api.merge_pull_request(name, pr.pr_num)
    assert content(name, "a.txt") == b"three\n" and content(name, "b.txt") == b"bb\n"


@check("parent_commit with create_pr is what the proposal begins at")
def _():
    name = new_repo("parent")
    first = put(name, {"a.txt": "1"}).oid
    put(name, {"a.txt": "2"})
    eve.create_commit(name, [CommitOperationAdd("b.txt", b"b")], commit_message="Older", create_pr=True, parent_commit=first)
    assert content(name, "a.txt", revision="refs/pr/1") == b"1" and content(name, "b.txt", revision="refs/pr/1") == b"b"
    api.merge_pull_request(name, 1)
    assert content(name, "a.txt") == b"2" and content(name, "b.txt") == b"b"


@check("a private repository's threads are as missing as the repository")
def _():
    name = new_repo("hidden", private=True)
    api.create_discussion(name, title="Between us")
    refused(RepositoryNotFoundError, lambda: list(eve.get_repo_discussions(name)), status=404)
    refused(RepositoryNotFoundError, lambda: nobody.get_discussion_details(name, 1), status=401)
    refused(RepositoryNotFoundError, lambda: eve.create_commit(name, [CommitOperationAdd("b.txt", b"b")], commit_message="x", create_pr=True), status=404)
    api.update_repo_settings(name, private=False)
    assert [d.title for d in eve.get_repo_discussions(name)] == ["Between us"]


finish()
