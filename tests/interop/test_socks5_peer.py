# SPDX-License-Identifier: MIT
"""balcony-cli with an independent SOCKS5 peer: slixmpp as target, other habits that XEP-0260 leaves
open, and what a contact must not get us to do."""
import re
import socket

import pytest

from steps import AUTO, HANDSHAKE, arrives
from test_peer import call, open_to, talk

SOCKS5 = (*AUTO, "transports=s5b,ibb", "candidates.loopback=true")
callers = pytest.mark.parametrize("caller", ["balcony", "peer"])


def meet(world, arguments, caller, settings=SOCKS5):
    romeo = world.host("romeo", *settings)
    juliet = world.peer("juliet", "--path", "s5b", *arguments)
    romeo.wait_for("presence", 20, type="available", e2e=True, **{"from": juliet.jid})
    call(romeo, juliet, caller)
    return romeo, juliet


@callers
@pytest.mark.parametrize("habits, used", [
    ((), None),
    (("s5b-no-host",), "theirs"),  # slixmpp connects to us
    (("s5b-no-target",), "ours"),
    (("s5b-no-target", "s5b-piecewise"), "ours"),
    (("s5b-no-target", "s5b-trickle"), "ours"),
    (("s5b-no-mode", "s5b-no-dstaddr", "bare-accept"), None),
    (("s5b-twice",), None),
])
def test_an_independent_peer_talks_over_socks5(world, caller, habits, used):
    arguments = [word for habit in habits for word in ("--behave", habit)]
    romeo, juliet = meet(world, arguments, caller)

    info, _ = open_to(romeo, juliet)
    talk(romeo, juliet)

    assert info["transport"] == "s5b-direct"
    if used:
        assert juliet.wait_for("path")["used"] == used
    romeo.e2e(f"stop {juliet.jid}")
    assert romeo.wait_for("stream", 20, state="closed")["reason"] == "success"


@pytest.mark.server(proxy=True)
def test_slixmpp_is_the_target_at_our_proxy(world):
    romeo, juliet = meet(world, ("--behave", "s5b-no-host"), "balcony",
                         (*SOCKS5, "s5b.direct=false"))

    info, _ = open_to(romeo, juliet)
    talk(romeo, juliet)

    assert info["transport"] == "s5b-proxy"


def test_a_peer_with_no_path_at_all_ends_the_attempt_with_a_reason(world):
    romeo, juliet = meet(world, ("--behave", "s5b-no-host", "--behave", "s5b-no-target"), "balcony",
                         (*SOCKS5, "s5b.direct=false", "transports=s5b"))

    ended = romeo.wait_for("stream", HANDSHAKE, state="closed")
    assert ended["reason"] == "failed-transport"
    assert [attempt["transport"] for attempt in ended["tried"]] == ["s5b"]


def test_targets_that_are_forbidden_see_no_connection(world):
    """A contact names addresses of ours that only we can reach: nothing comes there."""
    romeo = world.host("romeo", *AUTO, "transports=s5b,ibb")  # loopback is not allowed
    juliet = world.peer("juliet", "--path", "s5b", "--behave", "s5b-no-target")
    romeo.wait_for("presence", 20, type="available", e2e=True, **{"from": juliet.jid})
    pots = [socket.create_server((host, 0), family=family) for host, family in
            (("127.0.0.1", socket.AF_INET), ("127.1.2.3", socket.AF_INET), ("::1", socket.AF_INET6))]
    names = {"127.0.0.1": pots[0], "127.1.2.3": pots[1], "::1": pots[2], "::ffff:127.0.0.1": pots[0],
             "0.0.0.0": pots[0], "localhost": pots[0], "64:ff9b::7f00:1": pots[0]}
    candidates = "".join(
        f"<candidate cid='c{i}-{kind}' host='{host}' jid='x.localhost' "
        f"port='{pot.getsockname()[1]}' priority='{1000 - i}' type='{kind}'/>"
        for i, (host, pot) in enumerate(names.items()) for kind in ("direct", "proxy"))
    juliet.send("forge " + candidates)
    call(romeo, juliet, "peer")

    romeo.wait_for("stream", HANDSHAKE, state="negotiating")
    romeo.wait_for("stream", HANDSHAKE, state="closed")

    for pot in pots:
        pot.settimeout(0.01)
        with pytest.raises(socket.timeout):
            pot.accept()
        pot.close()
    assert re.search(r"candidate-error", world.server.log())


def test_a_refused_key_is_refused_on_socks5_too(world):
    romeo, juliet = meet(world, ("--fingerprint", "wrong"), "balcony")

    assert romeo.wait_for("stream", HANDSHAKE, state="closed")["reason"] == "security-error"
    assert not romeo.seen("stream", state="open")
