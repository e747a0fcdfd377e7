# SPDX-License-Identifier: MIT
"""What the demo tells at its end: every path in turn, with the same messages on each and through the
server in clear. Romeo and Juliet are two balcony-cli here, since a person can't type that fast."""
import time

from cli import Cli

MANY = 300  # messages each way
SETTINGS = ("transports=s5b,ice,ibb", "candidates.loopback=true")  # all of it is on this machine
PATHS = (("end to end, in band", "ibb", "ibb"),
         ("end to end, through the server's SOCKS5 proxy", "s5b", "s5b-proxy"),
         ("end to end, directly by SOCKS5", "s5b", "s5b-direct"),
         ("end to end, directly by ICE over TCP", "ice", "ice-tcp"))


def talk(romeo, juliet, via, word):
    """Many messages each way at once; the time until all have arrived."""
    began = time.monotonic()
    for number in range(MANY):
        romeo.msg(juliet.jid, f"{word} {number}")
        juliet.msg(romeo.jid, f"{word} {number}")
    for who in (romeo, juliet):
        who.wait_for_many(MANY, "stanza", 30, via=via, xml=lambda xml: f">{word} " in xml)
    return time.monotonic() - began


def meet(romeo, juliet, check):
    """The first stream of all, where each learns the other's key."""
    for who, other in ((romeo, juliet), (juliet, romeo)):
        who.wait_for("online")
        who.wait_for("presence", type="available", **{"from": other.jid})
    check(romeo.e2e(f"start {juliet.jid} ibb")["ok"], "no stream could be started")
    juliet.wait_for("ask", kind="offer", peer=romeo.jid)
    check(juliet.e2e(f"accept {romeo.jid}")["ok"], "the offer could not be accepted")
    for who, other in ((romeo, juliet), (juliet, romeo)):
        key = who.wait_for("ask", 30, kind="key", peer=other.jid)["fingerprint"]
        check(who.e2e(f"trust {other.jid} {key}")["ok"], f"{who.name} could not trust the key")
    for who in (romeo, juliet):
        who.wait_for("stream", 30, state="open")
    end(romeo, juliet, check)


def end(romeo, juliet, check):
    check(romeo.e2e(f"stop {juliet.jid}")["ok"], "it could not be closed")
    for who in (romeo, juliet):
        check(who.wait_for("stream", 30, state="closed")["reason"] == "success", "a bad end")


def try_every_path(program, server, users, check):
    """Prints a table. `check(true, text)` ends the demo if something is not as it should be."""
    people = []
    try:
        for name, password in users.items():
            people.append(Cli([program], f"{name}@localhost/paths", password, server.address,
                              settings=SETTINGS))
        romeo, juliet = people
        meet(romeo, juliet, check)
        line = "  {:<48}{:>10}{:>15.2f} s"
        print(f"  {'path':<48}{'opens in':>10}{'carries them in':>17}")
        print(line.format("through the server, in clear", "-", talk(romeo, juliet, "server", "clear")))
        for who, other in ((romeo, juliet), (juliet, romeo)):
            check(who.e2e(f"mode {other.bare} auto")["ok"], "no mode auto")
        for name, method, path in PATHS:
            for who in people:
                direct = "false" if path == "s5b-proxy" else "true"
                check(who.e2e(f"set s5b.direct {direct}")["ok"], "s5b.direct could not be set")
            began = time.monotonic()
            check(romeo.e2e(f"start {juliet.jid} {method}")["ok"], f"{method} could not be started")
            infos = [who.wait_for("stream", 30, state="open") for who in people]
            took = time.monotonic() - began
            check(all(info["transport"] == path for info in infos), f"not {path}: {infos}")
            print(line.format(name, f"{took:.2f} s", talk(romeo, juliet, "e2e", path)))
            end(romeo, juliet, check)
        check(not any(who.seen("undelivered") for who in people), "something was lost")
        for who in people:
            who.quit()
    finally:
        for who in people:
            who.stop()
