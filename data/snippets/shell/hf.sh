#!/usr/bin/env bash
# Brings all files into the cache of huggingface_hub's command line.
#   pip install huggingface_hub
set -euo pipefail
export HF_ENDPOINT=${MODELZOO_ENDPOINT:-{{endpoint}}}
hf download {{model}} --repo-type {{kind}} --revision {{commit}}
