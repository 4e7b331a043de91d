# Asks the hub, which runs the model itself. Nothing to install; HF_TOKEN is used where the repository asks for one.
import json
import os
import sys
import urllib.request

MODEL = {{model}}
COMMIT = {{commit}}
ENDPOINT = os.environ.get("MODELZOO_ENDPOINT", {{endpoint}})

headers = {"Content-Type": {{contentType}}}
if os.environ.get("HF_TOKEN"):
    headers["Authorization"] = "Bearer " + os.environ["HF_TOKEN"]
{{#noFiles}}
with open(sys.argv[1], "rb") as file:  # a picture or a sound
    body = file.read()
{{/noFiles}}
{{^noFiles}}
inputs = json.loads(sys.argv[1] if len(sys.argv) > 1 else {{example}})  # a text in quotation marks, a row of numbers, or a list of them
body = json.dumps({"inputs": inputs, "revision": COMMIT}).encode()
{{/noFiles}}
request = urllib.request.Request(f"{ENDPOINT}/api/models/{MODEL}/infer?revision={COMMIT}", body, headers)
with urllib.request.urlopen(request, timeout=120) as answer:
    print(json.dumps(json.load(answer)["outputs"]))
