# SPDX-License-Identifier: MIT
"""The steps that tests of the Profanity plugin share."""
import re

OPEN = "is open:"
OFFER = "offers an encrypted"
TRUST = re.compile(r"/e2e trust (\S+ [0-9a-f]{64})")
AUTO = ("mode auto", "trust tofu")  # no questions
REPLACEMENT = "balcony-instead-"


def couple(world, **options):
    """Romeo and Juliet, online, each with the other's window in front."""
    pair = [world.profanity(name, online=False, **options) for name in ("romeo", "juliet")]
    meet(*pair)
    return pair


def meet(one, other):
    for who, whom in ((one, other), (other, one)):
        who.sees("logged in successfully", 20)
        who.chat_with(whom.bare)
        who.sees(f"{whom.bare} [online]", 20)


def without_questions(*people):
    for who in people:
        for setting in AUTO:
            who.e2e(f"set {setting}", f"{setting.replace(' ', ' is ')}.")


def trust_keys(*people):
    """Each answers the question about the key that is on the screen."""
    for who in people:
        who.e2e(f"trust {who.sees(TRUST, 30).group(1)}")


def open_stream(one, other):
    """As users do it, question by question."""
    one.e2e("start")
    other.sees(OFFER)
    other.e2e("accept")
    trust_keys(one, other)
    both_open(one, other)


def both_open(one, other, timeout=30):
    for who in (one, other):
        who.sees(OPEN, timeout)
        who.sees("[e2e in-band, unverified]")


def auto_couple(world, **options):
    """Romeo and Juliet with an open stream, without questions."""
    pair = couple(world, **options)
    without_questions(*pair)
    pair[0].e2e("start")
    both_open(*pair)
    return pair


def couple_by_forwarder(world):
    """The same, with Romeo's connection to the server through what can cut it."""
    forwarder = world.forwarder()
    romeo = world.profanity("romeo", online=False, port=forwarder.port)
    juliet = world.profanity("juliet")
    romeo.sees("logged in successfully")
    romeo.chat_with(juliet.bare)
    romeo.sees(f"{juliet.bare} [online]")
    juliet.chat_with(romeo.bare)
    without_questions(romeo, juliet)
    romeo.e2e("start")
    both_open(romeo, juliet)
    return forwarder, romeo, juliet


def romeo_with_balcony_cli(world):
    """Romeo in Profanity has a stream with Juliet, whose client is balcony-cli."""
    romeo = world.profanity("romeo")
    juliet = world.host("juliet", "mode=auto", "trust=tofu")
    romeo.sees("juliet@localhost (balcony) is online")
    romeo.chat_with("juliet@localhost")
    without_questions(romeo)
    romeo.e2e("start")
    juliet.wait_for("stream", 40, state="open", peer=romeo.jid)
    return romeo, juliet


def say(speaker, listener, text, timeout=20):
    speaker.type(text)
    listener.sees(text, timeout)


def say_end_to_end(world, speaker, listener, text, timeout=20):
    say(speaker, listener, text, timeout)
    assert not world.server.saw(text), f"the server saw {text!r}"
