# SPDX-License-Identifier: MIT
"""Two balcony-cli on one server, as measurements drive them, and how a figure is reported."""
import json
import pathlib
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from cli import Cli  # noqa: E402


def spread(values):
    return {"min": round(min(values), 3), "median": round(statistics.median(values), 3),
            "max": round(max(values), 3)}


def report(figure, what, unit, ours, yardstick, at_least=None):
    ratio = spread([a / b for a, b in zip(ours, yardstick)])
    goal = {} if at_least is None else {"goal": f">= {at_least}", "reached": ratio["median"] >= at_least}
    print(json.dumps({
        "figure": figure, "what": what, "ratio": ratio, **goal, "ours": round(statistics.median(ours), 3),
        "yardstick": round(statistics.median(yardstick), 3), "unit": unit, "rounds": len(ours)}), flush=True)


class Pair:
    """Logged in, and each knows what the other can. `within`: the words before each one's program, for
    a namespace of its own."""

    def __init__(self, programs, server, *settings, within=((), ())):
        settings = ("mode=auto", "trust=tofu", *settings)
        self.people = self.romeo, self.juliet = [
            Cli([*words, str(programs / "balcony-cli")], f"{name}@localhost/balcony", "secret", server,
                settings=settings)
            for name, words in zip(("romeo", "juliet"), within)]
        for one, other in (self.people, self.people[::-1]):
            one.wait_for("online")
            one.wait_for("presence", **{"from": other.jid, "e2e": True})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for one in self.people:
            one.stop()

    def set(self, key, value):
        for one in self.people:
            if not one.e2e(f"set {key} {value}")["ok"]:
                raise RuntimeError(f"{key} can't be set")

    def open(self, method, path):
        """A stream by that method, which must come to run by `path`; seconds until both know it open."""
        began = time.monotonic()
        self.romeo.e2e(f"start {self.juliet.jid} {method}")
        infos = [one.wait_for("stream", 30, state="open") for one in self.people]
        took = time.monotonic() - began
        if any(info["transport"] != path for info in infos):
            raise RuntimeError(f"not {path}: {infos}")
        return took

    def close(self):
        self.romeo.e2e(f"stop {self.juliet.jid}")
        for one in self.people:
            one.wait_for("stream", state="closed")

    def rate(self, octets, body=8192, in_flight=64):
        """MB/s of message bodies of `body` octets each, so many of them on the way; `in_flight` is at most
        half of limits.queue."""
        count = octets // body
        text = "b" * body
        first = len(self.juliet.events)  # only stanzas come while we measure
        sent = 0
        began = time.monotonic()
        while (received := len(self.juliet.events) - first) < count:
            if time.monotonic() - began > 60:
                raise RuntimeError("no progress:\n" + self.romeo.tell(3))
            while sent < count and sent - received < in_flight:
                self.romeo.msg(self.juliet.jid, text)
                sent += 1
            time.sleep(0.0005)
        return octets / 1e6 / (time.monotonic() - began)
