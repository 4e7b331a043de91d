#!/usr/bin/env bash
# Brings the GGUF file, gives it to Ollama under a name, and runs it.
set -euo pipefail
ENDPOINT=${MODELZOO_ENDPOINT:-{{endpoint}}}
BASE=$ENDPOINT/{{model}}/resolve/{{commit}}
FOLDER=$(mktemp -d)
trap 'rm -r -- "$FOLDER"' EXIT

# Under a name of our own: a Modelfile has no way to quote one.
curl -fsSL --retry 3 ${HF_TOKEN:+-H "Authorization: Bearer $HF_TOKEN"} -o "$FOLDER/model.gguf" "$BASE/"{{ggufAddress}}
{{#chat}}
printf 'FROM ./model.gguf\n' >"$FOLDER/Modelfile"
{{/chat}}
{{^chat}}
# It has no chat template: the prompt is continued as it is.
printf 'FROM ./model.gguf\nTEMPLATE """{{ .Prompt }}"""\n' >"$FOLDER/Modelfile"
{{/chat}}
(cd "$FOLDER" && ollama create {{ollamaName}} -f Modelfile)
ollama run {{ollamaName}} "${1:-Once upon a time}"
