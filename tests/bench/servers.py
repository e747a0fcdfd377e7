#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The figures that need a server: bytes in band and through its proxy, and the same messages through the
server. Called by tests/bench/run with the folder of the programs and the names of the figures wanted."""
import pathlib
import subprocess
import sys

from pair import Pair, report
from ejabberd import Ejabberd
from prosody import Prosody

ROUNDS = 5
LARGE = 65536  # octets of a message where programs that read JSON should not be what is measured
BLOCK = 4096  # of both sides: ibb.block-size as delivered
MESSAGES = 10_000


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


def in_band(programs, server, name, octets, goal):
    ours, yardstick = [], []
    with Pair(programs, server.address, f"ibb.block-size={BLOCK}") as pair:
        pair.open("ibb", "ibb")
        for _ in range(ROUNDS):
            ours.append(pair.rate(octets))
            took = plain(programs, server.port, "bytes", octets, str(BLOCK))
            yardstick.append(octets / 1e6 / took)
    report(f"in-band-{name}", f"bytes in band through {name} : a plain loop, one block outstanding",
           "MB/s", ours, yardstick, at_least=goal)


def proxied(programs, server, name, octets):
    ours, yardstick = [], []
    with Pair(programs, server.address, "candidates.loopback=true") as pair:
        for _ in range(ROUNDS):
            for direct, path, rates in (("false", "s5b-proxy", ours), ("true", "s5b-direct", yardstick)):
                pair.set("s5b.direct", direct)
                pair.open("s5b", path)
                rates.append(pair.rate(octets, LARGE, 16))
                pair.close()
    report(f"proxy-{name}", f"bytes through the SOCKS5 proxy of {name} : over SOCKS5, direct", "MB/s", ours,
           yardstick)


def messages(programs, server, name, goal):
    rates = subprocess.run([programs / "balcony_bench", "one-way-rate"], capture_output=True,
                           check=True).stdout.split()
    ours = [float(rate) for rate in rates]
    yardstick = [MESSAGES / plain(programs, server.port, "messages", MESSAGES) for _ in ours]
    report(f"messages-{name}", f"{MESSAGES} messages, agent to agent over TCP : through {name}",
           "messages/s", ours, yardstick, at_least=goal)


def main():
    programs = pathlib.Path(sys.argv[1])
    wanted = sys.argv[2:]
    users = {"romeo": "secret", "juliet": "secret"}
    ejabberd = lambda: Ejabberd(users)  # noqa: E731
    prosody = lambda: Prosody(users, proxy=True)  # noqa: E731
    for name, make, octets, goals in (("ejabberd", ejabberd, 8_000_000, (3, 10)),
                                      ("prosody", prosody, 2_000_000, (0.9, 25))):
        figures = {
            f"in-band-{name}": lambda s: in_band(programs, s, name, octets, goals[0]),
            f"proxy-{name}": lambda s: proxied(programs, s, name, 16_000_000),
            f"messages-{name}": lambda s: messages(programs, s, name, goals[1])}
        if not figures.keys() & set(wanted):
            continue
        with make() as server:
            for figure, measure in figures.items():
                if figure in wanted:
                    measure(server)


main()
