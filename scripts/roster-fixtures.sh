#!/usr/bin/env bash
# Makes the roster files of crates/people/tests/all/import/fixtures and the past hours of crates/service/tests/all/past anew. Needs LibreOffice Calc; the files are
# kept in the repository, so tests do not.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v soffice >/dev/null || { echo "roster-fixtures: install libreoffice-calc first" >&2; exit 1; }
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
into=crates/people/tests/all/import/fixtures

LINLI_ROSTER_FIXTURES="$work" cargo test -q -p people --test all -- --ignored write_source
save() { soffice --headless "-env:UserInstallation=file://$work/profile" --convert-to "$1" --outdir "$into" "$work/$2" >/dev/null; }
save xlsx roster.fods
save xls roster.fods
save xlsx corrected.fods
# Commas, quotes where needed, GB18030 (85), cells as they are shown.
save 'csv:Text - txt - csv (StarCalc):44,34,85,1,,0,false,true,false' roster.fods
ls -l "$into"
LINLI_ROSTER_FIXTURES="$work" cargo test -q -p service --test all -- --ignored write_source
into=crates/service/tests/all/past
save xls hours.xlsx
ls -l "$into"
