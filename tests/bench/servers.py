#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The figures that need a server: in-band bytes, and the same messages through the server. Called by
tests/bench/run with the folder of the programs and the names of the figures wanted."""
import json
import pathlib
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/support"))
from cli import Cli  # noqa: E402
from ejabberd import Ejabberd  # noqa: E402
from prosody import Prosody  # noqa: E402

ROUNDS = 5
BODY = 8192  # octets of one message: four of 4096 in base64, with what XML and TLS add
BLOCK = 4096  # of both sides: ibb.block-size as delivered
IN_FLIGHT = 64  # messages: half of limits.queue
MESSAGES = 10_000


def report(figure, what, unit, goal, ours, yardstick):
    ratios = [a / b for a, b in zip(ours, yardstick)]
    median = statistics.median(ratios)
    print(json.dumps({
        "figure": figure, "what": what,
        "ratio": {"min": round(min(ratios), 3), "median": round(median, 3),
                  "max": round(max(ratios), 3)},
        "goal": f">= {goal}", "reached": median >= goal,
        "ours": round(statistics.median(ours), 3),
        "yardstick": round(statistics.median(yardstick), 3), "unit": unit, "rounds": len(ratios)}),
        flush=True)


class Plain:
    """plain_client as one of the two users, each time as another resource: a server may keep the last
    session for a while."""

    count = 0

    def __init__(self, programs, port, user, *job):
        Plain.count += 1
        self.jid = f"{user}@localhost/plain{Plain.count}"
        self.process = subprocess.Popen(
            [programs / "plain_client", self.jid, "secret", str(port), *job],
            stdout=subprocess.PIPE)
        if self.process.stdout.readline() != b"ready\n":
            raise RuntimeError("plain_client can't log in")

    def seconds(self):
        line = self.process.stdout.readline()
        self.process.wait(20)
        return float(line)

    def stop(self):
        self.process.kill()
        self.process.wait()


def plain(programs, port, job, count, *more):
    """A plain client that does it with another one; seconds."""
    answerer = Plain(programs, port, "juliet", "answer")
    try:
        return Plain(programs, port, "romeo", job, answerer.jid, str(count), *more).seconds()
    finally:
        answerer.stop()


class Stream:
    """Two balcony-cli with an in-band stream between them."""

    def __init__(self, programs, port):
        cli = [str(programs / "balcony-cli")]
        settings = ["mode=auto", "trust=tofu", f"ibb.block-size={BLOCK}"]
        self.juliet, self.romeo = (
            Cli(cli, f"{user}@localhost/balcony", "secret", f"127.0.0.1:{port}", settings=settings)
            for user in ("juliet", "romeo"))
        for one in (self.juliet, self.romeo):
            one.wait_for("online")
        self.romeo.wait_for("presence", **{"from": "juliet@localhost/balcony", "e2e": True})
        self.romeo.e2e("start juliet@localhost/balcony ibb")
        self.romeo.wait_for("stream", state="open")

    def stop(self):
        for one in (self.romeo, self.juliet):
            one.stop()

    def rate(self, octets):
        """MB/s of message bodies; the host keeps as much in flight as balcony-cli takes."""
        count = octets // BODY
        first = len(self.juliet.events)  # only stanzas come while we measure
        sent = 0
        began = time.monotonic()
        while (received := len(self.juliet.events) - first) < count:
            if time.monotonic() - began > 60:
                raise RuntimeError("no progress in band:\n" + self.romeo.tell(3))
            while sent < count and sent - received < IN_FLIGHT:
                self.romeo.msg("juliet@localhost/balcony", "b" * BODY)
                sent += 1
            time.sleep(0.0005)
        return octets / 1e6 / (time.monotonic() - began)


def in_band(programs, server, name, octets, goal):
    stream = Stream(programs, server.port)
    try:
        ours, yardstick = [], []
        for _ in range(ROUNDS):
            ours.append(stream.rate(octets))
            took = plain(programs, server.port, "bytes", octets, str(BLOCK))
            yardstick.append(octets / 1e6 / took)
    finally:
        stream.stop()
    report(f"in-band-{name}", f"bytes in band through {name} : a plain loop, one block outstanding",
           "MB/s", goal, ours, yardstick)


def messages(programs, server, name, goal):
    rates = subprocess.run([programs / "balcony_bench", "one-way-rate"], capture_output=True,
                           check=True).stdout.split()
    ours = [float(rate) for rate in rates]
    yardstick = [MESSAGES / plain(programs, server.port, "messages", MESSAGES) for _ in ours]
    report(f"messages-{name}", f"{MESSAGES} messages, agent to agent over TCP : through {name}",
           "messages/s", goal, ours, yardstick)


def main():
    programs = pathlib.Path(sys.argv[1])
    wanted = sys.argv[2:]
    users = {"romeo": "secret", "juliet": "secret"}
    for name, make, octets, goals in (
            ("ejabberd", Ejabberd, 8_000_000, (3, 10)),
            ("prosody", Prosody, 2_000_000, (0.9, 25))):
        if not {f"in-band-{name}", f"messages-{name}"} & set(wanted):
            continue
        with make(users) as server:
            if f"in-band-{name}" in wanted:
                in_band(programs, server, name, octets, goals[0])
            if f"messages-{name}" in wanted:
                messages(programs, server, name, goals[1])


main()
