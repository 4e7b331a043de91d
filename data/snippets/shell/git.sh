#!/usr/bin/env bash
# Clones the repository and checks out one commit. git asks for a user name (any) and a token (as password) where it must.
set -euo pipefail
ENDPOINT=${MODELZOO_ENDPOINT:-{{endpoint}}}
FOLDER=${1:-{{name}}}

git lfs version >/dev/null # large files come through it
GIT_LFS_SKIP_SMUDGE=1 git clone "$ENDPOINT/"{{address}} "$FOLDER"
git -C "$FOLDER" checkout --detach {{commit}}
git -C "$FOLDER" lfs pull
