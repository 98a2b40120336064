#!/usr/bin/env bash
# SQLite 3.54.1: a connection refuses to rename a table to a name that another connection has freed, until it reads something.
#
# A connection keeps the schema that it last read. Where a statement cannot be prepared, SQLite reads the schema anew for some errors
# ("no such table", "table … already exists") and prepares again, but not for "there is already another table or index with this
# name". So in a pool two renames that follow each other fail if the second goes to another connection: the name of the first is
# free in the file, and taken for that connection. Whatever reads the file makes it look again, such as a count of `sqlite_schema`.
#
# Seen on SQLite 3.54.1 by APSW 3.54.1.0 (one connection renamed `old` to `oldest` in between):
#
#     rename by the other:           there is already another table or index with this name: old
#     create by the other:           Ok
#     count of a table that is gone: no such table: old
#     rename after a read:           Ok
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


def said(connection, sql):
    try:
        connection.execute(sql).fetchall()
        return "Ok"
    except apsw.Error as error:
        return str(error).removeprefix("SQLError: ")


def two(name):
    file = f"{sys.argv[1]}/{name}.db"
    one, other = apsw.Connection(file), apsw.Connection(file)
    one.execute("CREATE TABLE old (id); CREATE TABLE new (id)")
    other.execute("SELECT count(*) FROM new").fetchall()
    one.execute("ALTER TABLE old RENAME TO oldest")
    return other


print("SQLite", apsw.sqlite_lib_version())
renaming = two("renaming")
seen = [
    "rename by the other:           " + said(renaming, "ALTER TABLE new RENAME TO old"),
    "create by the other:           " + said(two("creating"), "CREATE TABLE old (id)"),
    "count of a table that is gone: " + said(two("counting"), "SELECT count(*) FROM old"),
]
renaming.execute("SELECT count(*) FROM sqlite_schema").fetchall()
seen.append("rename after a read:           " + said(renaming, "ALTER TABLE new RENAME TO old"))
print("\n".join(seen))
expected = [
    "rename by the other:           there is already another table or index with this name: old",
    "create by the other:           Ok",
    "count of a table that is gone: no such table: old",
    "rename after a read:           Ok",
]
if seen != expected:
    sys.exit("this is another behaviour than the one described")
PYTHON
"$folder/venv/bin/python" "$folder/script.py" "$folder"
