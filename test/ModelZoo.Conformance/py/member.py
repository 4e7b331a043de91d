"""Loads a member of a population from its folder with transformers, and from its ONNX file with onnxruntime where that is installed; compares logits."""
import json
import os
import sys

import numpy as np
import torch
from transformers import AutoModelForImageClassification

folder = os.environ["MODEL_FOLDER"]
example = json.load(open(os.path.join(folder, "expected.json")))
pixels = np.array(example["pixels"], np.float32).reshape(example["shape"])
expected = np.array(example["logits"], np.float64)
limit = 2e-5 * np.abs(expected).max()


def compare(name, logits):
    worst = np.abs(np.asarray(logits, np.float64).reshape(-1) - expected).max()
    if not worst <= limit:
        sys.exit(f"{name}: logits differ by {worst}, more than {limit}")
    print(f"{name}: logits differ by at most {worst:.2e}")


model = AutoModelForImageClassification.from_pretrained(folder, local_files_only=True).eval()
with torch.no_grad():
    compare("transformers", model(pixel_values=torch.from_numpy(pixels)).logits.numpy())
try:
    import onnxruntime
except ImportError:
    print("onnxruntime is not installed for Python and was not asked")
else:
    compare("onnxruntime", onnxruntime.InferenceSession(os.path.join(folder, "onnx", "model.onnx")).run(None, {"pixel_values": pixels})[0])
