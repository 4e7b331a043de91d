import json
import os

MODEL = {{model}}
COMMIT = {{commit}}
os.environ["HF_ENDPOINT"] = os.environ.get("MODELZOO_ENDPOINT", {{endpoint}})  # before the import: it is read once

from transformers import pipeline

run = pipeline({{task}}, model=MODEL, revision=COMMIT)
EXAMPLES = {{examples}}


def read(record):
    """One input: a string (a text, or the path of a picture), or an object with "text" or "file"."""
    value = (record.get("text") or record.get("file")) if isinstance(record, dict) else record
    if not isinstance(value, str):
        raise ValueError('a record is a string, or has a "text" or a "file"')
    return value


def predict(items):
    return [{"output": json.loads(json.dumps(answer, default=str))} for answer in run(list(items))]
