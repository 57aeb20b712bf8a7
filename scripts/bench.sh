#!/usr/bin/env bash
# Measures this machine with the release binary, on SQLite and on a PostgreSQL of its own that is durable as
# shipped. Arguments go to `linli bench`: --docs writes docs/BENCHMARKS.md, --only NAME measures a part; --peer first
# installs the peer that scripts/peer-ephios.sh knows (it downloads Python packages) and measures it in the same run.
set -euo pipefail
cd "$(dirname "$0")/.."

work="$(mktemp -d "${TMPDIR:-/tmp}/linli-bench.XXXXXX")"
# The server's own user must be able to pass through.
chmod 755 "$work"
cleanup() {
  status=$?
  trap - EXIT INT TERM
  scripts/peer-ephios.sh stop "$work/peer" || true
  scripts/pg.sh stop "$work/pg" || true
  rm -rf "$work"
  exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

pg="$(scripts/pg.sh start "$work/pg")"
arguments=()
for argument in "$@"; do
  if [ "$argument" = --peer ]; then
    scripts/peer-ephios.sh start "$work/peer" "$pg"
    arguments+=(--peer "$work/peer/peer.json")
  else
    arguments+=("$argument")
  fi
done
"${LINLI_BIN:-${CARGO_TARGET_DIR:-target}/release/linli}" bench --pg "$pg" "${arguments[@]}"
