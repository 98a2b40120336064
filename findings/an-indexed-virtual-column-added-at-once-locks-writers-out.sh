#!/usr/bin/env bash
# MariaDB 10.11.19: a virtual column and its index, added by one `ALTER TABLE`, keep writers out; added by two, they do not.
#
# `ADD COLUMN … VIRTUAL, ADD INDEX …` is refused with `LOCK=NONE` (error 1846), and runs with `LOCK=SHARED`. The same column in a
# statement of its own, and the index in a second one, both run with `LOCK=NONE`. So on a table that is written all the time the
# two belong into two statements.
#
# Seen on MariaDB 10.11.19:
#
#     column and index, LOCK=NONE:    1846
#     column and index, LOCK=SHARED:  Ok
#     column alone, LOCK=NONE:        Ok
#     index alone, LOCK=NONE:         Ok
#
# Packages: Debian's mariadb-server-core 1:10.11.19-0+deb12u1 (unpacked, not installed), PyMySQL 1.1.2 (pip). Needs Debian 12
# on x86_64. Exits with 1 where the behaviour is another one.
set -euo pipefail
folder=$(mktemp -d)
chmod 755 "$folder"
server=
stop() {
    [ -z "$server" ] || { kill "$server" && wait "$server"; } 2>/dev/null || true
    rm -rf "$folder"
}
trap stop EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check PyMySQL==1.1.2
(cd "$folder" && apt-get download -qq mariadb-server-core=1:10.11.19-0+deb12u1 liburing2 libaio1 libnuma1 libpcre2-8-0 2>/dev/null)
for package in "$folder"/*.deb; do dpkg -x "$package" "$folder"; done

as=()
mkdir "$folder/data"
if [ "$(id -u)" = 0 ]; then as=(--user=nobody) && chown nobody "$folder/data"; fi
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
LD_LIBRARY_PATH=$(echo "$folder"/usr/lib/*-linux-gnu):$(echo "$folder"/lib/*-linux-gnu) "$folder/usr/sbin/mariadbd" --no-defaults \
    "${as[@]}" --datadir="$folder/data" --lc-messages-dir="$folder/usr/share/mysql" --character-sets-dir="$folder/usr/share/mysql/charsets" \
    --skip-grant-tables --skip-networking=0 --bind-address=127.0.0.1 --port="$port" --socket="$folder/data/socket" \
    --pid-file="$folder/data/pid" >"$folder/log" 2>&1 &
server=$!

cat >"$folder/script.py" <<'PYTHON'
import sys
import pymysql

db = pymysql.connect(host="127.0.0.1", port=int(sys.argv[1]), user="root", autocommit=True).cursor()
COLUMN = "ADD COLUMN size INT AS (char_length(text)) VIRTUAL"


def said(change):
    try:
        db.execute("ALTER TABLE note " + change)
        return "Ok"
    except pymysql.Error as error:
        return str(error.args[0])


db.execute("CREATE DATABASE shown")
db.execute("USE shown")
db.execute("CREATE TABLE note (id INT PRIMARY KEY, text VARCHAR(100)) ENGINE=InnoDB")
seen = [
    "column and index, LOCK=NONE:    " + said(COLUMN + ", ADD INDEX (size), LOCK=NONE"),
    "column and index, LOCK=SHARED:  " + said(COLUMN + ", ADD INDEX (size), LOCK=SHARED"),
]
db.execute("ALTER TABLE note DROP COLUMN size")
seen += [
    "column alone, LOCK=NONE:        " + said(COLUMN + ", LOCK=NONE"),
    "index alone, LOCK=NONE:         " + said("ADD INDEX (size), LOCK=NONE"),
]
db.execute("SELECT VERSION()")
print("MariaDB", db.fetchone()[0])
print("\n".join(seen))
expected = [
    "column and index, LOCK=NONE:    1846",
    "column and index, LOCK=SHARED:  Ok",
    "column alone, LOCK=NONE:        Ok",
    "index alone, LOCK=NONE:         Ok",
]
if seen != expected:
    sys.exit("this is another behaviour than the one described")
PYTHON
for _ in $(seq 150); do (: >"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break; sleep 0.2; done
"$folder/venv/bin/python" "$folder/script.py" "$port" || { tail -n 5 "$folder/log" >&2; exit 1; }
