import base64
import io
import json
import os

import numpy as np
import onnxruntime as ort
from huggingface_hub import hf_hub_download
from PIL import Image

{{>fetch}}
# How pictures are prepared, from the repository's preprocessor_config.json at that commit.
MODE, RESAMPLE = {{mode}}, {{resample}}
SIZE, SHORTEST, CROP = {{size}}, {{shortest}}, {{crop}}  # (width, height), the shorter side, (width, height)
SCALE = {{scale}}
MEAN, DEVIATION = np.array({{mean}}, np.float32), np.array({{deviation}}, np.float32)

session = ort.InferenceSession(paths[{{graph}}], providers=["CPUExecutionProvider"])
{{#config}}
with open(paths["config.json"], encoding="utf-8") as file:
    labels = {int(key): label for key, label in json.load(file).get("id2label", {}).items()}
{{/config}}
{{^config}}
labels = {}
{{/config}}
EXAMPLES = []  # paths of pictures, from the command line


def read(record):
    """One picture: a path, an object with "file", or one with "image" in base64."""
    if isinstance(record, dict) and isinstance(record.get("image"), str):
        return prepare(Image.open(io.BytesIO(base64.b64decode(record["image"], validate=True))))
    path = record.get("file") if isinstance(record, dict) else record
    if not isinstance(path, str):
        raise ValueError('a record is a path, or has a "file" or an "image" in base64')
    with Image.open(path) as picture:
        return prepare(picture)


def prepare(picture):
    picture = picture.convert(MODE)
    if SIZE:
        picture = picture.resize(SIZE, RESAMPLE)
    elif SHORTEST:
        width, height = picture.size
        shorter, longer = min(width, height), max(width, height)
        other = SHORTEST * longer // shorter
        picture = picture.resize((SHORTEST, other) if width <= height else (other, SHORTEST), RESAMPLE)
    if CROP:
        left, top = (picture.size[0] - CROP[0]) // 2, (picture.size[1] - CROP[1]) // 2
        picture = picture.crop((left, top, left + CROP[0], top + CROP[1]))
    numbers = np.asarray(picture, np.float32).reshape(picture.size[1], picture.size[0], -1) * np.float32(SCALE)
    if len(MEAN):
        numbers = (numbers - MEAN) / DEVIATION
{{#channelsFirst}}
    numbers = numbers.transpose(2, 0, 1)
{{/channelsFirst}}
    return numbers


def predict(pictures):
{{#batches}}
    outputs = session.run([{{output}}], {{{input}}: np.stack(pictures).astype({{inputType}})})[0]
{{/batches}}
{{^batches}}
    # The graph takes one picture at a time.
    outputs = np.concatenate([session.run([{{output}}], {{{input}}: picture[None].astype({{inputType}})})[0] for picture in pictures])
{{/batches}}
    return [{"label": labels.get(int(row.argmax()), f"LABEL_{row.argmax()}"), "score": float(row.max())} for row in probabilities(outputs.astype(np.float64))]


def probabilities(rows):
    """As they are where they are that already."""
    if rows.min() >= 0 and np.allclose(rows.sum(axis=-1), 1, atol=1e-3):
        return rows
    scores = np.exp(rows - rows.max(axis=-1, keepdims=True))
    return scores / scores.sum(axis=-1, keepdims=True)
