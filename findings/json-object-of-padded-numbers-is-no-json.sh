#!/usr/bin/env bash
# MariaDB 10.11.19: JSON_OBJECT writes ZEROFILL numbers, YEAR 0 and BIT values so that the result is no JSON.
#
# A number with leading zeros, or the escaped byte of a BIT without quotes, stands in the object as it is. JSON_VALID says 0
# of it, and no reader of JSON takes it. JSON_OBJECT itself gives no error and no warning, and an INSERT of its result into a
# column of type JSON is what fails (that type has a CHECK (json_valid(…))); in a text column it is stored. `x + 0` cures it.
#
# Seen on MariaDB 10.11.19:
#
#     ZEROFILL: {"n": 000042} valid 0, warnings 0
#     YEAR:     {"n": 0000} valid 0, warnings 0
#     BIT:      {"n": \u0005} valid 0, warnings 0
#     x + 0:    {"n": 42} {"n": 0} {"n": 5} valid 1
#     into a column of type JSON: 4025
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

db = pymysql.connect(host="127.0.0.1", port=int(sys.argv[1]), user="root").cursor()


def one(sql):
    db.execute(sql)
    return db.fetchone()


db.execute("CREATE DATABASE shown")
db.execute("USE shown")
db.execute("CREATE TABLE odd (z INT(6) ZEROFILL, y YEAR, b BIT(4))")
db.execute("INSERT INTO odd VALUES (42, 0, 5)")
seen = []
for kind, column in [("ZEROFILL", "z"), ("YEAR", "y"), ("BIT", "b")]:
    (text,) = one(f"SELECT CONVERT(JSON_OBJECT('n', {column}) USING utf8mb4) FROM odd")
    warnings = one("SHOW COUNT(*) WARNINGS")[0]
    (valid,) = one(f"SELECT JSON_VALID(JSON_OBJECT('n', {column})) FROM odd")
    seen.append(f"{kind + ':':9} {text} valid {valid}, warnings {warnings}")
cured = [one(f"SELECT JSON_OBJECT('n', {column} + 0), JSON_VALID(JSON_OBJECT('n', {column} + 0)) FROM odd") for column in "zyb"]
seen.append(f"x + 0:    {' '.join(text for text, _ in cured)} valid {min(valid for _, valid in cured)}")
db.execute("CREATE TABLE kept (o JSON)")
try:
    db.execute("INSERT INTO kept SELECT JSON_OBJECT('n', z) FROM odd")
    seen.append("into a column of type JSON: stored")
except pymysql.Error as error:
    seen.append(f"into a column of type JSON: {error.args[0]}")
print("MariaDB", one("SELECT VERSION()")[0])
print("\n".join(seen))
expected = [
    'ZEROFILL: {"n": 000042} valid 0, warnings 0',
    'YEAR:     {"n": 0000} valid 0, warnings 0',
    'BIT:      {"n": \\u0005} valid 0, warnings 0',
    'x + 0:    {"n": 42} {"n": 0} {"n": 5} valid 1',
    "into a column of type JSON: 4025",
]
if seen != expected:
    sys.exit("this is another behaviour than the one described")
PYTHON
for _ in $(seq 150); do (: >"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break; sleep 0.2; done
"$folder/venv/bin/python" "$folder/script.py" "$port" || { tail -n 5 "$folder/log" >&2; exit 1; }
