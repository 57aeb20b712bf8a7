#!/usr/bin/env bash
# Installs what building, running and testing Linli need on Debian or Ubuntu; says nothing when all is
# there. With --run only what `make run` needs: no PostgreSQL and no browser.
set -euo pipefail
cd "$(dirname "$0")/.."

for_tests=yes
case "${1:-}" in
  "") ;;
  --run) for_tests=no ;;
  *) echo "usage: scripts/setup.sh [--run]" >&2; exit 2 ;;
esac

have() { command -v "$1" >/dev/null 2>&1; }

# Debian keeps the server's programs out of PATH, in a directory per version.
have_postgres() { have initdb || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null; }
have_browser() { [ -n "${CHROMIUM:-}" ] || have chromium || have chromium-browser || have google-chrome; }
have_cjk() { have fc-list && [ -n "$(fc-list :lang=zh-cn family 2>/dev/null | head -n 1)" ]; }

packages=()
have cc || packages+=(gcc libc6-dev)
have make || packages+=(make)
have node || packages+=(nodejs)
have npm || packages+=(npm)
if [ "$for_tests" = yes ]; then
  have_postgres || packages+=(postgresql)
  have_browser || packages+=(chromium)
  # Without a Chinese font every screenshot is a page of empty boxes.
  have_cjk || packages+=(fontconfig fonts-noto-cjk)
fi

if [ "${#packages[@]}" -gt 0 ]; then
  as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    if have sudo && sudo -n true 2>/dev/null; then as_root=(sudo -n); else as_root=(none); fi
  fi
  if ! have apt-get || [ "${as_root[0]:-}" = none ]; then
    {
      echo "Linli needs packages that are missing here. Install them and try again:"
      echo "    sudo apt-get install --no-install-recommends ${packages[*]}"
      echo "(names are Debian's; other systems call them much the same)"
    } >&2
    exit 1
  fi
  echo "setup: installing ${packages[*]}"
  log="$(mktemp)"
  install_packages() {
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}"
  }
  # The package lists of a fresh machine may be old or absent: fetch them only when the first try fails.
  if ! { install_packages || { "${as_root[@]}" apt-get update -qq && install_packages; }; } >"$log" 2>&1; then
    cat "$log" >&2
    echo "setup: could not install ${packages[*]}" >&2
    exit 1
  fi
  rm -f "$log"
fi

if ! have cargo; then
  echo "Linli needs Rust $(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml) or newer: https://rustup.rs" >&2
  exit 1
fi
major="$(node --version | sed 's/^v\([0-9]*\).*/\1/')"
if [ "$major" -lt 18 ]; then
  echo "Linli needs Node.js 18 or newer (found $(node --version)): https://nodejs.org" >&2
  exit 1
fi

# npm writes node_modules/.package-lock.json at the end of an installation, so a half-done one is redone.
npm_ci() {
  local mark="$1/node_modules/.package-lock.json"
  if [ ! -e "$mark" ] || [ "$1/package-lock.json" -nt "$mark" ]; then
    echo "setup: installing the packages of $1/"
    local log
    log="$(mktemp)"
    if ! npm --prefix "$1" ci --no-audit --no-fund >"$log" 2>&1; then
      cat "$log" >&2
      exit 1
    fi
    rm -f "$log"
    touch "$mark"
  fi
}
npm_ci web
if [ "$for_tests" = yes ]; then npm_ci e2e; fi
