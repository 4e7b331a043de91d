#!/usr/bin/env bash
# Runs the program of an older schema level and this one on the same PostgreSQL at once, as a rolling upgrade does.
#
#   test/upgrade.sh [COMMIT]      the older program's commit; by default the last one before there were schema levels
#
# Run by hand: it builds the older program from the repository's history (a minute or two) and needs Debian's postgresql.
# Blobs are kept in a shared folder, so it needs no S3 server.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
old=${1:-83cf5eb}
git cat-file -e "$old^{commit}" 2>/dev/null || { echo "upgrade: SKIPPED, commit $old is not in this clone's history (a shallow clone?)" >&2; exit 77; }

work=$(mktemp -d); chmod 755 "$work"; pids=()
finish() {
  for p in "${pids[@]}"; do kill "$p" 2>/dev/null || true; done
  wait 2>/dev/null || true
  test/servers/start-postgres.sh stop "$work/pg" >/dev/null 2>&1 || true
  git worktree remove --force "$work/old" >/dev/null 2>&1 || true
  rm -rf "$work"
}
trap finish EXIT
say() { printf '%s\n' "$*" >&2; }
die() { say "upgrade: FAILED: $*"; tail -5 "$work"/*.log >&2; exit 1; }

say "Building $old and this program"
git worktree add --detach "$work/old" "$old" >/dev/null 2>&1
(cd "$work/old" && dotnet build src/ModelZoo.Cli -c Release -v quiet --nologo >/dev/null)
dotnet build src/ModelZoo.Cli -c Release -v quiet --nologo >/dev/null
before=$work/old/artifacts/bin/ModelZoo.Cli/release/zoo.dll after=artifacts/bin/ModelZoo.Cli/release/zoo.dll

eval "$(test/servers/start-postgres.sh "$work/pg" | grep ^ConnectionString= | sed "s/=\(.*\)/='\1'/")"
token=hf_UpgradeUpgradeUpgradeUpgradeUpgr
export MODELZOO_DATABASE__KIND=postgres MODELZOO_DATABASE__CONNECTION=$ConnectionString MODELZOO_STORAGE__ROOT=$work/blobs \
  MODELZOO_BOOTSTRAP_ADMIN=ada MODELZOO_BOOTSTRAP_TOKEN=$token
port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
serve() { # NAME PROGRAM PORT
  dotnet "$2" serve --data "$work/$1" --urls "http://127.0.0.1:$3" >>"$work/$1.log" 2>&1 & pids+=($!)
  for _ in $(seq 300); do curl -fs "http://127.0.0.1:$3/health" >/dev/null 2>&1 && return 0; kill -0 ${pids[-1]} 2>/dev/null || return 1; sleep 0.2; done
  return 1
}
call() { curl -fsS -H "Authorization: Bearer $token" "$@"; }
commits=0
commit() { # PORT NAME
  printf '{"key":"header","value":{"summary":"%s"}}\n{"key":"file","value":{"path":"%s.txt","content":"%s","encoding":"utf-8"}}\n' "$2" "$2" "$2" \
    | call -X POST -H 'Content-Type: application/x-ndjson' --data-binary @- "http://127.0.0.1:$1/api/models/ada/both/commit/main" >/dev/null
  commits=$((commits + 1))
}

a=$(port) b=$(port) c=$(port)
serve old "$before" "$a" || die "the older program does not start"
call -X POST -H 'Content-Type: application/json' -d '{"name":"both","type":"model"}' "http://127.0.0.1:$a/api/repos/create" >/dev/null
commit "$a" before
say "The older program serves; starting this one beside it"
serve new "$after" "$b" || die "this program does not start beside the older one"
for i in 1 2 3 4 5; do commit "$a" "old-$i"; commit "$b" "new-$i"; done
for p in "$a" "$b"; do
  [ "$(call "http://127.0.0.1:$p/api/models/ada/both/commits/main?limit=100" | python3 -c 'import json, sys; print(len(json.load(sys.stdin)))')" = $((commits + 1)) ] || die "port $p shows another history"
  call "http://127.0.0.1:$p/ada/both/resolve/main/old-5.txt" | grep -qx old-5 || die "old-5.txt on port $p"
  call "http://127.0.0.1:$p/ada/both/resolve/main/new-5.txt" | grep -qx new-5 || die "new-5.txt on port $p"
  call "http://127.0.0.1:$p/api/models?search=both" | grep -q ada/both || die "the list on port $p"
  curl -fs "http://127.0.0.1:$p/" >/dev/null || die "the page on port $p"
done
say "Both serve one history of $((commits + 1)) commits; ending the older one and starting it again, which must be refused in one sentence"
kill "${pids[0]}"; wait "${pids[0]}" 2>/dev/null || true
serve again "$before" "$c" && die "the older program started on the newer schema"
grep -h '^zoo: ' "$work/again.log" >&2 || die "it did not say why"
commit "$b" after
dotnet "$after" fsck --data "$work/new" || die "fsck"
say "upgrade: OK"
