#!/usr/bin/env bash
# The peer that Linli is held against: ephios from PyPI under gunicorn (4 workers with 4 threads each), on PostgreSQL.
#
#   scripts/peer-ephios.sh start DIR POSTGRES    installs it in DIR, fills it, serves it; writes DIR/peer.json
#   scripts/peer-ephios.sh stop DIR              ends it
#   scripts/peer-ephios.sh count DIR             how many hold a place in the contested shift
#
# POSTGRES is what scripts/pg.sh printed. This downloads Python packages, so only `make bench ARGS=--peer` runs it.
set -euo pipefail

version="0.27.1"
action="${1:-}" dir="${2:-}"
[ -n "$action" ] && [ -n "$dir" ] || { sed -n '2,9s/^# \{0,1\}//p' "$0" >&2; exit 2; }
mkdir -p "$dir"
dir="$(cd "$dir" && pwd)"

# Django runs a query here.
manage() { (cd "$dir" && set -a && . "$dir/env" && set +a && exec "$dir/venv/bin/python" -m ephios "$@"); }

case "$action" in
  start)
    postgres="${3:?}"
    socket="$(sed -n 's/.*host=\([^ ]*\).*/\1/p' <<<"$postgres")"
    python3 -m venv "$dir/venv"
    "$dir/venv/bin/pip" install --quiet --disable-pip-version-check "ephios==$version" psycopg2-binary gunicorn
    psql -qh "$socket" -U postgres -c 'CREATE DATABASE ephios' 2>"$dir/setup.log"
    {
      echo "DEBUG=False"
      echo "DATA_DIR=$dir/data"
      echo "SECRET_KEY=of-the-benchmark"
      echo "ALLOWED_HOSTS=*"
      echo "SITE_URL=https://127.0.0.1"
      echo "DATABASE_URL=postgres:///$socket/ephios"
      echo "PGUSER=postgres"
      echo "EMAIL_URL=dummymail://"
      echo "DEFAULT_FROM_EMAIL=ephios@localhost"
      echo "SERVER_EMAIL=ephios@localhost"
      echo "ADMINS='Nobody <nobody@localhost>'"
      echo "TRUST_X_FORWARDED_PROTO=True"
      # Connections are kept, as its own figures are better so.
      echo "CONN_MAX_AGE=600"
      echo "ENV_PATH=$dir/none"
    } >"$dir/env"
    manage migrate >>"$dir/setup.log" 2>&1
    manage build >>"$dir/setup.log" 2>&1
    port="$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')"
    cat >"$dir/fill.py" <<'PYTHON'
import json, os
from datetime import date, timedelta
from importlib import import_module

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import Group
from django.utils import timezone
from guardian.shortcuts import assign_perm
from ephios.core.models import Event, EventType, Shift, UserProfile

volunteers = Group.objects.create(name="Volunteers")
kind = EventType.objects.create(title="Service")
begin = timezone.now() + timedelta(days=2)


def event(title, start, places):
    made = Event.objects.create(title=title, description="", type=kind, location="Square", active=True)
    assign_perm("core.view_event", volunteers, made)
    structure = {"minimum_age": 18}
    if places:
        structure["maximum_number_of_participants"] = places
    return Shift.objects.create(
        event=made, meeting_time=start, start_time=start, end_time=start + timedelta(minutes=90),
        signup_flow_slug="instant_confirmation",
        signup_flow_configuration={"signup_until": None, "user_can_customize_signup_times": True},
        structure_slug="uniform", structure_configuration=structure,
    )


for n in range(99):
    event(f"Service {n}", begin + timedelta(hours=2 * n), 30)
contested = event("Five places", begin - timedelta(hours=3), 5)

Store = import_module(settings.SESSION_ENGINE).SessionStore
people = []
for n in range(40):
    person = UserProfile(email=f"p{n}@localhost", display_name=f"Person {n}", date_of_birth=date(1990, 5, 17))
    person.set_unusable_password()
    person.save()
    volunteers.user_set.add(person)
    session = Store()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.save()
    # Django compares the cookie with the field: any 32 characters that agree.
    csrf = "abcdefghijklmnopqrstuvwxyz%06d" % n
    people.append({
        "cookie": f"{settings.SESSION_COOKIE_NAME}={session.session_key}; {settings.CSRF_COOKIE_NAME}={csrf}",
        "csrf": csrf,
    })
with open(os.environ["PEER_FILE"], "w") as out:
    json.dump({
        "name": f"ephios {settings.EPHIOS_VERSION}, gunicorn 4 × 4",
        "addr": os.environ["PEER_ADDR"],
        "list": "/events/",
        "rows": 100,
        "race": f"/shifts/{contested.pk}/signup/",
        "people": people,
        "count": [os.environ["PEER_SCRIPT"], "count", os.environ["PEER_DIR"]],
    }, out)
PYTHON
    cat >"$dir/count.py" <<'PYTHON'
from ephios.core.models import AbstractParticipation, Event

shift = Event.objects.get(title="Five places").shifts.get()
print("held", shift.participations.filter(state=AbstractParticipation.States.CONFIRMED).count())
PYTHON
    export PEER_FILE="$dir/peer.json" PEER_ADDR="127.0.0.1:$port" PEER_DIR="$dir"
    PEER_SCRIPT="$(realpath "$0")"
    export PEER_SCRIPT
    manage shell <"$dir/fill.py" >>"$dir/setup.log" 2>&1
    [ -s "$dir/peer.json" ] || { tail -n 20 "$dir/setup.log" >&2; exit 1; }
    (cd "$dir" && set -a && . "$dir/env" && set +a && exec "$dir/venv/bin/gunicorn" ephios.wsgi:application \
      --workers 4 --threads 4 --bind "127.0.0.1:$port" --pid "$dir/pid" --log-level warning) \
      >"$dir/serve.log" 2>&1 </dev/null &
    for _ in $(seq 100); do
      if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then exit 0; fi
      sleep 0.2
    done
    tail -n 20 "$dir/serve.log" >&2
    exit 1
    ;;
  count)
    manage shell <"$dir/count.py" 2>/dev/null | sed -n 's/.*held \([0-9]*\).*/\1/p'
    ;;
  stop)
    if [ -e "$dir/pid" ]; then kill "$(cat "$dir/pid")" 2>/dev/null || true; fi
    ;;
  *) sed -n '2,9s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
