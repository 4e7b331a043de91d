#!/usr/bin/env bash
# Brings the GGUF file and serves it with llama.cpp: an OpenAI-compatible API and a page on port 8080.
set -euo pipefail
ENDPOINT=${MODELZOO_ENDPOINT:-{{endpoint}}}
BASE=$ENDPOINT/{{model}}/resolve/{{commit}}
FOLDER=${MODELZOO_CACHE:-$HOME/.cache/modelzoo/snippets}/{{model}}/{{commit}}

# fetch PATH [PATH AS IT STANDS IN AN ADDRESS]
fetch() {
  [ -e "$FOLDER/$1" ] && return
  curl -fsSL --retry 3 --create-dirs ${HF_TOKEN:+-H "Authorization: Bearer $HF_TOKEN"} -o "$FOLDER/$1.part" "$BASE/${2:-$1}"
  mv -- "$FOLDER/$1.part" "$FOLDER/$1"
}

{{fetches}}

llama-server --model "$FOLDER/"{{gguf}} --host 127.0.0.1 --port "${PORT:-8080}"
# Without a server, one answer:
#   llama-cli --model … -no-cnv -n 32 -p "Once upon a time"
