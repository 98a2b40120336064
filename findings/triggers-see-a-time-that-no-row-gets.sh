#!/usr/bin/env bash
# MariaDB 10.11.19: an AFTER UPDATE trigger sees a time in an ON UPDATE column that the row never gets.
#
# An update that sets a row to what it is leaves the row alone, and the column that is declared ON UPDATE CURRENT_TIMESTAMP too.
# The trigger fires all the same, and NEW holds the present time in that column: by OLD and NEW alone it cannot tell this from
# an update of the column by itself. A SELECT of the row in the trigger sees what is there.
#
# Seen on MariaDB 10.11.19 (the present time was set to 2030-01-01 by SET timestamp):
#
#     the row:         5 2020-01-01 00:00:00
#     OLD and NEW:     5 2020-01-01 00:00:00, 5 2030-01-01 00:00:00
#     by SELECT:       2020-01-01 00:00:00
#     of a real change 6 2030-01-01 00:00:00, by SELECT 2030-01-01 00:00:00
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
db.execute("SET timestamp = UNIX_TIMESTAMP('2030-01-01 00:00:00')")
db.execute("CREATE TABLE cake (id INT PRIMARY KEY, price INT, at DATETIME ON UPDATE CURRENT_TIMESTAMP)")
db.execute("CREATE TABLE seen (old TEXT, new TEXT, there DATETIME)")
db.execute("INSERT INTO cake VALUES (1, 5, '2020-01-01')")
db.execute(
    "CREATE TRIGGER look AFTER UPDATE ON cake FOR EACH ROW INSERT INTO seen VALUES ("
    "CONCAT(OLD.price, ' ', OLD.at), CONCAT(NEW.price, ' ', NEW.at), (SELECT at FROM cake WHERE id = NEW.id))"
)
seen = []
db.execute("UPDATE cake SET price = 5")
seen.append("the row:         {} {}".format(*one("SELECT price, at FROM cake")))
old, new, there = one("SELECT * FROM seen")
seen.append(f"OLD and NEW:     {old}, {new}")
seen.append(f"by SELECT:       {there}")
db.execute("DELETE FROM seen")
db.execute("UPDATE cake SET price = 6")
old, new, there = one("SELECT * FROM seen")
seen.append(f"of a real change {new}, by SELECT {there}")
print("MariaDB", one("SELECT VERSION()")[0])
print("\n".join(seen))
expected = [
    "the row:         5 2020-01-01 00:00:00",
    "OLD and NEW:     5 2020-01-01 00:00:00, 5 2030-01-01 00:00:00",
    "by SELECT:       2020-01-01 00:00:00",
    "of a real change 6 2030-01-01 00:00:00, by SELECT 2030-01-01 00:00:00",
]
if seen != expected:
    sys.exit("this is another behaviour than the one described")
PYTHON
for _ in $(seq 150); do (: >"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break; sleep 0.2; done
"$folder/venv/bin/python" "$folder/script.py" "$port" || { tail -n 5 "$folder/log" >&2; exit 1; }
