#!/usr/bin/env bash
# Every check of the project, in the order in which a mistake shows cheapest: types, format, lints, then
# tests on both databases, then the browser. Nothing is left running. CARGO_TARGET_DIR is honoured.
set -euo pipefail
cd "$(dirname "$0")/.."

started=$SECONDS
step() { echo; echo "== $1 ($((SECONDS - started)) s)"; }

work=""
cleanup() {
  status=$?
  trap - EXIT INT TERM
  if [ -n "$work" ]; then
    scripts/pg.sh stop "$work/pg" || true
    rm -rf "$work"
  fi
  if [ "$status" -eq 0 ]; then
    echo; echo "ok: everything passed in $((SECONDS - started)) s"
  else
    echo; echo "FAILED (status $status) after $((SECONDS - started)) s" >&2
  fi
  exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

step "setup"
scripts/setup.sh

step "assets"
make --no-print-directory assets

step "types of the scripts"
npm --prefix web run --silent check

step "format"
cargo fmt --all --check

step "lints and build"
# Clippy's own compiler builds what is tested: the workspace is read once for its lints and for its code.
export RUSTC_WORKSPACE_WRAPPER=clippy-driver CLIPPY_ARGS=-Dwarnings
cargo test --workspace --all-targets --no-run

step "tests"
# In memory where there is room: test servers write much and keep nothing.
base="${TMPDIR:-/tmp}"
if [ -d /dev/shm ] && [ -w /dev/shm ] && [ "$(df --output=avail -k /dev/shm | tail -n 1)" -gt 1500000 ]; then base=/dev/shm; fi
work="$(mktemp -d "$base/linli-test.XXXXXX")"
# The server's own user must be able to pass through.
chmod 755 "$work"
LINLI_TEST_PG="$(scripts/pg.sh start "$work/pg" --fast)"
export LINLI_TEST_PG
if cargo nextest --version >/dev/null 2>&1; then
  cargo nextest run --workspace --no-fail-fast
  # nextest leaves out the examples in the documentation.
  cargo test --workspace --doc --quiet
else
  cargo test --workspace --no-fail-fast
fi

step "browser tests"
# The tests above built the binary; building it alone would choose other features and compile half the tree anew.
export LINLI_BIN="${LINLI_BIN:-$PWD/${CARGO_TARGET_DIR:-target}/debug/linli}"
case "${CARGO_TARGET_DIR:-}" in /*) LINLI_BIN="$CARGO_TARGET_DIR/debug/linli" ;; esac
[ -x "$LINLI_BIN" ] || cargo build --workspace --bins
# One demo city for all of them to copy; on the same fast disk as the database above.
mkdir "$work/tmp"
export TMPDIR="$work/tmp" LINLI_E2E_CITY="$work/city"
"$LINLI_BIN" demo --data "$LINLI_E2E_CITY" --size small > "$work/printed.txt"
mv "$work/printed.txt" "$LINLI_E2E_CITY/"
npm --prefix e2e run --silent test
