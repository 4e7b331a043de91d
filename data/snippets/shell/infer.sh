#!/usr/bin/env bash
# Asks the hub, which runs the model itself. HF_TOKEN is used where the repository asks for one.
set -euo pipefail
ENDPOINT=${MODELZOO_ENDPOINT:-{{endpoint}}}
ADDRESS=$ENDPOINT/api/models/{{model}}/infer
COMMIT={{commit}}

{{#noFiles}}
# The picture or the sound that the command line names.
curl -fsS ${HF_TOKEN:+-H "Authorization: Bearer $HF_TOKEN"} -H 'Content-Type: application/octet-stream' --data-binary "@$1" "$ADDRESS?revision=$COMMIT"
{{/noFiles}}
{{^noFiles}}
# A value of JSON from the command line: a text in quotation marks, a row of numbers, or a list of them.
INPUTS=${1:-{{example}}}
curl -fsS ${HF_TOKEN:+-H "Authorization: Bearer $HF_TOKEN"} -H 'Content-Type: application/json' -d "{\"inputs\": $INPUTS, \"revision\": \"$COMMIT\"}" "$ADDRESS"
{{/noFiles}}
