#!/usr/bin/env bash
# Serves the model with vLLM: an OpenAI-compatible API on port 8000.
#   pip install vllm
set -euo pipefail
export HF_ENDPOINT=${MODELZOO_ENDPOINT:-{{endpoint}}}
vllm serve {{model}} --revision {{commit}} --tokenizer-revision {{commit}} --host 127.0.0.1 --port 8000
# In another shell:
#   curl http://127.0.0.1:8000/v1/models
# With Docker instead of pip (reach the hub by an address that the container sees):
#   docker run --gpus all --ipc=host -p 127.0.0.1:8000:8000 -e HF_ENDPOINT -e HF_TOKEN vllm/vllm-openai --model … --revision …
