# SPDX-License-Identifier: MIT
"""Drives one real Profanity in a terminal of its own (a private tmux): lines are typed, screens are
read. Its files are in a folder of its own. Standard library only."""
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

ACCOUNT = """[{name}]
enabled=true
jid={bare}
server=127.0.0.1
port={port}
tls.policy=disable
password={password}
resource={resource}
presence.last=online
presence.login=online
"""
SETTINGS = """[ui]
splash=false
roster=false
beep=false
[logging]
chlog=true
[chatstates]
outtype=true
[connection]
reconnect=1
receipts.request=true
[plugins]
{load}
"""


class Unseen(AssertionError):
    """What was waited for did not appear."""


class Terminal:
    """A tmux server of its own, which ends with us; each pane is one program."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="balcony-tmux-"))
        self.socket = self.folder / "socket"
        self._server = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "tmux", "-D", "-f", "/dev/null", "-S", str(self.socket)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True)
        self._wait_until_it_listens()
        self("set-option", "-g", "remain-on-exit", "on")
        self("set-option", "-g", "history-limit", "5000")
        self("set-option", "-g", "status", "off")
        self("set-option", "-s", "escape-time", "0")

    def _wait_until_it_listens(self):
        until = time.monotonic() + 10
        while time.monotonic() < until:
            with socket.socket(socket.AF_UNIX) as probe:
                if probe.connect_ex(str(self.socket)) == 0:  # a file alone may not be listened on yet
                    return
            time.sleep(0.02)
        raise Unseen("tmux does not listen")

    def __call__(self, *words):
        done = subprocess.run(["tmux", "-S", str(self.socket), *words], text=True,
                              capture_output=True, timeout=10)
        if done.returncode != 0:
            raise RuntimeError(f"tmux {words[0]}: {done.stderr.strip()}")
        return done.stdout

    def stop(self):
        if self._server.poll() is None:
            try:
                self("kill-server")
                self._server.wait(5)
            except (RuntimeError, subprocess.TimeoutExpired):
                self._server.kill()
                self._server.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class Profanity:
    """`plugin` is the path of balcony.so; it is installed, and loaded at the start if `autoload`.
    `wrapper` is put before the program, such as a debugger. `place`: the words for tmux that make its
    pane in `terminal`; without them it gets a terminal of its own. `e2e_settings`: KEY=VALUE, as if the
    user had set them before."""

    def __init__(self, name, password, port, plugin, autoload=True, resource="prof", width=160,
                 height=50, wrapper=(), environment=None, terminal=None, place=None, connect=True,
                 e2e_settings=()):
        self.name, self.resource = name, resource
        self.bare = f"{name}@localhost"
        self.jid = f"{self.bare}/{resource}"
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"balcony-profanity-{name}-"))
        self.data, self.config = self.folder / "data", self.folder / "config"
        self.plugins = self.data / "profanity" / "plugins"
        self.state = self.data / "profanity" / "balcony" / self.bare
        self._place = place or ["new-session", "-d", "-s", name, "-x", str(width), "-y", str(height)]
        self._wrapper, self._environment = list(wrapper), dict(environment or {})
        self._own_terminal = terminal is None
        self.terminal = terminal or Terminal()
        self.pid, self._last_words = None, ""
        self._write_files(password, port, autoload)
        if e2e_settings:
            self.state.mkdir(parents=True, mode=0o700)
            (self.state / "settings.ini").write_text("\n".join(["[balcony]", *e2e_settings, ""]))
            (self.state / "settings.ini").chmod(0o600)
        if plugin:
            self.install(plugin)
        self._connects = connect
        self._last_status = False  # not known before stop()
        self.start()

    def _write_files(self, password, port, autoload):
        self.plugins.mkdir(parents=True)
        (self.config / "profanity").mkdir(parents=True)
        (self.data / "profanity" / "accounts").write_text(ACCOUNT.format(
            name=self.name, bare=self.bare, port=port, password=password, resource=self.resource))
        (self.config / "profanity" / "profrc").write_text(SETTINGS.format(
            load="load=balcony.so;" if autoload else ""))

    def install(self, plugin):
        """As the installer does it: a new file in the old one's place."""
        shutil.copy(plugin, self.plugins / "new")
        (self.plugins / "new").rename(self.plugins / "balcony.so")

    def start(self):
        environment = {"XDG_DATA_HOME": self.data, "XDG_CONFIG_HOME": self.config, "HOME": self.folder,
                       "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", **self._environment}
        command = [*self._wrapper, "profanity", "-l", "DEBUG"]
        command += ["-a", self.name] if self._connects else []
        if self.pid is not None:
            self.terminal("kill-pane", "-t", self.pane)
        words = [*self._place, "-P", "-F", "#{pane_id} #{pane_pid}"]
        for key, value in environment.items():
            words += ["-e", f"{key}={value}"]
        self.pane, pid = self.terminal(*words, "--", *command).split()
        self.pid = int(pid)

    # --- what goes in

    def type(self, line):
        self.keys(line)
        self.press("Enter")

    def keys(self, text):
        self.terminal("send-keys", "-t", self.pane, "-l", "--", text)

    def press(self, *names):
        self.terminal("send-keys", "-t", self.pane, *names)

    def e2e(self, words, answer=None, timeout=15):
        self.type(f"/e2e {words}")
        if answer:
            self.sees(answer, timeout)

    # --- what comes out

    def screen(self, colours=False, history=False):
        words = ["capture-pane", "-p", "-t", self.pane]
        words += ["-e"] if colours else []
        words += ["-S", "-"] if history else []
        return self.terminal(*words)

    def text(self):
        """The screen with its line breaks and indents undone."""
        return re.sub(r"\s+", " ", self.screen())

    def sees(self, text, timeout=20):
        """Waits until `text` (or a match of a pattern) is on the screen; returns the match or text."""
        until = time.monotonic() + timeout
        while True:
            screen = self.text()
            found = text.search(screen) if isinstance(text, re.Pattern) else text in screen and text
            if found:
                return found
            if time.monotonic() > until:
                raise Unseen(f"{self.name} does not see {text!r} within {timeout} s\n{self.tell()}")
            time.sleep(0.05)

    def sees_no_more(self, text, timeout=20):
        until = time.monotonic() + timeout
        while text in self.text():
            if time.monotonic() > until:
                raise Unseen(f"{self.name} still sees {text!r} after {timeout} s\n{self.tell()}")
            time.sleep(0.05)

    def does_not_see(self, text):
        assert text not in self.text(), f"{self.name} sees {text!r}\n{self.tell()}"

    def log(self):
        path = self.data / "profanity" / "logs" / "profanity.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def chat_log(self, contact):
        folder = self.data / "profanity" / "chatlogs"
        return "".join(path.read_text(errors="replace") for path in sorted(folder.rglob("*.log"))
                       if contact.replace("@", "_at_") in str(path))

    def chat_with(self, contact):
        """Opens the contact's window, or goes to it."""
        self.type(f"/msg {contact}")
        self.sees(contact)

    def console(self):
        self.type("/win 1")

    # --- how it ends

    def status(self):
        """None while it runs; then its exit status, or a signal's number as a negative one."""
        if self._last_status is not False:
            return self._last_status
        dead, status, number = self.terminal(
            "display-message", "-p", "-t", self.pane,
            "#{pane_dead}:#{pane_dead_status}:#{pane_dead_signal}").strip().split(":")
        if dead != "1":
            return None
        return -int(number) if number else int(status or 0)

    def ends(self, timeout=10):
        until = time.monotonic() + timeout
        while (found := self.status()) is None:
            if time.monotonic() > until:
                raise Unseen(f"{self.name} does not end within {timeout} s\n{self.tell()}")
            time.sleep(0.05)
        return found

    def quit(self, timeout=10):
        self.type("/quit")
        status = self.ends(timeout)
        assert status == 0, f"{self.name} ended with {status}\n{self.tell()}"

    def kill(self):
        os.kill(self.pid, signal.SIGKILL)
        self.ends()

    def check(self):
        assert self.status() in (None, 0, -9), f"{self.name} ended with {self.status()}\n{self.tell()}"

    def stop(self):
        """Ends it if it still runs and removes its folder; for the end of a test, whatever happened."""
        try:
            self._last_words = self.tell()
            self._last_status = self.status()
            if self._last_status is None:
                os.kill(self.pid, signal.SIGKILL)
        except (RuntimeError, OSError, subprocess.TimeoutExpired) as problem:
            self._last_words = str(problem)
        if self._own_terminal:
            self.terminal.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def hang_up(self):
        """Nothing to do; see stop()."""

    def tell(self, last=25):
        """For people: the screen, and what was logged last."""
        if self._last_words:
            return self._last_words
        try:
            screen = self.screen().rstrip()
        except (RuntimeError, subprocess.TimeoutExpired) as problem:
            screen = str(problem)
        log = [line[:300] for line in self.log().splitlines()[-last:]]
        return f"-- {self.jid}\n{screen}\n" + "\n".join(log)
