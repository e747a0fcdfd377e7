# SPDX-License-Identifier: MIT
"""Where the story is played: one tmux window with Romeo's Profanity on the left and Juliet's on the
right. Seen by nobody (headless), or by whoever sits at the terminal."""
import os
import shutil
import subprocess

from profanity import Profanity, Terminal

WIDTH, HEIGHT = 201, 24  # headless: two screens of 100 columns
IN_BAND = ("transports=ibb",)  # so that the server has something to see
NARROW = 150  # columns below which one screen is above the other


class Stage:
    """`audience`: somebody looks, so things happen at the speed of people."""

    def __init__(self, port, plugin, users, audience):
        self.audience = audience
        self.terminal = Terminal()
        self.people = []
        self._viewer = None
        width, height = shutil.get_terminal_size() if audience else (WIDTH, HEIGHT)
        side = "-h" if width >= NARROW else "-v"
        places = (["new-session", "-d", "-s", "demo", "-x", str(width), "-y", str(height)],
                  ["split-window", side, "-t", "demo"])
        try:
            for (name, password), place in zip(users.items(), places):
                self.people.append(Profanity(name, password, port, plugin, terminal=self.terminal,
                                             place=place, resource="demo",
                                             e2e_settings=IN_BAND))
        except BaseException:
            self.close()
            raise
        if audience:
            self._prepare()

    def _prepare(self):
        for option, value in (("mouse", "on"), ("status", "on"), ("status-style", "bg=green,fg=black"),
                              ("status-left-length", "200"), ("status-right", ""),
                              ("window-status-format", ""), ("window-status-current-format", "")):
            self.terminal("set-option", "-g", option, value)

    def narrate(self, text):
        if self.audience:
            self.terminal("set-option", "-g", "status-left", f" {text}")

    def show(self):
        """Puts the terminal's user in front; returns at once, see wait()."""
        environment = {key: value for key, value in os.environ.items() if key != "TMUX"}
        self._viewer = subprocess.Popen(
            ["tmux", "-S", str(self.terminal.socket), "attach", "-t", "demo"], env=environment)

    def is_watched(self):
        return self._viewer is not None and self._viewer.poll() is None

    def wait(self):
        """Until the user has left, or both people have."""
        while self.is_watched() and not all(who.status() is not None for who in self.people):
            try:
                self._viewer.wait(0.3)
            except subprocess.TimeoutExpired:
                pass

    def screens(self, colours=False):
        """Both screens as they stand, lines of text."""
        return [who.screen(colours).rstrip("\n").split("\n") for who in self.people]

    def close(self):
        for who in self.people:
            who.stop()
        self.terminal.stop()
        if self._viewer is not None:
            self._viewer.wait()
