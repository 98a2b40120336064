#!/usr/bin/env bash
# MariaDB 10.11.19: who asks `information_schema.innodb_trx` more than ten times a second is given the first answer for ever.
#
# InnoDB fills `innodb_trx` and `innodb_lock_waits` from a copy that it makes anew only where nobody has read it for a tenth of a
# second. Each read counts, so a program that waits for a transaction to appear, and asks every few milliseconds, waits for ever
# if its first question came too early. Asked five times a second it sees what there is.
#
# Seen on MariaDB 10.11.19 (one session holds a row, another waits for it, a third asks how many wait):
#
#     before anybody waits:               0
#     asked every 20 ms for 3 s:          0 each time
#     the waiting session's own state:    Updating
#     after 200 ms in which nobody asked: 1
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
import threading
import time
import pymysql


def session():
    return pymysql.connect(host="127.0.0.1", port=int(sys.argv[1]), user="root", autocommit=True).cursor()


def one(db, sql):
    db.execute(sql)
    return db.fetchone()[0]


def waiting():
    return one(asking, "SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'")


holder, waiter, asking, other = (session() for _ in range(4))
holder.execute("CREATE DATABASE shown")
holder.execute("CREATE TABLE shown.cake (id INT PRIMARY KEY, price INT)")
holder.execute("INSERT INTO shown.cake VALUES (1, 1)")
holder.execute("BEGIN")
holder.execute("UPDATE shown.cake SET price = 2")
seen = [f"before anybody waits:               {waiting()}"]
blocked = threading.Thread(target=waiter.execute, args=["UPDATE shown.cake SET price = 3"])
blocked.start()
often = set()
began = time.monotonic()
while time.monotonic() < began + 3:
    often.add(waiting())
    time.sleep(0.02)
seen.append(f"asked every 20 ms for 3 s:          {' and '.join(map(str, sorted(often)))} each time")
state = one(other, "SELECT state FROM information_schema.processlist WHERE info = 'UPDATE shown.cake SET price = 3'")
seen.append(f"the waiting session's own state:    {state}")
time.sleep(0.2)
seen.append(f"after 200 ms in which nobody asked: {waiting()}")
holder.execute("COMMIT")
blocked.join()
print("MariaDB", one(other, "SELECT VERSION()"))
print("\n".join(seen))
expected = [
    "before anybody waits:               0",
    "asked every 20 ms for 3 s:          0 each time",
    "the waiting session's own state:    Updating",
    "after 200 ms in which nobody asked: 1",
]
if seen != expected:
    sys.exit("this is another behaviour than the one described")
PYTHON
for _ in $(seq 150); do (: >"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break; sleep 0.2; done
"$folder/venv/bin/python" "$folder/script.py" "$port" || { tail -n 5 "$folder/log" >&2; exit 1; }
