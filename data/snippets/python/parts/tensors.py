import json
import os

import numpy as np
import onnxruntime as ort
from huggingface_hub import hf_hub_download

{{>fetch}}
# The graph takes these: {name: (type, shape)}, None where a length is open. Nothing in the repository says how they are made from pictures or texts.
INPUTS = {{tensors}}

session = ort.InferenceSession(paths[{{graph}}], providers=["CPUExecutionProvider"])
names = [output.name for output in session.get_outputs()]
EXAMPLES = [{name: np.zeros([size or 1 for size in shape], kind).tolist() for name, (kind, shape) in INPUTS.items()}]


def read(record):
    """One call: an object that names every input, each a (nested) list of numbers."""
    if not isinstance(record, dict) or set(record) - {"id"} != set(INPUTS):
        raise ValueError(f"a record is an object with {', '.join(INPUTS)}")
    return {name: np.array(record[name], dtype=kind) for name, (kind, _) in INPUTS.items()}


def predict(calls):
    return [{name: np.asarray(value).tolist() for name, value in zip(names, session.run(None, call))} for call in calls]
