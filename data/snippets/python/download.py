# Brings all files, checked, into the client's cache; what is there already is not brought again.
#   pip install huggingface_hub
import os

from huggingface_hub import snapshot_download

REPO = {{model}}
COMMIT = {{commit}}
ENDPOINT = os.environ.get("MODELZOO_ENDPOINT", {{endpoint}})

print(snapshot_download(REPO, repo_type={{kind}}, revision=COMMIT, endpoint=ENDPOINT))
