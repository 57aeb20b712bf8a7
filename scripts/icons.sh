#!/usr/bin/env bash
# Draws the pictures that phones put on their home screens from web/static/logo.svg, with the browser that the
# tests use. Run it when the logo changes and commit what it draws.
set -euo pipefail
cd "$(dirname "$0")/.."

browser="${CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome)}"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

# draw SIZE SHARE BACKGROUND FILE: the logo over SHARE percent of a square.
draw() {
  printf '<!doctype html><style>html,body{margin:0;width:100%%;height:100%%;background:%s;display:grid;place-items:center;overflow:hidden}svg{width:%s%%;height:%s%%}</style>' "$3" "$2" "$2" > "$work/page.html"
  cat web/static/logo.svg >> "$work/page.html"
  "$browser" --headless --no-sandbox --disable-gpu --hide-scrollbars --force-device-scale-factor=1 \
    --default-background-color=00000000 --window-size="$1,$1" --screenshot="$work/out.png" "file://$work/page.html" 2>/dev/null
  mv "$work/out.png" "web/static/$4"
}

draw 192 100 transparent icon-192.png
draw 512 100 transparent icon-512.png
# Launchers cut this one to their own shape: the ground reaches the edge, the drawing stays in the middle.
draw 512 80 '#c8161d' icon-maskable.png
draw 180 90 '#c8161d' apple-touch-icon.png
