"""The two calls of huggingface_hub that the snippets make. Only where no checkout of the real client is named (MODELZOO_PY_HUB1)."""
import json
import os
import urllib.parse
import urllib.request


def hf_hub_download(repo_id, filename, *, revision, endpoint, repo_type="model"):
    prefix = "" if repo_type == "model" else repo_type + "s/"
    target = os.path.join(os.environ["HF_HOME"], repo_id, revision, filename)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    urllib.request.urlretrieve(f"{endpoint}/{prefix}{repo_id}/resolve/{revision}/{urllib.parse.quote(filename)}", target)
    return target


def snapshot_download(repo_id, *, repo_type, revision, endpoint):
    with urllib.request.urlopen(f"{endpoint}/api/{repo_type}s/{repo_id}/revision/{revision}") as answer:
        files = [sibling["rfilename"] for sibling in json.load(answer)["siblings"]]
    for name in files:
        hf_hub_download(repo_id, name, revision=revision, endpoint=endpoint, repo_type=repo_type)
    return os.path.join(os.environ["HF_HOME"], repo_id, revision)
