MODEL = {{model}}
COMMIT = {{commit}}
ENDPOINT = os.environ.get("MODELZOO_ENDPOINT", {{endpoint}})
FILES = {{files}}

# Brought once and kept in the client's cache; HF_TOKEN is used where the repository asks for one.
paths = {name: hf_hub_download(MODEL, name, revision=COMMIT, endpoint=ENDPOINT) for name in FILES}
