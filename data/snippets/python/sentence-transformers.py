# Loads the model with sentence-transformers and compares two sentences.
#   pip install sentence-transformers
import os

MODEL = {{model}}
COMMIT = {{commit}}
os.environ["HF_ENDPOINT"] = os.environ.get("MODELZOO_ENDPOINT", {{endpoint}})  # before the import: it is read once

from sentence_transformers import SentenceTransformer

model = SentenceTransformer(MODEL, revision=COMMIT)
vectors = model.encode(["The answer came at once.", "There was a reply immediately."])
print(model.similarity(vectors, vectors))
