# SPDX-License-Identifier: MIT
"""balcony-cli with an independent peer that was written from the specifications alone: every way that
they leave open, in both roles, and every fault that a peer may have."""
import itertools

import pytest

from steps import AUTO, HANDSHAKE, arrives, bodies

WAYS = [*itertools.product(["1.2", "1.3"], ["bare", "full", "none"], ["yes", "no"])]
ways = pytest.mark.parametrize("tls,address,external", WAYS)
roles = pytest.mark.parametrize("caller", ["balcony", "peer"])


def meet(world, arguments, caller, settings=AUTO):
    """Romeo has Balcony, Juliet the independent peer; the caller has started a stream."""
    romeo = world.host("romeo", *settings)
    juliet = world.peer("juliet", *arguments)
    romeo.wait_for("presence", 20, type="available", e2e=True, **{"from": juliet.jid})
    call(romeo, juliet, caller)
    return romeo, juliet


def call(romeo, juliet, caller):
    if caller == "balcony":
        assert romeo.e2e(f"start {juliet.jid}")["ok"]
    else:
        juliet.send(f"start {romeo.jid}")


def open_to(romeo, juliet):
    return (romeo.wait_for("stream", HANDSHAKE, state="open"),
            juliet.wait_for("stream", HANDSHAKE, state="open"))


def talk(romeo, juliet):
    """One message each way, Juliet's first: who takes up no SASL is established by a stanza."""
    juliet.send("msg from the peer")
    arrives(romeo, "from the peer")
    romeo.msg(juliet.jid, "from balcony")
    juliet.wait_for("stanza", 20, body="from balcony")


def fails(romeo, juliet, *reasons):
    """The stream never opens, and ends for one of the reasons."""
    reason = romeo.wait_for("stream", 100, state="closed")["reason"]
    assert not romeo.seen("stream", state="open")
    assert not reasons or reason in reasons
    return reason


@ways
def test_balcony_calls_a_peer(world, tls, address, external):
    arguments = ["--tls", tls, "--stream-address", address, "--external", external]
    romeo, juliet = meet(world, arguments, "balcony")

    info, seen = open_to(romeo, juliet)
    talk(romeo, juliet)

    assert (info["tls"], info["role"]) == ("TLSv" + tls, "initiator")
    assert seen["external"] == (external == "yes")
    assert seen["fingerprint"] in romeo.e2e("fingerprint")["text"].replace(" ", "").lower()


@ways
def test_a_peer_calls_balcony(world, tls, address, external):
    arguments = ["--tls", tls, "--stream-address", address, "--external", external]
    romeo, juliet = meet(world, arguments, "peer")

    _, seen = juliet.wait_for(
    "session", state="accepted"), juliet.wait_for(
        "stream", HANDSHAKE, state="open")
    talk(romeo, juliet)

    info = romeo.seen("stream", state="open")[0]
    assert (info["tls"], info["role"]) == ("TLSv" + tls, "responder")
    assert seen["external"] == (external == "yes")
    before_tls, *after = [e["names"] for e in juliet.seen("features")]
    assert before_tls == ["starttls"] and after[0] == ["mechanisms"]


@roles
def test_stanzas_without_addresses_are_stamped(world, caller):
    romeo, juliet = meet(world, ["--stanza-address", "no"], caller)
    open_to(romeo, juliet)

    talk(romeo, juliet)

    found = romeo.seen("stanza", via="e2e")[0]
    assert found["from"] == juliet.jid
    assert juliet.jid in found["xml"] and romeo.jid in found["xml"]


@roles
def test_a_peer_without_our_fingerprint_is_asked_about_even_by_tofu(world, caller):
    romeo, juliet = meet(world, ["--fingerprint", "no"], caller)

    question = romeo.wait_for("ask", HANDSHAKE, kind="key")
    assert romeo.e2e(f"trust {juliet.jid} {question['fingerprint']}")["ok"]

    open_to(romeo, juliet)
    talk(romeo, juliet)


@roles
def test_what_is_signalled_is_the_certificate_that_is_presented(world, caller):
    romeo, juliet = meet(world, [], caller)

    _, seen = open_to(romeo, juliet)

    assert juliet.wait_for("signalled")["certificate_hash"] == seen["certificate_hash"]
    assert seen["certificate_jids"] == [romeo.bare]


@roles
def test_a_signalled_fingerprint_that_differs_is_a_security_error(world, caller):
    fails(*meet(world, ["--fingerprint", "wrong"], caller), "security-error")


@roles
@pytest.mark.parametrize("certificate", ["wrong-jid", "expired", "not-yet"])
@pytest.mark.parametrize("settings", [AUTO, ("mode=auto",)], ids=["tofu", "ask"])
def test_a_certificate_that_does_not_fit_is_a_security_error(world, caller, certificate, settings):
    romeo, juliet = meet(world, ["--certificate", certificate], caller, settings)

    fails(romeo, juliet, "security-error")

    assert not romeo.seen("ask", kind="key")


def test_a_caller_without_a_certificate_is_a_security_error(world):
    for tls in ("1.2", "1.3"):
        romeo, juliet = meet(world, ["--certificate", "none", "--tls",
                             tls, "--fingerprint", "no"], "peer")
        fails(romeo, juliet, "security-error")
        romeo.quit(), juliet.quit()


@roles
def test_a_certificate_for_the_full_jid_fits(world, caller):
    open_to(*meet(world, ["--certificate", "full-jid"], caller))


@roles
def test_a_changed_key_is_refused_loudly_and_only_an_explicit_trust_adds_it(
    world, caller, tmp_path):
    # given: the first device's key is pinned
    romeo, juliet = meet(world, [], caller)
    first, _ = open_to(romeo, juliet)
    juliet.quit()
    romeo.wait_for("stream", 60, state="closed")

    # when: another key comes
    juliet = world.peer("juliet", state=tmp_path / "other")
    romeo.wait_for("presence", 20, type="available", e2e=True, **{"from": juliet.jid})
    call(romeo, juliet, caller)

    # then: the stream is refused first, and told about
    assert romeo.wait_for("stream", HANDSHAKE, state="closed")["reason"] == "security-error"
    question = romeo.wait_for("ask", kind="key")
    assert question["known"] == [first["fingerprint"]
        ] and question["fingerprint"] != first["fingerprint"]
    assert len(romeo.seen("stream", state="open")) == 1

    # and: an explicit trust lets the next attempt pass
    assert romeo.e2e(f"trust {juliet.jid} {question['fingerprint']}")["ok"]
    call(romeo, juliet, caller)
    again, _ = open_to(romeo, juliet)
    assert again["fingerprint"] == question["fingerprint"]


@pytest.mark.parametrize("behave", ["no-starttls", "bytes-after-proceed"])
def test_a_callee_that_weakens_starttls_is_a_security_error(world, behave):
    romeo, juliet = meet(world, ["--behave", behave], "balcony")

    fails(romeo, juliet, "security-error")

    romeo.msg(juliet.jid, "nothing-in-clear")
    assert not any(b"nothing-in-clear" in flow for flow in world.server.in_band().values())


@pytest.mark.parametrize("behave", ["stanza-before-tls", "bytes-after-starttls"])
def test_a_caller_that_speaks_before_tls_is_a_security_error(world, behave):
    romeo, juliet = meet(world, ["--behave", behave], "peer")

    fails(romeo, juliet, "security-error")

    assert not romeo.seen("stanza", via="e2e")


@roles
@pytest.mark.parametrize("behave", ["starttls-optional", "children", "no-id", "empty-from", "bare-accept",
                                    "content-stub", "big-block"])
def test_what_other_software_does_is_understood(world, caller, behave):
    romeo, juliet = meet(world, ["--behave", behave], caller)
    open_to(romeo, juliet)
    talk(romeo, juliet)
    assert not juliet.seen("error")


@roles
def test_a_header_without_a_version_ends_the_attempt(world, caller):
    fails(*meet(world, ["--behave", "no-version"], caller), "failed-application")


@roles
@pytest.mark.parametrize("behave,condition", [("foreign-to", "host-unknown"),
                                              ("foreign-from", "invalid-from")])
def test_a_header_for_somebody_else_ends_the_attempt(world, caller, behave, condition):
    romeo, juliet = meet(world, ["--behave", behave], caller)

    fails(romeo, juliet, "failed-application", "security-error")

    assert juliet.wait_for("stream-error")["condition"] == condition


@roles
def test_in_band_blocks_that_start_at_the_wrong_number_end_the_attempt(world, caller):
    romeo, juliet = meet(world, ["--behave", "seq-from-one"], caller)
    fails(romeo, juliet)
    assert "unexpected-request" in juliet.wait_for("ibb")["refused"]


@roles
def test_a_stanza_from_a_third_jid_ends_the_stream(world, caller):
    romeo, juliet = meet(world, [], caller)
    open_to(romeo, juliet)

    juliet.send("raw <message from='mercutio@localhost/x' type='chat'><body>I am Mercutio</body></message>")

    assert romeo.wait_for("stream", 30, state="closed")["reason"] == "security-error"
    assert juliet.wait_for("stream-error")["condition"] == "invalid-from"
    assert not bodies(romeo)


def test_what_speaks_for_a_server_never_reaches_the_host(world):
    romeo, juliet = meet(world, [], "peer")
    open_to(romeo, juliet)

    for inner in ("<iq type='set' id='r1'><query xmlns='jabber:iq:roster'>"
                  "<item jid='evil@localhost' subscription='both'/></query></iq>",
                  "<message><received xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>"
                  "<message xmlns='jabber:client' from='mercutio@localhost'><body>forged</body></message>"
                  "</forwarded></received></message>",
                  "<presence type='subscribed'/>",
                  "<message to='mercutio@localhost'><body>relay this</body></message>"):
        juliet.send(f"raw {inner}")
    juliet.send("msg the end")
    arrives(romeo, "the end")

    assert [x for x in romeo.stanzas() if "the end" not in x] == []
    juliet.wait_for(
    "stanza",
    20,
    name="iq",
    attributes=lambda a: (
        a["id"],
        a["type"]) == (
            "r1",
             "error"))


@pytest.mark.parametrize("text,condition", [
    ("<!-- comment -->", "restricted-xml"), ("<?pi?>", "restricted-xml"), ("words", "bad-format"),
    ("<x:y/>", "not-well-formed"), ("<message></iq>", "not-well-formed"),
    ("<unknown xmlns='urn:example'/>", "unsupported-stanza-type"),
    ("<message><body>&undefined;</body></message>", "restricted-xml"),
])
def test_xml_that_streams_forbid_ends_the_stream_with_the_right_condition(world, text, condition):
    romeo, juliet = meet(world, [], "peer")
    open_to(romeo, juliet)

    juliet.send(f"raw {text}")

    assert romeo.wait_for(
    "stream", 30, state="closed")["reason"] in (
        "failed-application", "security-error")
    assert juliet.wait_for("stream-error")["condition"] == condition


def test_a_stanza_over_the_limit_ends_the_stream(world):
    romeo, juliet = meet(world, [], "peer")
    open_to(romeo, juliet)

    juliet.send("raw <message><body>" + "x" * 300_000 + "</body></message>")

    assert romeo.wait_for("stream", 60, state="closed")["reason"] == "failed-application"


@roles
@pytest.mark.parametrize("closer", ["balcony", "peer"])
def test_either_closes_in_the_right_order(world, caller, closer):
    romeo, juliet = meet(world, [], caller)
    open_to(romeo, juliet)

    if closer == "balcony":
        assert romeo.e2e(f"stop {juliet.jid}")["ok"]
    else:
        juliet.send("close")

    assert romeo.wait_for("stream", 30, state="closed")["reason"] == "success"
    ended = juliet.wait_for("session", 30, state="ended")
    assert ended["reason"] == "success"
    assert ended["by"] == ("peer" if closer == "balcony" else "us")
    assert juliet.seen("stream", state="closed") and not juliet.seen("stream", state="failed")


def test_a_terminate_in_mid_stream_is_an_abrupt_end(world):
    romeo, juliet = meet(world, [], "peer")
    open_to(romeo, juliet)
    juliet.send("msg last words")
    arrives(romeo, "last words")

    juliet.send("terminate gone")

    assert romeo.wait_for("stream", 30, state="closed")["reason"] == "gone"


def test_an_empty_session_info_is_answered_as_a_ping(world):
    romeo, juliet = meet(world, [], "peer")
    open_to(romeo, juliet)

    juliet.send("ping")

    juliet.wait_for("pong", 20)


def test_a_session_that_nobody_knows_is_answered_unknown_session(world):
    romeo, juliet = world.host("romeo"), world.peer("juliet")
    romeo.wait_for("presence", 20, type="available", e2e=True, **{"from": juliet.jid})

    juliet.send(f"signal <iq type='set' id='u1' to='{romeo.jid}'><jingle xmlns='urn:xmpp:jingle:1' "
                "action='session-info' sid='unknown'/></iq>")

    until_server_saw(world, "unknown-session")


def until_server_saw(world, text, seconds=10):
    import time
    until = time.monotonic() + seconds
    while text not in world.server.log():
        assert time.monotonic() < until, f"the server saw no {text}"
        time.sleep(0.1)


def test_a_decline_by_the_peer_is_told(world):
    romeo, juliet = meet(world, ["--accept", "no"], "balcony")
    assert fails(romeo, juliet) == "decline"


def test_an_offer_that_is_never_answered_can_be_stopped(world):
    romeo, juliet = meet(world, ["--accept", "never"], "balcony")
    juliet.wait_for("offer", 20)

    assert romeo.e2e(f"stop {juliet.jid}")["ok"]

    assert romeo.wait_for("stream", 20, state="closed")["reason"] == "cancel"
    assert juliet.wait_for("session", 20, state="ended")["reason"] == "cancel"


@pytest.mark.full
def test_an_offer_that_is_never_answered_times_out(world):
    romeo, juliet = meet(world, ["--accept", "never"], "balcony")
    assert romeo.wait_for("stream", 150, state="closed")["reason"] == "timeout"


@pytest.mark.full
def test_a_peer_that_does_not_even_acknowledge_is_given_up(world):
    romeo, juliet = meet(world, ["--behave", "mute"], "balcony")
    fails(romeo, juliet)


@pytest.mark.full
def test_a_caller_that_never_opens_the_bytestream_is_given_up(world):
    romeo, juliet = meet(world, ["--behave", "no-open"], "peer")
    assert fails(romeo, juliet) == "failed-transport"


@pytest.mark.full
@roles
def test_a_thousand_messages_each_way_with_a_peer(world, caller):
    romeo, juliet = meet(world, [], caller)
    open_to(romeo, juliet)

    for i in range(1000):
        romeo.msg(juliet.jid, f"down {i}")
        juliet.send(f"msg up {i}")

    romeo.wait_for_many(1000, "stanza", 120, via="e2e")
    juliet.wait_for_many(1000, "stanza", 120)
    assert bodies(romeo) == [f"up {i}" for i in range(1000)]
    assert [e["body"] for e in juliet.seen("stanza")] == [f"down {i}" for i in range(1000)]
