# SPDX-License-Identifier: MIT
"""The steps that interop tests share: who goes online, how a stream is opened, what arrived."""
import secrets
import time
import xml.etree.ElementTree as ET

AUTO = ("mode=auto", "trust=tofu")  # no questions
HANDSHAKE = 40  # seconds that a loaded machine may take to open a stream, sanitizers and all


def couple(world, *settings):
    """Romeo and Juliet, online, each aware of the other."""
    romeo, juliet = world.host("romeo", *settings), world.host("juliet", *settings)
    meet(romeo, juliet)
    return romeo, juliet


def meet(one, other):
    """Until each knows that the other's client can talk end to end."""
    for a, b in ((one, other), (other, one)):
        a.wait_for("presence", 20, type="available", e2e=True, **{"from": b.jid})


def start(caller, callee):
    reply = caller.e2e(f"start {callee.jid}")
    assert reply["ok"], reply


def until_asked(caller, callee):
    """The offer is put to the callee's user."""
    start(caller, callee)
    callee.wait_for("ask", HANDSHAKE, kind="offer", peer=caller.jid)


def until_key_questions(caller, callee):
    """Both users are asked about the other's key; returns the two questions."""
    until_asked(caller, callee)
    assert callee.e2e(f"accept {caller.jid}")["ok"]
    return [who.wait_for("ask", HANDSHAKE, kind="key", peer=other.jid)
            for who, other in ((caller, callee), (callee, caller))]


def trust(who, question):
    assert who.e2e(f"trust {question['peer']} {question['fingerprint']}")["ok"]


def until_open(caller, callee):
    """An open stream, with every question answered by yes; returns what both are told."""
    for who, question in zip((caller, callee), until_key_questions(caller, callee)):
        trust(who, question)
    return both_open(caller, callee)


def both_open(caller, callee):
    return (caller.wait_for("stream", HANDSHAKE, state="open", peer=callee.jid),
            callee.wait_for("stream", HANDSHAKE, state="open", peer=caller.jid))


def auto_couple(world, *settings):
    """Romeo and Juliet with an open stream between them, without questions."""
    romeo, juliet = couple(world, *AUTO, *settings)
    start(romeo, juliet)
    both_open(romeo, juliet)
    return romeo, juliet


def closed(who, other, timeout=30, **match):
    return who.wait_for("stream", timeout, state="closed", peer=other.jid, **match)


def child(text, name):
    """The text of the first element called `name`, whatever its namespace."""
    return next((e.text for e in ET.fromstring(text).iter() if e.tag.split("}")[-1] == name), None)


def body(text):
    return child(text, "body")


def bodies(who, via="e2e"):
    return [b for b in map(body, who.stanzas(via)) if b is not None]


def arrives(who, text, via="e2e", timeout=20):
    return who.wait_for("stanza", timeout, via=via, xml=lambda xml: body(xml) == text)


def exchange_messages(one, other, count, timeout):
    """`count` messages each way, at once; each side must get all, whole and in order."""
    words = {who: [f"{who.name} {i} {secrets.token_hex(8)}" for i in range(count)]
             for who in (one, other)}
    for i in range(count):
        one.msg(other.jid, words[one][i])
        other.msg(one.jid, words[other][i])
    until = time.monotonic() + timeout
    for who, sender in ((one, other), (other, one)):
        who.wait_for_many(count, "stanza", max(1, until - time.monotonic()), via="e2e",
                          xml=lambda xml: "<body" in xml)
        assert bodies(who) == words[sender]
        assert not who.seen("undelivered")
