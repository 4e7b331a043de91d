import json
import os

import numpy as np
import onnxruntime as ort
from huggingface_hub import hf_hub_download

{{>fetch}}
WIDTH = {{width}}  # numbers in a row; None: as many as there are

session = ort.InferenceSession(paths[{{graph}}], providers=["CPUExecutionProvider"])
names = [output.name for output in session.get_outputs()]
EXAMPLES = [[0.0] * (WIDTH or 4), [1.0] * (WIDTH or 4)]


def read(record):
    """One row of numbers: a list, an object with "features", or a line of a CSV file, whose columns are taken in their order."""
    values = record.get("features", list(record.values())) if isinstance(record, dict) else record
    if not isinstance(values, list):
        raise ValueError('a record is a list of numbers, or has "features"')
    row = [float(value) for value in values]
    if WIDTH and len(row) != WIDTH:
        raise ValueError(f"{len(row)} numbers instead of {WIDTH}")
    return row


def predict(rows):
    outputs = session.run(None, {{{input}}: np.array(rows, dtype={{inputType}})})
    return [{name: plain(values[i]) for name, values in zip(names, outputs)} for i in range(len(rows))]


def plain(value):
    if isinstance(value, dict):
        return {str(key): float(score) for key, score in value.items()}
    return value.tolist() if hasattr(value, "tolist") else value
