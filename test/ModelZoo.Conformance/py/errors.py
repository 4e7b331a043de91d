"""Every error class that huggingface_hub maps from a refusal, on plain http."""

from checks import *  # noqa: F403
from huggingface_hub import hf_hub_url
from huggingface_hub.utils import (
    BadRequestError, EntryNotFoundError, HfHubHTTPError, LocalEntryNotFoundError, RepositoryNotFoundError, RevisionNotFoundError, get_session,
    hf_raise_for_status,
)

repo = new_repo("errors")
put(repo, {"a.txt": "a", "empty.txt": b""})
hidden = new_repo("hidden", private=True)
put(hidden, {"a.txt": "secret"})
missing = f"ada/{unique('never-made')}"
wrong = HfApi(endpoint=HUB, token="hf_ThisTokenWasNeverGivenToAnybody000000")
bearer = {"Authorization": f"Bearer {TOKEN}"}


def send(method, path, **options):
    response = getattr(get_session(), method)(HUB + path, headers=bearer, **options)
    hf_raise_for_status(response)
    return response


@check("RepositoryNotFoundError: missing, with and without a token, for every kind of call")
def _():
    for who, status in ((api, 404), (nobody, 401)):
        for call in (
            lambda: who.model_info(missing), lambda: who.repo_info(missing, repo_type="dataset"), lambda: list(who.list_repo_tree(missing)),
            lambda: who.get_paths_info(missing, "a"), lambda: who.list_repo_refs(missing), lambda: who.list_repo_commits(missing),
            lambda: who.hf_hub_download(missing, "a.txt", cache_dir=SCRATCH / "none"), lambda: who.snapshot_download(missing, cache_dir=SCRATCH / "none"),
            lambda: who.auth_check(missing),
        ):
            error = refused(RepositoryNotFoundError, call, status=status)
            assert error.request_id and error.server_message, repr(error)


@check("RepositoryNotFoundError: a private repository says nothing else")
def _():
    for call in (
        lambda: nobody.model_info(hidden), lambda: list(nobody.list_repo_tree(hidden)), lambda: nobody.get_paths_info(hidden, "a.txt"),
        lambda: nobody.list_repo_refs(hidden), lambda: nobody.list_repo_commits(hidden),
        lambda: nobody.hf_hub_download(hidden, "a.txt", cache_dir=SCRATCH / "none"), lambda: nobody.auth_check(hidden),
    ):
        error = refused(RepositoryNotFoundError, call, status=401)
        assert error.server_message == "Invalid username or password.", error.server_message


@check("RepositoryNotFoundError: an id of one segment")
def _():
    refused(RepositoryNotFoundError, lambda: api.dataset_info("gpt2"), status=404)
    refused(RepositoryNotFoundError, lambda: api.model_info("gpt2"), status=404)


@check("RevisionNotFoundError")
def _():
    for call in (
        lambda: api.model_info(repo, revision="nowhere"), lambda: list(api.list_repo_tree(repo, revision="nowhere")),
        lambda: api.get_paths_info(repo, "a.txt", revision="nowhere"), lambda: api.list_repo_commits(repo, revision="nowhere"),
        lambda: api.hf_hub_download(repo, "a.txt", revision="nowhere", cache_dir=SCRATCH / "none"),
        lambda: api.hf_hub_download(repo, "a.txt", revision="0" * 40, cache_dir=SCRATCH / "none"),
        lambda: put(repo, {"b.txt": "b"}, revision="nowhere"),
    ):
        refused(RevisionNotFoundError, call, status=404, words="Invalid rev id")


@check("EntryNotFoundError and LocalEntryNotFoundError")
def _():
    refused(ENTRY_ABSENT, lambda: api.hf_hub_download(repo, "none.txt", cache_dir=SCRATCH / "entry"), status=404)
    refused(ENTRY_ABSENT, lambda: list(api.list_repo_tree(repo, "none")), status=404)
    refused(ENTRY_ABSENT, lambda: api.hf_hub_download(repo, "a.txt/none", cache_dir=SCRATCH / "entry"), status=404)
    refused(LocalEntryNotFoundError, lambda: api.hf_hub_download(repo, "a.txt", cache_dir=SCRATCH / "void", local_files_only=True))
    assert issubclass(ENTRY_ABSENT, EntryNotFoundError)


@check("an invalid token is its own error, not a missing repository")
def _():
    try:
        wrong.whoami()      # 0.x raises the transport's own error here
    except Exception as error:
        assert error.response.status_code == 401 and "Invalid" in str(error), error
    for call in (lambda: wrong.model_info(repo), lambda: list(wrong.list_repo_tree(repo)), lambda: wrong.model_info(hidden)):
        refused(HfHubHTTPError, call, status=401, words="Invalid")
    refused(HfHubHTTPError, lambda: hf_raise_for_status(get_session().get(f"{HUB}/{repo}/resolve/main/a.txt", headers={"Authorization": "Bearer " + wrong.token})), status=401)


@check("BadRequestError")
def _():
    refused(BadRequestError, lambda: send("get", "/api/models?expand=nothing"), status=400)
    refused(BadRequestError, lambda: send("post", "/api/repos/create", json={"name": "two--dashes"}), status=400)


@check("HfHubHTTPError: 401 to write without a token, 409 for a name that is taken")
def _():
    refused((HfHubHTTPError, RepositoryNotFoundError), lambda: hf_raise_for_status(get_session().post(f"{HUB}/api/models/{repo}/preupload/main", json={"files": []})), status=401)
    refused(HfHubHTTPError, lambda: send("post", "/api/repos/create", json={"name": repo.split("/")[1]}), status=409)


@check("HfHubHTTPError: 416 past the end of a file")
def _():
    url = hf_hub_url(repo, "a.txt", endpoint=HUB)
    response = get_session().get(url, headers={**bearer, "Range": "bytes=5-"})
    refused(HfHubHTTPError, lambda: hf_raise_for_status(response), status=416)
    assert response.headers["Content-Range"] == "bytes */1", response.headers


@check("HfHubHTTPError: 403 for a reader's token that writes")
def _():
    reader = os.environ.get("READ_TOKEN")
    if not reader:
        skipped("a reader's token that writes", "set READ_TOKEN to a token with the read scope")
        return
    weak = HfApi(endpoint=HUB, token=reader)
    assert weak.model_info(hidden).id == hidden
    for call in (
        lambda: weak.upload_file(path_or_fileobj=b"x", path_in_repo="x.txt", repo_id=repo), lambda: weak.create_repo(missing),
        lambda: weak.delete_repo(repo), lambda: weak.create_tag(repo, tag="x"), lambda: weak.update_repo_settings(repo, private=True),
    ):
        refused(HfHubHTTPError, call, status=403)


@check("what the hub does not have answers 404 in JSON, without pretending a repository is missing")
def _():
    for path in ("/api/jobs/ada", "/api/daily_papers", f"/api/spaces/{repo}/runtime", "/api/nothing-here"):
        response = get_session().get(HUB + path, headers=bearer)
        assert response.status_code == 404 and response.headers["content-type"].startswith("application/json"), (path, response.status_code, response.headers)


finish()
