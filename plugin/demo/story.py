# SPDX-License-Identifier: MIT
"""The story that plugin/demo/run tells: Romeo and Juliet, two balcony-cli, on one private server. It
checks every step as it tells it, and compares what the server saw with what the two saw. Ends with
status 0 if all was as it should be."""
import pathlib
import re
import signal
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "tests" / "support"))

from cli import Cli  # noqa: E402
from prosody import Prosody  # noqa: E402

SECONDS = 60
SETTINGS = ("transports=s5b,ibb", "candidates.loopback=true")  # all of it is on this machine
MANY = 300  # messages each way, to compare paths
LINES = [("romeo", "Lady, by yonder blessed moon I vow"),
         ("juliet", "O, swear not by the moon, the inconstant moon"),
         ("romeo", "What shall I swear by?"),
         ("juliet", "Do not swear at all")]

started = time.monotonic()


class Wrong(Exception):
    """The story took a turn that it must not take."""


def tell(who, text):
    print(f"{time.monotonic() - started:6.2f} s  {who:<8}{text}", flush=True)


def heading(text):
    print(f"\n{text}", flush=True)


def check(true, text):
    if not true:
        raise Wrong(text)


def short(fingerprint):
    return f"{fingerprint[:8]}...{fingerprint[-8:]}"


def body(xml):
    found = re.search(r"<body[^>]*>([^<]*)</body>", xml)
    return found and found.group(1)


def say(speaker, listener, text, via):
    """One line of the play; it must arrive, and by the way that is meant."""
    speaker.msg(listener.jid, text)
    sent = speaker.wait_for("sent")
    check(sent["via"] == via, f"the message left by {sent['via']}, not by {via}")
    tell(speaker.name.title(), f"says   \"{text}\"")
    listener.wait_for("stanza", via=via, xml=lambda xml: body(xml) == text)
    way = "end to end" if via == "e2e" else "by the server"
    tell(listener.name.title(), f"reads  \"{text}\"  (came {way})")


def go_online(romeo, juliet):
    heading("Two people go online at one server.")
    for who in (romeo, juliet):
        tell(who.name.title(), f"is online as {who.wait_for('online')['jid']}")
    for who, other in ((romeo, juliet), (juliet, romeo)):
        who.wait_for("presence", type="available", **{"from": other.jid})


def talk_in_clear(romeo, juliet, server):
    heading("First as everybody does: through the server.")
    say(romeo, juliet, LINES[0][1], "server")
    seen = next((stanza for _, stanza in server.received() if LINES[0][1] in stanza), None)
    check(seen, "the server's log does not even show what was sent in clear")
    tell("Server", f"logs   {seen}")


def open_stream(romeo, juliet):
    heading("Now Romeo asks for a stream of their own.")
    tell("Romeo", f"types  e2e start {juliet.jid} ibb")
    reply = romeo.e2e(f"start {juliet.jid} ibb")
    check(reply["ok"], reply["text"])
    juliet.wait_for("ask", kind="offer", peer=romeo.jid)
    tell("Juliet", "is asked: Romeo offers an encrypted stream. Accept?")
    tell("Juliet", f"types  e2e accept {romeo.jid}")
    check(juliet.e2e(f"accept {romeo.jid}")["ok"], "Juliet could not accept")

    heading("They have never met: each is asked about the other's key, and compares it by telephone.")
    for who, other in ((romeo, juliet), (juliet, romeo)):
        key = who.wait_for("ask", 30, kind="key", peer=other.jid)["fingerprint"]
        own = other.e2e("fingerprint")["text"]
        check(key in own, f"{other.name}'s own fingerprint is another than the one that came")
        tell(who.name.title(), f"is asked: {other.name.title()}'s key is {short(key)}. Trust it?")
        tell(other.name.title(), f"has    {short(key)} as own fingerprint: it is the same")
        tell(who.name.title(), f"types  e2e trust {other.jid} {short(key)}")
        check(who.e2e(f"trust {other.jid} {key}")["ok"], f"{who.name} could not trust the key")

    heading("The stream is open.")
    for who, other in ((romeo, juliet), (juliet, romeo)):
        info = who.wait_for("stream", 30, state="open", peer=other.jid)
        check(info["transport"] == "ibb" and info["tls"].startswith(
            "TLSv1."), f"an odd stream: {info}")
        tell(who.name.title(), f"has a stream to {other.name.title()}: {info['tls']}, {info['cipher']}, "
                               f"path {info['transport']}, key {info['trust']}")


def talk_end_to_end(romeo, juliet):
    heading("They say the same words again, and more, end to end.")
    people = {"romeo": (romeo, juliet), "juliet": (juliet, romeo)}
    for name, text in LINES:
        say(*people[name], text, "e2e")


def close(romeo, juliet):
    heading("Juliet closes the stream.")
    tell("Juliet", f"types  e2e stop {romeo.jid}")
    check(juliet.e2e(f"stop {romeo.jid}")["ok"], "Juliet could not close the stream")
    for who, other in ((juliet, romeo), (romeo, juliet)):
        end = who.wait_for("stream", 30, state="closed", peer=other.jid)
        check(end["reason"] == "success", f"it ended with {end['reason']}: {end.get('text')}")
        tell(who.name.title(), "sees   the stream closed, in good order")


def talk_at_length(romeo, juliet, via, word):
    """Many messages each way at once; the time until all have arrived."""
    began = time.monotonic()
    for number in range(MANY):
        romeo.msg(juliet.jid, f"{word} {number}")
        juliet.msg(romeo.jid, f"{word} {number}")
    for who in (romeo, juliet):
        who.wait_for_many(MANY, "stanza", 30, via=via, xml=lambda xml: f">{word} " in xml)
    return time.monotonic() - began


def open_again(romeo, juliet, method, path):
    """No questions now: they know each other. The time until both have the stream."""
    began = time.monotonic()
    check(romeo.e2e(f"start {juliet.jid} {method}")["ok"], f"{method} could not be started")
    infos = [who.wait_for("stream", 30, state="open") for who in (romeo, juliet)]
    took = time.monotonic() - began
    check(all(info["transport"] == path for info in infos), f"not {path}: {infos}")
    return took, infos[0]


def try_every_path(romeo, juliet):
    heading(f"Every path in turn, with {MANY} messages each way.")
    print(f"  {'path':<44}{'opens in':>10}{'carries them in':>17}")
    line = "  {:<44}{:>10}{:>15.2f} s"
    print(line.format("through the server, in clear", "-", talk_at_length(romeo, juliet, "server", "clear")))
    for who, other in ((romeo, juliet), (juliet, romeo)):
        check(who.e2e(f"mode {other.bare} auto")["ok"], "no mode auto")
    for name, method, path in (("end to end, in band", "ibb", "ibb"),
                               ("end to end, directly", "s5b", "s5b-direct")):
        took, info = open_again(romeo, juliet, method, path)
        where = f" ({info['remote']})" if "remote" in info else ""
        print(line.format(name + where, f"{took:.2f} s", talk_at_length(romeo, juliet, "e2e", path)))
        check(romeo.e2e(f"stop {juliet.jid}")["ok"], "it could not be closed")
        for who in (romeo, juliet):
            check(who.wait_for("stream", 30, state="closed")["reason"] == "success", "a bad end")


def go_offline(romeo, juliet):
    check(not romeo.seen("undelivered") and not juliet.seen("undelivered"), "something was lost")
    for who in (romeo, juliet):
        who.quit()


def compare(server, clear_log):
    heading("What the two saw, and what the server saw of it.")
    whole = server.log()
    log = whole[len(clear_log):]
    bytes_in_band = b"".join(server.in_band().values())
    print(f"  {'they read, end to end':<49}{'in the log':>12}{'in the bytes':>14}")
    for _, text in LINES:
        counts = log.count(text), bytes_in_band.count(text.encode())
        print(f"  {text:<49}{counts[0]:>12}{counts[1]:>14}")
        check(counts == (0, 0), f"the server saw \"{text}\"")
    in_clear = clear_log.count(LINES[0][1])
    check(in_clear > 0 and b"<stream:stream" in bytes_in_band,
          "the server's log does not show what it carries")
    blocks = re.findall(r"<data\b[^>]*>([^<]+)</data>", "".join(s for _, s in server.received()))
    check(blocks, "no block of the stream passed the server")
    print(f"  The first line, sent in clear before, is {in_clear} times in the log of that time.\n"
          f"  Of the stream the server carried {len(blocks)} blocks, {len(bytes_in_band)} bytes, such as\n"
          f"  {blocks[-2][:60]}...")


def play(program):
    clients = []
    with Prosody({"romeo": "montague", "juliet": "capulet"}) as server:
        try:
            heading(f"A private Prosody listens on {server.address}; it logs all that it can read.")
            clients += [Cli([program], "romeo@localhost/orchard", "montague", server.address,
                            settings=SETTINGS),
                        Cli([program], "juliet@localhost/balcony", "capulet", server.address,
                            settings=SETTINGS)]
            go_online(*clients)
            talk_in_clear(*clients, server)
            clear_log = server.log()
            open_stream(*clients)
            talk_end_to_end(*clients)
            close(*clients)
            time.sleep(0.1)  # the server's last lines
            compare(server, clear_log)
            try_every_path(*clients)
            go_offline(*clients)
        finally:
            for client in clients:
                client.stop()


def give_up(*_):
    raise Wrong(f"it was ended, or took more than {SECONDS} s")


def main():
    for number in (signal.SIGALRM, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, give_up)
    signal.alarm(SECONDS)
    try:
        play(sys.argv[1])
    except (Wrong, AssertionError, KeyError, RuntimeError, OSError, KeyboardInterrupt) as problem:
        print(f"\ndemo: FAILED: {problem}", file=sys.stderr)
        return 1
    print(
        f"\ndemo: all as it should be, in {time.monotonic() - started:.0f} s. Nothing was left running.")
    return 0


sys.exit(main())
