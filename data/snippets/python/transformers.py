# Loads the model with transformers and runs it once.
#   pip install transformers torch
import os

MODEL = {{model}}
COMMIT = {{commit}}
os.environ["HF_ENDPOINT"] = os.environ.get("MODELZOO_ENDPOINT", {{endpoint}})  # before the import: it is read once

{{#task}}
from transformers import pipeline

run = pipeline({{task}}, model=MODEL, revision=COMMIT)
{{#chat}}
print(run([{"role": "user", "content": "Who are you?"}], max_new_tokens=64))
{{/chat}}
{{#generate}}
print(run("Once upon a time", max_new_tokens=32))
{{/generate}}
{{#text}}
print(run("The answer came at once."))
{{/text}}
{{#masked}}
print(run(f"The answer came at {run.tokenizer.mask_token}."))
{{/masked}}
{{#other}}
# What it takes depends on the task: a text, a path of a picture or of a sound, or several of them by name.
print(run)
{{/other}}
{{/task}}
{{^task}}
from transformers import AutoModel{{#tokenizer}}, AutoTokenizer{{/tokenizer}}

model = AutoModel.from_pretrained(MODEL, revision=COMMIT)
{{#tokenizer}}
tokenizer = AutoTokenizer.from_pretrained(MODEL, revision=COMMIT)
print(model(**tokenizer("The answer came at once.", return_tensors="pt")))
{{/tokenizer}}
{{^tokenizer}}
print(model)
{{/tokenizer}}
{{/task}}
