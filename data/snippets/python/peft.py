# Loads the adapter with PEFT, on the model that it belongs to.
#   pip install peft transformers torch
import os

MODEL = {{model}}
COMMIT = {{commit}}
BASE = {{base}}
BASE_REVISION = {{baseRevision}}
os.environ["HF_ENDPOINT"] = os.environ.get("MODELZOO_ENDPOINT", {{endpoint}})  # before the import: it is read once

from peft import PeftModel
from transformers import AutoTokenizer, {{autoClass}}

base = {{autoClass}}.from_pretrained(BASE, revision=BASE_REVISION)
model = PeftModel.from_pretrained(base, MODEL, revision=COMMIT)
tokenizer = AutoTokenizer.from_pretrained(BASE, revision=BASE_REVISION)
{{#generate}}
inputs = tokenizer("Once upon a time", return_tensors="pt")
print(tokenizer.decode(model.generate(**inputs, max_new_tokens=32)[0]))
{{/generate}}
{{^generate}}
print(model(**tokenizer("The answer came at once.", return_tensors="pt")))
{{/generate}}
