#!/usr/bin/env bash
# A throw-away PostgreSQL server in a directory of its own.
#
#   scripts/pg.sh start DIR [--port N] [--fast]    prints the URL to connect with
#   scripts/pg.sh stop DIR                         stops it and removes DIR
#
# It listens on a Unix socket in DIR and, only with --port, on 127.0.0.1. --fast turns off what protects
# data against a power cut: for tests, never for a benchmark of durable writes.
set -euo pipefail

usage() { sed -n '2,8s/^# \{0,1\}//p' "$0" >&2; exit 2; }

action="${1:-}" dir="${2:-}"
[ -n "$action" ] && [ -n "$dir" ] || usage
shift 2

bin="$(dirname "$(command -v initdb || true)" 2>/dev/null)"
if [ ! -x "$bin/initdb" ]; then
  bin="$(find /usr/lib/postgresql -mindepth 2 -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1)"
fi
[ -x "$bin/initdb" ] || { echo "pg.sh: PostgreSQL is not installed: run scripts/setup.sh" >&2; exit 1; }

# The server refuses to run as root.
as_server() { if [ "$(id -u)" -eq 0 ]; then (cd / && runuser -u postgres -- "$@"); else "$@"; fi; }

case "$action" in
  start)
    port="" fast=no
    while [ $# -gt 0 ]; do
      case "$1" in
        --port) port="${2:?}"; shift 2 ;;
        --fast) fast=yes; shift ;;
        *) usage ;;
      esac
    done
    if [ -e "$dir/data" ]; then
      echo "pg.sh: $dir/data exists already" >&2
      exit 1
    fi
    mkdir -p "$dir"
    dir="$(cd "$dir" && pwd)"
    # The path of a Unix socket may have no more than 107 bytes.
    if [ "${#dir}" -gt 85 ]; then echo "pg.sh: $dir is too long for a socket" >&2; exit 1; fi
    if [ "$(id -u)" -eq 0 ]; then chown postgres: "$dir"; fi
    # C collation is what Linli asks of a database: people-facing order is a stored key.
    if ! as_server "$bin/initdb" --pgdata "$dir/data" --username postgres --auth trust --encoding UTF8 \
      --locale C --no-sync >"$dir/initdb.log" 2>&1; then
      cat "$dir/initdb.log" >&2
      exit 1
    fi
    settings="$dir/data/postgresql.auto.conf"
    {
      echo "unix_socket_directories = '$dir'"
      echo "max_connections = 200"
      echo "shared_buffers = 128MB"
      echo "log_min_messages = warning"
      echo "timezone = 'UTC'"
      if [ -n "$port" ]; then
        echo "listen_addresses = '127.0.0.1'"
        echo "port = $port"
      else
        echo "listen_addresses = ''"
      fi
      if [ "$fast" = yes ]; then
        echo "fsync = off"
        echo "synchronous_commit = off"
        echo "full_page_writes = off"
      fi
    } | as_server tee -a "$settings" >/dev/null
    if ! as_server "$bin/pg_ctl" start --pgdata "$dir/data" --log "$dir/server.log" --wait --silent >/dev/null; then
      cat "$dir/server.log" >&2
      exit 1
    fi
    echo "host=$dir user=postgres dbname=postgres${port:+ port=$port}"
    ;;
  stop)
    [ -d "$dir" ] || exit 0
    # Only a directory that this script made is ever removed.
    if [ -e "$dir/data/PG_VERSION" ]; then
      as_server "$bin/pg_ctl" stop --pgdata "$dir/data" --mode immediate --wait --silent >/dev/null 2>&1 || true
      rm -rf "$dir"
    elif [ -e "$dir/initdb.log" ]; then
      rm -rf "$dir"
    fi
    ;;
  *) usage ;;
esac
