#!/usr/bin/env bash
# SQLite 3.54.1: `UPDATE OF` in a trigger is compared with the names that a statement writes, and never with the table.
#
# A trigger `AFTER UPDATE OF x ON t` is made though `t` has no column `x`, and never fires. SQLite drops a column that nothing but
# `UPDATE OF` names, and the trigger stays, silent; `ALTER TABLE … RENAME COLUMN` does change the name. A column `id INTEGER PRIMARY
# KEY` is the rowid, but `UPDATE t SET rowid = …` changes it without firing `UPDATE OF id`, and `SET id = …` without firing
# `UPDATE OF rowid`. A generated column never counts as updated: PostgreSQL 15.20 counts it where a column that it is
# computed from is updated. So a trigger that watches a key or a column must list every name, and something else must watch the list.
#
# Seen on SQLite 3.54.1 by APSW 3.54.1.0:
#
#     trigger on a column that is not there: Ok, fires 0 times
#     drop of the column that it names:      Ok, fires 0 times
#     UPDATE OF id, SET rowid:               fires 0 times
#     UPDATE OF rowid, SET id:               fires 0 times
#     UPDATE OF rowid, SET oid:              fires 0 times
#     UPDATE OF a generated column:          fires 0 times
#
# Packages (pip): apsw 3.54.1.0. Exits with 1 where the behaviour is another one.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check apsw==3.54.1.0
cat >"$folder/script.py" <<'PYTHON'
import sys
import apsw


def table(of):
    connection = apsw.Connection(":memory:")
    connection.execute(
        "CREATE TABLE fired (what); "
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a, b, double AS (b * 2)); "
        "INSERT INTO t (id, a, b) VALUES (1, 1, 1); "
        f"CREATE TRIGGER seen AFTER UPDATE OF {of} ON t BEGIN INSERT INTO fired VALUES ('x'); END"
    )
    return connection


def fires(of, *statements):
    connection = table(of)
    for sql in statements:
        connection.execute(sql)
    return f"fires {connection.execute('SELECT count(*) FROM fired').get} times"


print("SQLite", apsw.sqlite_lib_version())
seen = [
    "trigger on a column that is not there: Ok, " + fires("absent", "UPDATE t SET a = 2, b = 2"),
    "drop of the column that it names:      Ok, " + fires("a", "ALTER TABLE t DROP COLUMN a", "UPDATE t SET b = 2"),
    "UPDATE OF id, SET rowid:               " + fires("id", "UPDATE t SET rowid = 2"),
    "UPDATE OF rowid, SET id:               " + fires("rowid", "UPDATE t SET id = 2"),
    "UPDATE OF rowid, SET oid:              " + fires("rowid", "UPDATE t SET oid = 2"),
    "UPDATE OF a generated column:          " + fires("double", "UPDATE t SET b = 2"),
]
print("\n".join(seen))
expected = [
    "trigger on a column that is not there: Ok, fires 0 times",
    "drop of the column that it names:      Ok, fires 0 times",
    "UPDATE OF id, SET rowid:               fires 0 times",
    "UPDATE OF rowid, SET id:               fires 0 times",
    "UPDATE OF rowid, SET oid:              fires 0 times",
    "UPDATE OF a generated column:          fires 0 times",
]
if seen != expected:
    sys.exit("this is another behaviour than the one described")
# The same trigger does fire for the name that it has.
assert fires("a", "UPDATE t SET a = 2") == "fires 1 times"
PYTHON
"$folder/venv/bin/python" "$folder/script.py" "$folder"
