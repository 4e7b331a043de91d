import json
import os

import numpy as np
import onnxruntime as ort
from huggingface_hub import hf_hub_download
from tokenizers import Tokenizer

{{>fetch}}
INPUTS = {{inputs}}  # as the graph names them, with their types
CONTEXT = {{maxTokens}}
NEW_TOKENS = min(40, CONTEXT // 2)
END = {{endIds}}  # tokens that end a text

tokenizer = Tokenizer.from_file(paths["tokenizer.json"])
session = ort.InferenceSession(paths[{{graph}}], providers=["CPUExecutionProvider"])
names = [output.name for output in session.get_outputs()]
# The empty past: one sequence, no token yet.
empty = {
    port.name: np.zeros([size if isinstance(size, int) else int(axis == 0) for axis, size in enumerate(port.shape)], np.float16 if "float16" in port.type else np.float32)
    for port in session.get_inputs()
    if port.name.startswith("past_key_values.")
}
EXAMPLES = ["ROMEO:", "Once upon a time"]


def read(record):
    """The prompt of one record: a string, or an object with "text"."""
    text = record.get("text") if isinstance(record, dict) else record
    if not isinstance(text, str) or not text:
        raise ValueError('a record is a string, or has a "text"; it may not be empty')
    return text


def predict(prompts):
    return [{"text": generate(prompt)} for prompt in prompts]


def generate(prompt):
    """The likeliest token each time. Keys and values of what was read are kept, so each new token costs one."""
    ids = tokenizer.encode(prompt).ids[-(CONTEXT - NEW_TOKENS):]
    step, past, seen, written = ids, empty, 0, []
    for _ in range(NEW_TOKENS):
        total = seen + len(step)
        parts = {"input_ids": [step], "attention_mask": [[1] * total], "position_ids": [list(range(seen, total))]}
        feeds = {name: np.array(parts[name], dtype=kind) for name, kind in INPUTS.items() if name in parts}
        outputs = dict(zip(names, session.run(None, {**feeds, **past})))
        token = int(outputs["logits"][0, -1].argmax())
        if token in END:
            break
        written.append(token)
        if past:
            step, seen = [token], total
            past = {name: outputs[name.replace("past_key_values", "present")] for name in past}
        else:
            step = ids + written
    return tokenizer.decode(written)
