#!/usr/bin/env bash
# Measures this machine with the release binary, on SQLite and on a PostgreSQL of its own that is durable as
# shipped. Arguments go to `linli bench`: --docs writes docs/BENCHMARKS.md, --only NAME measures a part.
set -euo pipefail
cd "$(dirname "$0")/.."

work="$(mktemp -d "${TMPDIR:-/tmp}/linli-bench.XXXXXX")"
# The server's own user must be able to pass through.
chmod 755 "$work"
cleanup() {
  status=$?
  trap - EXIT INT TERM
  scripts/pg.sh stop "$work/pg" || true
  rm -rf "$work"
  exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

pg="$(scripts/pg.sh start "$work/pg")"
"${LINLI_BIN:-${CARGO_TARGET_DIR:-target}/release/linli}" bench --pg "$pg" "$@"
