# SPDX-License-Identifier: MIT
"""Drives one balcony-cli, or any program with its interface: commands go in as lines, events come out
as JSON objects, one a line. Standard library only."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import threading
import time


class Silence(AssertionError):
    """What was waited for did not come."""


class Cli:
    """`program` is a list: the program and arguments that come before the usual ones. Without a
    `password` none is in its environment. `settings` None: it is no balcony-cli and has none."""

    def __init__(self, program, jid, password, server, state=None, settings=(), arguments=(),
                 environment=None):
        self.jid = jid
        self.bare = jid.split("/")[0]
        self.name = jid.split("@")[0]
        self.events = []  # all, in order
        self._taken = set()  # places in `events` that a wait_for has had
        self._news = threading.Condition(threading.RLock())
        self._done = False  # the program's output ended
        self._faults = []  # lines that break the interface
        self._last_words = ""
        self._folder = pathlib.Path(tempfile.mkdtemp(prefix=f"balcony-{self.name}-"))
        self.state = pathlib.Path(state or self._folder / "state")
        command = [*program, "--jid", jid, "--server", server, "--server-tls", "off",
                   "--state", str(self.state)]
        if settings is not None:  # the network around us is no test's business
            settings = ("s5b.upnp=false", *settings)
        for setting in settings or ():
            command += ["--set", setting]
        environment = {**os.environ, **(environment or {})}
        if "s5b.upnp=true" in (settings or ()):  # libminiupnpc reads numbers that end in CR LF, not in NUL
            environment["ASAN_OPTIONS"] = \
                environment.get("ASAN_OPTIONS", "") + ":strict_string_checks=0"
        environment.pop("BALCONY_PASSWORD", None)
        if password is not None:
            environment["BALCONY_PASSWORD"] = password
        with open(self._folder / "stderr", "wb") as stderr:
            self.process = subprocess.Popen(
                command + list(arguments), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=stderr, env=environment, start_new_session=True)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    # --- what goes in

    def send(self, line):
        try:
            self.process.stdin.write((line + "\n").encode())
            self.process.stdin.flush()
        except (BrokenPipeError, ValueError):
            raise Silence(
                f"{self.name} has ended and takes no '{line[:60]}'\n{self.tell()}") from None

    def e2e(self, words, timeout=10):
        """Says it and returns the one reply."""
        self.send(f"e2e {words}")
        return self.wait_for("reply", timeout, to=words)

    def msg(self, to, text):
        self.send(f"msg {to} {text}")

    def xml(self, stanza):
        self.send(f"xml {stanza}")

    # --- what comes out

    def wait_for(self, event, timeout=15, **match):
        """The oldest event of that kind, not yet returned by a wait_for, whose keys are as `match` says:
        a value, or a function that says yes."""
        until = time.monotonic() + timeout
        with self._news:
            while True:
                found = self._take(event, match)
                if found is not None:
                    return found
                left = until - time.monotonic()
                if left <= 0 or self._done:
                    break
                self._news.wait(left)
        why = "it has ended" if self._done else f"within {timeout} s"
        raise Silence(f"{self.name}: no '{event}' {match or ''} ({why})\n{self.tell()}")

    def seen(self, event, **match):
        """All events of that kind until now, returned by a wait_for or not."""
        with self._news:
            return [e for e in self.events if fits(e, event, match)]

    def wait_for_many(self, count, event, timeout=60, **match):
        """Until there are `count` of them in all; returns them."""
        until = time.monotonic() + timeout
        while len(found := self.seen(event, **match)) < count:
            with self._news:
                left = until - time.monotonic()
                if left <= 0 or self._done:
                    raise Silence(f"{self.name}: {len(found)} of {count} '{event}' {match} within "
                                  f"{timeout} s\n{self.tell()}")
                self._news.wait(min(left, 0.2))
        return found

    def never(self, event, seconds, **match):
        """Watches for a while that no such event comes, nor has come unnoticed."""
        try:
            surprise = self.wait_for(event, seconds, **match)
        except Silence:
            return
        raise AssertionError(f"{self.name}: an event that should not be: {surprise}\n{self.tell()}")

    def stanzas(self, via="e2e"):
        return [e["xml"] for e in self.seen("stanza", via=via)]

    # --- how it ends

    def quit(self, timeout=15):
        """Asks it to end, and checks that it does so in good order."""
        if self.process.poll() is None:
            self.send("quit")
        self.ends(timeout, status=0)

    def ends(self, timeout=15, status=None):
        """Waits until it has ended by itself; returns its exit status."""
        try:
            found = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise Silence(f"{self.name} does not end within {timeout} s\n{self.tell()}") from None
        self._reader.join(5)
        if status is not None:
            assert found == status, f"{self.name} ended with {found}, not {status}\n{self.tell()}"
        self.check()
        return found

    def kill(self):
        """Ends it without a warning, as a crash or a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self._reader.join(5)

    def hang_up(self):
        """Ends its input, which is `quit`."""
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass

    def stop(self):
        """Ends it if it still runs and removes its folder; for the end of a test, whatever happened."""
        self.hang_up()
        if self.process.poll() is None:
            try:
                self.process.wait(12)
            except subprocess.TimeoutExpired:
                self._faults.append("did not end within 12 s after the end of its input")
                self.kill()
        self._reader.join(5)
        self._last_words = self.errors()
        shutil.rmtree(self._folder, ignore_errors=True)

    def check(self):
        """That everything it wrote was as the interface says, and that no sanitizer spoke."""
        assert not self._faults, f"{self.name}: {self._faults}"
        errors = self.errors()
        for word in ("Sanitizer", "runtime error:", "Assertion", "terminate called"):
            assert word not in errors, f"{self.name}:\n{errors[-6000:]}"

    def errors(self):
        path = self._folder / "stderr"
        return path.read_text(errors="replace") if path.exists() else self._last_words

    def tell(self, last=25):
        """For people: the last events, and what it said on standard error."""
        with self._news:
            lines = [f"  {json.dumps(e)[:400]}" for e in self.events[-last:]]
        return (f"-- {self.jid}, {len(self.events)} events, exit status {self.process.poll()}\n"
                + "\n".join(lines) + "\n" + self.errors()[-3000:])

    # --- inside

    def _take(self, event, match):
        for place, found in enumerate(self.events):
            if place not in self._taken and fits(found, event, match):
                self._taken.add(place)
                return found
        return None

    def _read(self):
        for line in self.process.stdout:
            try:
                event = json.loads(line.decode())
                assert isinstance(event["event"], str) and isinstance(event["t"], (int, float))
            except (ValueError, KeyError, TypeError, AssertionError):
                self._faults.append(f"no event: {line[:300]!r}")
                continue
            with self._news:
                self.events.append(event)
                self._news.notify_all()
        with self._news:
            self._done = True
            self._news.notify_all()


def fits(found, event, match):
    return found["event"] == event and all(
        key in found and (value(found[key]) if callable(value) else found[key] == value)
        for key, value in match.items())
