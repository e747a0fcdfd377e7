# SPDX-License-Identifier: MIT
"""The story that plugin/demo/run tells: Romeo and Juliet, two Profanity with the plugin, on one private
server. It checks every step as it tells it, and compares what the server saw with what the two saw.
Ends with status 0 if all was as it should be. In a terminal it then leaves the user typing."""
import argparse
import pathlib
import re
import signal
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path[:0] = [str(ROOT / "tests" / "support"), str(ROOT / "plugin" / "demo")]

from paths import MANY, try_every_path  # noqa: E402
from picture import draw  # noqa: E402
from profanity import Unseen  # noqa: E402
from prosody import Prosody  # noqa: E402
from stage import Stage  # noqa: E402

SECONDS = 60  # headless
USERS = {"romeo": "montague", "juliet": "capulet"}
LINES = [("romeo", "Lady, by yonder blessed moon I vow"),
         ("juliet", "O, swear not by the moon, the inconstant moon"),
         ("romeo", "What shall I swear by?"),
         ("juliet", "Do not swear at all")]

started = time.monotonic()


class Wrong(Exception):
    """The story took a turn that it must not take."""


def check(true, text):
    if not true:
        raise Wrong(text)


class Story:
    def __init__(self, stage, server):
        self.stage, self.server = stage, server
        self.romeo, self.juliet = stage.people
        self.clear_log = ""

    # --- how it is told

    def heading(self, text):
        self.stage.narrate(text)
        if not self.stage.audience:
            print(f"\n{time.monotonic() - started:5.1f} s  {text}", flush=True)

    def tell(self, who, text):
        if not self.stage.audience:
            print(f"         {who.name.title():<7} {text}", flush=True)

    def pause(self, seconds):
        if self.stage.audience:
            time.sleep(seconds)

    def type(self, who, line):
        """As a person types it, if somebody looks."""
        self.tell(who, f"types  {line}")
        for letter in line if self.stage.audience else [line]:
            who.keys(letter)
            self.pause(0.03)
        self.pause(0.5)
        who.press("Enter")

    def say(self, name, text):
        people = {"romeo": (self.romeo, self.juliet), "juliet": (self.juliet, self.romeo)}
        speaker, listener = people[name]
        log = speaker.chat_log(listener.bare).count(text)
        self.type(speaker, text)
        until = time.monotonic() + 20
        while listener.chat_log(speaker.bare).count(text) <= log:
            check(time.monotonic() < until, f"{listener.name} did not get \"{text}\"")
            time.sleep(0.02)
        self.tell(listener, f"reads  {text}")
        self.pause(0.8)

    # --- what happens

    def go_online(self):
        self.heading("Two people go online at one server, each in a Profanity with the plugin.")
        for who, other in ((self.romeo, self.juliet), (self.juliet, self.romeo)):
            who.sees("logged in successfully")
            who.chat_with(other.bare)
            who.sees(f"{other.bare} [online]")
            self.tell(who, f"is online as {who.jid}")
        self.pause(1)

    def talk_in_clear(self):
        self.heading("First as everybody does: through the server, which can read it.")
        self.say(*LINES[0])
        seen = next((stanza for _, stanza in self.server.received() if LINES[0][1] in stanza), None)
        check(seen, "the server's log does not even show what was sent in clear")
        if not self.stage.audience:
            print(f"         Server  logs   {seen[:110]}...")

    def open_stream(self):
        self.heading("Now Romeo asks for a stream of their own; Juliet accepts.")
        self.type(self.romeo, "/e2e start")
        self.juliet.sees("offers an encrypted end-to-end stream")
        self.pause(2)
        self.type(self.juliet, "/e2e accept")
        self.heading("They have never met: each is asked about the other's key, compares it by "
                     "telephone, and trusts it.")
        for who in (self.romeo, self.juliet):
            who.sees("is not known yet", 30)
        self.pause(4)
        for who, other in ((self.romeo, self.juliet), (self.juliet, self.romeo)):
            who.keys(f"/e2e trust {other.bare} ")
            self.pause(1)
            who.press("Tab")  # completes the fingerprint
            self.pause(1)
            who.press("Enter")
            self.tell(who, f"types  /e2e trust {other.bare} [Tab]")
        for who in (self.romeo, self.juliet):
            who.sees("[e2e in-band, unverified]", 30)
            self.tell(who, "sees   [e2e in-band, unverified]")
        self.pause(1)

    def compare_keys(self):
        for who, other in ((self.romeo, self.juliet), (self.juliet, self.romeo)):
            other.type("/e2e fingerprint")
            own = other.sees(re.compile(r"- ([0-9a-f]{64}) ")).group(1)
            check(own in who.text(), f"{other.name}'s own key is another than {who.name} trusted")
            self.tell(other, f"has    {own[:8]}...{own[-8:]} as own fingerprint: it is the same")

    def talk_end_to_end(self):
        self.clear_log = self.server.log()
        self.heading("They say the same words again, and more, end to end.")
        for name, text in LINES:
            self.say(name, text)
        self.type(self.romeo, "/e2e status")
        self.romeo.sees(re.compile(r"open for \d+ s, in-band, TLSv1\.\d"))

    def close(self):
        self.heading("Juliet closes the stream.")
        self.type(self.juliet, "/e2e stop")
        for who in (self.romeo, self.juliet):
            who.sees("is closed. What you write now goes as")
            self.tell(who, "sees   the stream closed, in good order")
            who.does_not_see("NOT SENT")
        for who in (self.romeo, self.juliet):
            who.quit()

    def compare(self):
        """What the server saw of it."""
        print("\nWhat the two said end to end, and what the server saw of it.")
        log = self.server.log()[len(self.clear_log):]
        in_band = b"".join(self.server.in_band().values())
        print(f"  {'they read, end to end':<49}{'in the log':>12}{'in the bytes':>14}")
        for _, text in LINES:
            counts = log.count(text), in_band.count(text.encode())
            print(f"  {text:<49}{counts[0]:>12}{counts[1]:>14}")
            check(counts == (0, 0), f"the server saw \"{text}\"")
        in_clear = self.clear_log.count(LINES[0][1])
        check(in_clear > 0 and b"<stream:stream" in in_band,
              "the server's log does not show what it carries")
        blocks = re.findall(r"<data\b[^>]*>([^<]+)</data>",
                            "".join(stanza for _, stanza in self.server.received()))
        check(blocks, "no block of the stream passed the server")
        print(f"  The first line, sent in clear before, is {in_clear} times in the log of that time.\n"
              f"  Of the stream the server carried {len(blocks)} blocks, {len(in_band)} bytes, such as\n"
              f"  {blocks[-2][:60]}...")


def print_screens(screens):
    for name, lines in zip(("Romeo", "Juliet"), screens):
        print(f"\n{name}'s screen:")
        while lines and not lines[-1].strip():
            lines.pop()
        print("\n".join("  | " + line.rstrip() for line in lines if line.strip()))


def play(story, picture):
    """Without an audience."""
    story.go_online()
    story.talk_in_clear()
    story.open_stream()
    story.talk_end_to_end()
    if picture:
        columns = (201 - 1) // 2
        pathlib.Path(picture).write_text(draw(story.stage.screens(colours=True), columns))
    print_screens(story.stage.screens())
    story.compare_keys()
    story.close()
    time.sleep(0.1)  # the server's last lines
    story.compare()
    print(f"\nEvery path in turn, between two balcony-cli with {MANY} messages each way.")
    try_every_path(str(ROOT / "build/bin/balcony-cli"), story.server, USERS, check)


def perform(story):
    """In front of the user, who may leave at any time, and goes on typing when the story is over."""
    story.stage.show()
    story.pause(1)
    try:
        for act in (story.go_online, story.talk_in_clear, story.open_stream, story.talk_end_to_end):
            act()
    except (Unseen, RuntimeError):
        if story.stage.is_watched():  # else the user has left, or closed one of the clients
            raise
        return
    story.stage.narrate("Now it is yours: type in either window (click, or Ctrl-b o, goes to the other). "
                        "/help e2e tells more. Ctrl-b d ends the demo.")
    story.stage.wait()


def give_up(*_):
    raise Wrong(f"it was ended, or took more than {SECONDS} s")


def main():
    parser = argparse.ArgumentParser(prog="plugin/demo/run", description=__doc__)
    parser.add_argument("plugin", help="balcony.so")
    parser.add_argument("--headless", action="store_true", help="play it and print the screens")
    parser.add_argument("--picture", metavar="FILE", help="also draw the screens, SVG; implies --headless")
    options = parser.parse_args()
    audience = (sys.stdin.isatty() and sys.stdout.isatty() and not options.headless
                and not options.picture)
    for number in (signal.SIGALRM, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, give_up)
    signal.alarm(0 if audience else SECONDS)
    stage = None
    try:
        with Prosody(USERS, proxy=True) as server:
            print(f"A private Prosody listens on {server.address}; it logs all that it can read.")
            try:
                stage = Stage(server.port, options.plugin, USERS, audience)
                story = Story(stage, server)
                perform(story) if audience else play(story, options.picture)
            finally:
                if stage:
                    stage.close()
            if audience and story.clear_log:
                story.compare()
    except (Wrong, AssertionError, KeyError, RuntimeError, OSError, KeyboardInterrupt) as problem:
        print(f"\ndemo: FAILED: {problem}", file=sys.stderr)
        return 1
    print(f"\ndemo: all as it should be, in {time.monotonic() - started:.0f} s. "
          "Nothing was left running.")
    return 0


sys.exit(main())
