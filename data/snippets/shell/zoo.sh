#!/usr/bin/env bash
# Brings all files into a folder with the hub's own command line: parallel, resumable, each checked against its digest.
set -euo pipefail
ENDPOINT=${MODELZOO_ENDPOINT:-{{endpoint}}}
FOLDER=${1:-{{name}}}

zoo pull {{address}}@{{commit}} "$FOLDER" --endpoint "$ENDPOINT"
