import json
import os

import numpy as np
import onnxruntime as ort
from huggingface_hub import hf_hub_download
from tokenizers import Tokenizer

{{>fetch}}
INPUTS = {{inputs}}  # as the graph names them, with their types
MAX_TOKENS = {{maxTokens}}

tokenizer = Tokenizer.from_file(paths["tokenizer.json"])
tokenizer.enable_truncation(MAX_TOKENS)
tokenizer.enable_padding(pad_id={{padId}}, pad_token={{padToken}})
session = ort.InferenceSession(paths[{{graph}}], providers=["CPUExecutionProvider"])
{{#classify}}
{{#config}}
with open(paths["config.json"], encoding="utf-8") as file:
    labels = {int(key): label for key, label in json.load(file).get("id2label", {}).items()}
{{/config}}
{{^config}}
labels = {}
{{/config}}
{{/classify}}
EXAMPLES = ["How do I locate my card?", "The answer came at once."]


def read(record):
    """The text of one record: a string, or an object with "text"."""
    text = record.get("text") if isinstance(record, dict) else record
    if not isinstance(text, str):
        raise ValueError('a record is a string, or has a "text"')
    return text


def predict(texts):
    encoded = tokenizer.encode_batch(texts)
    parts = {
        "input_ids": [one.ids for one in encoded],
        "attention_mask": [one.attention_mask for one in encoded],
        "token_type_ids": [one.type_ids for one in encoded],
    }
    feeds = {name: np.array(parts[name], dtype=kind) for name, kind in INPUTS.items()}
    output = session.run([{{output}}], feeds)[0].astype(np.float64)
{{#classify}}
{{#multiLabel}}
    scores = 1 / (1 + np.exp(-output))
    return [{"labels": [{"label": label_of(i), "score": float(row[i])} for i in range(len(row)) if row[i] >= 0.5]} for row in scores]
{{/multiLabel}}
{{^multiLabel}}
    scores = np.exp(output - output.max(axis=-1, keepdims=True))
    scores /= scores.sum(axis=-1, keepdims=True)
    return [{"label": label_of(int(row.argmax())), "score": float(row.max())} for row in scores]
{{/multiLabel}}


def label_of(index):
    return labels.get(index, f"LABEL_{index}")
{{/classify}}
{{#embed}}
{{#poolMean}}
    mask = np.array(parts["attention_mask"])[:, :, None]
    output = (output * mask).sum(axis=1) / np.maximum(mask.sum(axis=1), 1)
{{/poolMean}}
{{#poolFirst}}
    output = output[:, 0]
{{/poolFirst}}
{{#unitLength}}
    output /= np.maximum(np.linalg.norm(output, axis=-1, keepdims=True), 1e-12)
{{/unitLength}}
    return [{"embedding": row.tolist()} for row in output]
{{/embed}}
