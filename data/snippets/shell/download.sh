#!/usr/bin/env bash
# Brings the files at one commit with curl; HF_TOKEN is used where the repository asks for one. Started again, it brings what is missing.
set -euo pipefail
ENDPOINT=${MODELZOO_ENDPOINT:-{{endpoint}}}
BASE=$ENDPOINT/{{address}}/resolve/{{commit}}
FOLDER=${1:-{{name}}}

# fetch PATH [PATH AS IT STANDS IN AN ADDRESS]
fetch() {
  [ -e "$FOLDER/$1" ] && return
  curl -fsSL --retry 3 --create-dirs ${HF_TOKEN:+-H "Authorization: Bearer $HF_TOKEN"} -o "$FOLDER/$1.part" "$BASE/${2:-$1}"
  mv -- "$FOLDER/$1.part" "$FOLDER/$1"
}

{{fetches}}
