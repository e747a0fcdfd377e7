# SPDX-License-Identifier: MIT
"""Two real Profanity with the plugin on a private server: what a user does in daily use."""
import re

import pytest

from profanity_steps import (REPLACEMENT, auto_couple, couple, open_stream,
                             romeo_with_balcony_cli, say, say_end_to_end)


def test_two_users_talk_end_to_end_and_the_server_reads_nothing(world):
    romeo, juliet = couple(world)
    say(romeo, juliet, "first through the server")
    assert world.server.saw("first through the server")

    open_stream(romeo, juliet)
    say_end_to_end(world, romeo, juliet, "then end to end")
    say_end_to_end(world, juliet, romeo, "and back, Grüße aus Verona ❤ 漢字")

    romeo.e2e("status", re.compile(r"juliet@localhost \(prof\): open for \d+ s, in-band, TLSv1\.3"))
    assert "then end to end" in juliet.chat_log("romeo@localhost")
    replaced = [stanza for _, stanza in world.server.received() if REPLACEMENT in stanza]
    assert replaced and all(stanza.startswith("<iq ") and "urn:xmpp:ping" in stanza
                            for stanza in replaced)

    juliet.e2e("stop")
    for who in (romeo, juliet):
        who.sees("is closed")
        who.sees_no_more("[e2e in-band")
    say(romeo, juliet, "through the server again")
    assert world.server.saw("through the server again")
    for who in (romeo, juliet):
        who.quit()


def test_typing_receipts_and_corrections_go_by_the_stream(world):
    romeo, juliet = auto_couple(world)
    say_end_to_end(world, romeo, juliet, "a line with a msitake")
    say_end_to_end(world, juliet, romeo, "what")  # now each knows the other's client
    before = len(world.server.received())

    romeo.keys("slow")
    juliet.sees("typing")
    romeo.press("C-u")
    say_end_to_end(world, romeo, juliet, "one more wrod")
    romeo.type("/correct one more word")
    juliet.sees("one more word")
    juliet.sees_no_more("one more wrod")

    passed = [stanza for _, stanza in world.server.received()[before:]]
    assert not any(word in stanza for stanza in passed
                   for word in ("composing", "urn:xmpp:receipts", "message-correct", "<message"))


def test_mode_require_sends_nothing_to_somebody_who_is_offline(world):
    romeo = world.profanity("romeo")
    romeo.chat_with("juliet@localhost")
    romeo.e2e("set require.wait 2", "require.wait is 2.")
    romeo.e2e("mode require", "is require.")
    romeo.type("for your eyes only")
    romeo.sees("Waiting for an end-to-end stream with juliet@localhost")
    romeo.sees('NOT SENT: "for your eyes only"')
    assert not world.server.saw("for your eyes only")
    assert not any("<message" in stanza for _, stanza in world.server.received())
    romeo.quit()


def test_who_cannot_be_called_is_said_plainly(world):
    romeo = world.profanity("romeo")
    juliet = world.profanity("juliet", plugin=None, autoload=False)
    romeo.sees("juliet@localhost (prof) is online")
    romeo.e2e("start juliet@localhost",
              "No stream with juliet@localhost: juliet@localhost has no client that can")
    romeo.e2e("start mercutio@localhost", "mercutio@localhost is not online")
    romeo.e2e("start romeo@localhost", "That is yourself")
    romeo.e2e("start", "write it so: /e2e start")
    romeo.type("/blocked add juliet@localhost")
    juliet.sees("romeo@localhost (prof) is offline")  # so the server knows
    romeo.e2e("start juliet@localhost", "You have blocked juliet@localhost")
    juliet.quit()


def test_other_devices_neither_get_what_is_said_on_a_stream_nor_lose_their_own(world):  # covers STZ-13
    romeo, juliet = auto_couple(world)
    telephone = world.host("juliet", "mode=off")
    say_end_to_end(world, romeo, juliet, "for this device only")
    telephone.msg("romeo@localhost", "from the telephone, through the server")
    romeo.sees("from the telephone, through the server")
    say_end_to_end(world, romeo, juliet, "the stream goes on")
    assert not any("for this device only" in xml for xml in telephone.stanzas("server"))
    juliet.sees("from the telephone, through the server")  # a carbon


@pytest.mark.server(rooms=True)
def test_rooms_are_as_without_the_plugin_and_nobody_in_them_is_called(world):
    people = romeo, juliet = [world.profanity(name) for name in ("romeo", "juliet")]
    for who in people:
        who.type(f"/join verona@rooms.localhost nick {who.name}")
        who.sees("-> You have joined the room")
    say(romeo, juliet, "a plague on both your houses")

    romeo.e2e("start", "verona@rooms.localhost is a room: streams are between two people")
    romeo.e2e("start verona@rooms.localhost/juliet", "is a room")
    romeo.type("/msg juliet a word in private")
    juliet.sees("-2-[3]")  # a window with news
    juliet.type("/win 3")
    juliet.sees("a word in private")

    romeo.console()
    romeo.e2e("set require.wait 1", "require.wait is 1.")
    romeo.e2e("set mode require", "mode is require.")
    romeo.type("/win 3")
    romeo.type("a secret in private")
    romeo.type("/win 2")  # a private window shows nothing of a plugin, so the room's does
    romeo.sees('NOT SENT: "a secret in private"')
    assert not world.server.saw("a secret in private")
    romeo.type("rooms stay open")
    juliet.type("/win 2")
    juliet.sees("rooms stay open")
    for who in people:
        who.quit()


def test_a_plugin_that_is_unloaded_and_loaded_again_works_as_before(world):
    romeo, juliet = auto_couple(world)
    romeo.type("/plugins unload balcony.so")
    juliet.sees("is closed")
    say(juliet, romeo, "nobody listens in the plugin")  # she may call in vain: his client is deaf
    romeo.type("/plugins load balcony.so")
    romeo.e2e("start juliet@localhost")  # at once: what it must know first is found out
    romeo.sees("[e2e in-band, unverified]", 30)
    say_end_to_end(world, juliet, romeo, "we meet again")
    for who in (romeo, juliet):
        who.quit()


def test_profanity_and_balcony_cli_understand_each_other(world):
    romeo, juliet = romeo_with_balcony_cli(world)
    romeo.sees("[e2e in-band, unverified]")
    romeo.type("from one to the other")
    juliet.wait_for("stanza", via="e2e", xml=lambda xml: "from one to the other" in xml)
    juliet.msg(romeo.jid, "and\u0085 back")
    romeo.sees("and\ufffd back")
    juliet.xml(f"<iq type='get' id='v1' to='{romeo.jid}'><query xmlns='jabber:iq:version'/></iq>")
    juliet.wait_for("stanza", via="e2e", xml=lambda xml: "<name>Profanity</name>" in xml)
    juliet.xml(f"<iq type='get' id='p1' to='{romeo.jid}'><ping xmlns='urn:xmpp:ping'/></iq>")
    juliet.wait_for("stanza", via="e2e", xml=lambda xml: "id='p1'" in xml and "result" in xml)
    juliet.e2e(f"stop {romeo.jid}")
    romeo.sees("is closed")
    juliet.e2e(f"start {romeo.jid}")
    juliet.wait_for("stream", 40, state="open", peer=romeo.jid)
    romeo.quit()
    juliet.wait_for("stream", 20, state="closed", peer=romeo.jid, reason="success")
