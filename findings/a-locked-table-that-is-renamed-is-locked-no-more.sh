#!/usr/bin/env bash
# MariaDB 10.11.19: a table that is renamed under its own `LOCK TABLES … WRITE` is locked no more, for anybody.
#
# `RENAME TABLE` of a locked table is refused (error 1192). `ALTER TABLE … RENAME` is not: the table has its new name, other
# sessions write to it at once, and the session that locked it may use it by neither name (error 1100), until `UNLOCK TABLES`. So
# who locks a table to change it in several steps must rename it last.
#
# Seen on MariaDB 10.11.19 (one session locks `cake` for writing and renames it to `torte`):
#
#     RENAME TABLE:                      1192
#     ALTER TABLE … RENAME:              Ok
#     INSERT by another session:         Ok
#     SELECT by the one that locked it:  1100 by the new name, 1100 by the old
#     SELECT by it after UNLOCK TABLES:  Ok
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


def session():
    return pymysql.connect(host="127.0.0.1", port=int(sys.argv[1]), user="root", autocommit=True).cursor()


def said(db, sql):
    try:
        db.execute(sql)
        return "Ok"
    except pymysql.Error as error:
        return str(error.args[0])


locking, other = session(), session()
locking.execute("CREATE DATABASE shown")
for db in (locking, other):
    db.execute("USE shown")
locking.execute("CREATE TABLE cake (id INT PRIMARY KEY)")
other.execute("SET lock_wait_timeout = 3")
locking.execute("LOCK TABLES cake WRITE")
seen = [
    "RENAME TABLE:                      " + said(locking, "RENAME TABLE cake TO torte"),
    "ALTER TABLE … RENAME:              " + said(locking, "ALTER TABLE cake RENAME TO torte"),
    "INSERT by another session:         " + said(other, "INSERT INTO torte VALUES (1)"),
    "SELECT by the one that locked it:  {} by the new name, {} by the old".format(
        said(locking, "SELECT * FROM torte"), said(locking, "SELECT * FROM cake")
    ),
]
locking.execute("UNLOCK TABLES")
seen.append("SELECT by it after UNLOCK TABLES:  " + said(locking, "SELECT * FROM torte"))
other.execute("SELECT VERSION()")
print("MariaDB", other.fetchone()[0])
print("\n".join(seen))
expected = [
    "RENAME TABLE:                      1192",
    "ALTER TABLE … RENAME:              Ok",
    "INSERT by another session:         Ok",
    "SELECT by the one that locked it:  1100 by the new name, 1100 by the old",
    "SELECT by it after UNLOCK TABLES:  Ok",
]
if seen != expected:
    sys.exit("this is another behaviour than the one described")
PYTHON
for _ in $(seq 150); do (: >"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break; sleep 0.2; done
"$folder/venv/bin/python" "$folder/script.py" "$port" || { tail -n 5 "$folder/log" >&2; exit 1; }
