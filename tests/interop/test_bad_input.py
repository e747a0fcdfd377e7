# SPDX-License-Identifier: MIT
"""What a user or a script may get wrong, and contacts who can't be talked to: each has a clear outcome."""
import pytest

from steps import (AUTO, HANDSHAKE, arrives, auto_couple, both_open, closed, couple, meet, start,
                   until_asked)


def refused(who, to, timeout=HANDSHAKE):
    """That `e2e start to` fails, and says why: at once, or as a stream that closes. Returns the words."""
    reply = who.e2e(f"start {to}")
    if not reply["ok"]:
        assert reply["text"]
        return reply["text"]
    bare = to.split("/")[0]
    event = who.wait_for("stream", timeout, state="closed",
                         peer=lambda jid: jid.split("/")[0].lower() == bare.lower())
    assert event["reason"] != "success"
    return event["reason"] + " " + event.get("text", "")


def runs(who):
    """That it still takes commands."""
    assert who.e2e("list")["ok"]


@pytest.mark.parametrize("words", [
    "frobnicate", "start", "start @", "start not a jid", "stop", "accept", "decline", "mode",
    "mode juliet@localhost", "mode juliet@localhost sometimes", "reach juliet@localhost far",
    "trust juliet@localhost", "trust juliet@localhost xyz", "trust juliet@localhost " + "0" * 63,
    "set", "set no-such-key 1", "set mode sometimes", "set ibb.block-size -1", "help frobnicate",
    "start juliet@localhost carrier-pigeon", "start juliet@localhost ibb ibb",
    "\u0000", "start " + "a" * 5000,
])
def test_a_malformed_command_gets_a_reply_that_says_so(world, words):
    romeo = world.host("romeo")

    romeo.send(f"e2e {words}")

    reply = romeo.wait_for("reply")
    assert not reply["ok"] and reply["text"]
    runs(romeo)


@pytest.mark.parametrize("line", ["frobnicate", "msg", "msg juliet@localhost", "xml", "xml <not",
                                  "xml <message/><message/>", "xml text", "xml <a xmlns='b'/>",
                                  "presence sometimes", "E2E list", " "])
def test_a_malformed_line_is_an_error_and_the_program_goes_on(world, line):
    romeo = world.host("romeo")

    romeo.send(line)

    if line.strip():
        assert romeo.wait_for("error")["text"]
    runs(romeo)


def test_a_line_that_is_no_utf_8_does_no_harm(world):
    romeo = world.host("romeo")

    romeo.process.stdin.write(
        b"msg juliet@localhost \xff\xfe\nxml <message to='a@b'>\xc0\x80</message>\n")
    romeo.process.stdin.flush()

    runs(romeo)


@pytest.mark.parametrize("words", ["verify juliet@localhost secret", "confirm juliet@localhost yes",
                                   "export file", "import file"])
def test_a_command_that_is_not_built_yet_says_so(world, words):
    reply = world.host("romeo").e2e(words)
    assert not reply["ok"] and reply["text"]


@pytest.mark.parametrize("words", ["stop juliet@localhost", "accept juliet@localhost",
                                   "decline juliet@localhost", "untrust juliet@localhost"])
def test_a_command_about_nothing_says_that_there_is_nothing(world, words):
    reply = world.host("romeo").e2e(words)
    assert not reply["ok"] and reply["text"]


def test_help_names_every_command(world):
    text = world.host("romeo").e2e("help")["text"]
    for word in ("start stop status list accept decline mode reach fingerprint trust untrust verify "
                 "confirm export import set help").split():
        assert word in text


@pytest.mark.parametrize("arguments", [["--no-such-option"], ["--set", "no-such-key=1"],
                                       ["--set", "mode=sometimes"], ["--set", "mode"],
                                       ["--server-tls", "perhaps"], ["--log", "loud"]])
def test_a_wrong_command_line_ends_with_status_2(world, arguments):
    romeo = world.host("romeo", arguments=arguments, online=False)
    assert romeo.ends(status=2) == 2


@pytest.mark.parametrize("jid", ["", "@localhost", "romeo@", "romeo@localhost/", "a b@localhost"])
def test_a_jid_that_is_none_ends_with_status_2(world, jid):
    world.host("romeo", jid=jid or " ", online=False).ends(status=2)


def test_no_password_at_all_ends_with_status_2(world):
    world.host("romeo", password=None, online=False).ends(status=2)


def test_a_password_may_come_from_a_file(world, tmp_path):
    (tmp_path / "password").write_text("romeo-secret\n")
    world.host("romeo", password=None, arguments=["--password-file", str(tmp_path / "password")])


def test_a_password_file_that_is_not_there_is_said(world, tmp_path):
    romeo = world.host("romeo", password=None, online=False,
                       arguments=["--password-file", str(tmp_path / "nothing")])
    assert romeo.ends() in (1, 2)


def test_a_wrong_password_ends_with_one_error_and_status_1(world):
    romeo = world.host("romeo", password="not-this", online=False)

    romeo.ends(20, status=1)

    assert len(romeo.seen("error")) == 1 and not romeo.seen("online")


def test_no_server_ends_with_one_error_and_status_1(world):
    forwarder = world.forwarder()
    forwarder.refuse()
    romeo = world.host("romeo", server=forwarder.address, online=False)

    romeo.ends(40, status=1)

    assert len(romeo.seen("error")) == 1 and not romeo.seen("online")


def test_an_offline_contact_is_said_to_be_offline(world):
    assert refused(world.host("romeo"), "juliet@localhost")


def test_an_offline_resource_is_said_to_be_offline(world):
    romeo, juliet = couple(world)
    assert refused(romeo, f"{juliet.bare}/elsewhere")


def test_a_contact_whom_the_server_does_not_know_is_refused(world):
    assert refused(world.host("romeo"), "nobody@localhost")


def test_a_server_that_does_not_exist_is_refused(world):
    assert refused(world.host("romeo"), "juliet@no-such-server.invalid")


def test_a_contact_without_the_feature_is_refused(world):
    plain = world.peer("juliet", "--behave", "no-features")
    romeo = world.host("romeo")
    assert refused(romeo, plain.jid)
    assert not plain.seen("jingle")


def test_a_contact_without_the_feature_is_shown_as_one_that_cannot(world):
    romeo = world.host("romeo")
    plain = world.peer("juliet", "--behave", "no-features")
    romeo.wait_for("presence", 20, e2e=False, **{"from": plain.jid})


def test_a_stranger_is_answered_as_if_there_were_no_plugin(world):
    juliet, mallory = world.host("juliet"), world.peer("mallory")

    mallory.send(f"start {juliet.jid}")

    assert "service-unavailable" in mallory.wait_for("refused", 20)["text"]
    assert not juliet.seen("ask")


def test_a_blocked_contact_cannot_ask(world):
    romeo, juliet = couple(world)
    juliet.xml("<iq type='set' id='b1'><block xmlns='urn:xmpp:blocking'>"
               f"<item jid='{romeo.bare}'/></block></iq>")
    juliet.wait_for("stanza", via="server", xml=lambda xml: "b1" in xml)

    assert refused(romeo, juliet.jid)

    assert not juliet.seen("ask")


def test_blocking_a_contact_closes_the_stream(world):
    romeo, juliet = auto_couple(world)

    juliet.xml("<iq type='set' id='b1'><block xmlns='urn:xmpp:blocking'>"
               f"<item jid='{romeo.bare}'/></block></iq>")

    closed(juliet, romeo)
    closed(romeo, juliet, 60)


def test_starting_a_stream_with_oneself_is_refused(world):
    romeo = world.host("romeo")
    assert refused(romeo, romeo.jid)
    assert refused(romeo, romeo.bare)


def test_an_offer_with_a_forged_sender_is_never_put_to_the_user(world):
    romeo, juliet = couple(world)
    mallory = world.peer("mallory")

    # given: an attribute that some parsers take for the sender
    mallory.send(
        f"signal <iq type='set' id='f1' to='{juliet.jid}' xmlns:z='urn:z' z:from='{romeo.jid}'>"
        "<jingle xmlns='urn:xmpp:jingle:1' action='session-initiate' sid='forged-sid'>"
        "<content creator='initiator' name='xmlstream'>"
        "<description xmlns='urn:xmpp:jingle:apps:xmlstream:0'/>"
        "<transport xmlns='urn:xmpp:jingle:transports:ibb:1' sid='forged-ibb' block-size='4096'/>"
        "</content></jingle></iq>")

    juliet.never("ask", 5)
    assert not romeo.seen("ask") and not romeo.seen("stream")
    start(romeo, juliet)  # and romeo's own offer is not harmed
    juliet.wait_for("ask", HANDSHAKE, kind="offer", peer=romeo.jid)


def test_a_forged_offer_does_not_end_a_stream(world):
    romeo, juliet = auto_couple(world)
    mallory = world.peer("mallory")

    for action in ("session-initiate", "session-terminate"):
        mallory.send(
            f"signal <iq type='set' id='{action}' to='{juliet.jid}' xmlns:z='urn:z' z:from='{romeo.jid}'>"
            f"<jingle xmlns='urn:xmpp:jingle:1' action='{action}' sid='forged-sid'>"
            "<content creator='initiator' name='xmlstream'>"
            "<description xmlns='urn:xmpp:jingle:apps:xmlstream:0'/>"
            "<transport xmlns='urn:xmpp:jingle:transports:ibb:1' sid='forged-ibb' block-size='4096'/>"
            "</content></jingle></iq>")

    juliet.never("stream", 6, state="closed")
    romeo.msg(juliet.jid, "still us")
    arrives(juliet, "still us")


def test_a_second_offer_while_one_is_asked_about_is_not_asked_twice(world):
    romeo, juliet = couple(world)
    until_asked(romeo, juliet)

    romeo.e2e(f"start {juliet.jid}")

    juliet.never("ask", 3)
    assert juliet.e2e(f"accept {romeo.jid}")["ok"]


def test_a_setting_that_is_set_is_used_and_kept(world, tmp_path):
    juliet = world.host("juliet", state=tmp_path)
    assert juliet.e2e("set mode auto")["ok"] and juliet.e2e("set trust tofu")["ok"]
    juliet.quit()
    juliet, romeo = world.host("juliet", state=tmp_path), world.host("romeo", *AUTO)
    meet(romeo, juliet)

    start(romeo, juliet)

    both_open(romeo, juliet)
    assert not juliet.seen("ask")


def test_removing_a_pin_closes_the_stream(world):
    romeo, juliet = auto_couple(world)

    assert romeo.e2e(f"untrust {juliet.bare}")["ok"]

    closed(romeo, juliet)
    closed(juliet, romeo)
