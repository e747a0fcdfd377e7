# SPDX-License-Identifier: MIT
"""The main job: two balcony-cli on one Prosody talk end to end, in band."""
import re

import pytest

from steps import (AUTO, HANDSHAKE, arrives, auto_couple, bodies, body, both_open, child, closed, couple,
                   exchange_messages, meet, start, trust, until_asked, until_key_questions, until_open)

SECRET = "my-bounty-is-as-boundless-as-the-sea"


def test_a_stream_opens_in_band_with_tls_1_3_and_both_users_trust_a_key(world):
    romeo, juliet = couple(world)

    hers, his = until_open(romeo, juliet)

    assert (hers["role"], his["role"]) == ("initiator", "responder")
    for info in (hers, his):
        assert (info["transport"], info["tls"], info["trust"]) == ("ibb", "TLSv1.3", "new")
        assert re.fullmatch("[0-9a-f]{64}", info["fingerprint"])
        assert info["cipher"].startswith("TLS_")


def test_the_fingerprint_that_one_is_asked_about_is_the_one_that_the_other_shows(world):
    romeo, juliet = couple(world)

    of_juliet, of_romeo = until_key_questions(romeo, juliet)

    assert of_juliet["fingerprint"] in juliet.e2e("fingerprint")["text"].replace(" ", "").lower()
    assert of_romeo["fingerprint"] in romeo.e2e("fingerprint")["text"].replace(" ", "").lower()
    assert of_juliet.get("known", []) == []


def test_a_key_that_was_trusted_once_is_not_asked_about_again(world):
    romeo, juliet = couple(world)
    until_open(romeo, juliet)
    assert romeo.e2e(f"stop {juliet.jid}")["ok"]
    closed(romeo, juliet), closed(juliet, romeo)

    until_asked(romeo, juliet)
    assert juliet.e2e(f"accept {romeo.jid}")["ok"]

    for info in both_open(romeo, juliet):
        assert info["trust"] == "pinned"
    assert len(romeo.seen("ask", kind="key")) == len(juliet.seen("ask", kind="key")) == 1


def test_keys_and_trust_outlive_the_program(world, tmp_path):
    romeo = world.host("romeo", *AUTO, state=tmp_path / "romeo")
    juliet = world.host("juliet", *AUTO, state=tmp_path / "juliet")
    meet(romeo, juliet)
    start(romeo, juliet)
    first, _ = both_open(romeo, juliet)
    romeo.quit(), juliet.quit()

    romeo = world.host("romeo", "mode=auto", state=tmp_path / "romeo")
    juliet = world.host("juliet", "mode=auto", state=tmp_path / "juliet")
    meet(romeo, juliet)
    start(romeo, juliet)

    again, _ = both_open(romeo, juliet)
    assert (again["trust"], again["fingerprint"]) == ("pinned", first["fingerprint"])


def test_the_key_question_answered_by_decline_ends_the_stream_for_both(world):
    romeo, juliet = couple(world)
    question, _ = until_key_questions(romeo, juliet)

    assert romeo.e2e(f"decline {question['peer']}")["ok"]

    assert closed(romeo, juliet)["reason"] == "security-error"
    assert closed(juliet, romeo)["reason"] == "security-error"
    assert not romeo.seen("stream", state="open") and not juliet.seen("stream", state="open")


def test_the_callee_may_decline_the_key_too(world):
    romeo, juliet = couple(world)
    for_romeo, for_juliet = until_key_questions(romeo, juliet)
    trust(romeo, for_romeo)

    assert juliet.e2e(f"decline {for_juliet['peer']}")["ok"]

    assert closed(romeo, juliet)["reason"] == "security-error"
    assert closed(juliet, romeo)["reason"] == "security-error"
    assert not romeo.seen("stream", state="open")


def test_a_declined_offer_ends_with_decline(world):
    romeo, juliet = couple(world)
    until_asked(romeo, juliet)

    assert juliet.e2e(f"decline {romeo.jid}")["ok"]

    assert closed(romeo, juliet)["reason"] == "decline"


def test_nothing_is_sent_in_band_before_the_callee_accepts(world):
    romeo, juliet = couple(world)

    until_asked(romeo, juliet)
    juliet.never("stream", 2, state="open")

    assert not world.server.in_band()


def test_a_thousand_messages_each_way_arrive_whole_and_in_order(world):
    exchange_messages(*auto_couple(world), count=1000, timeout=150)


def test_the_server_sees_none_of_what_is_said(world):
    romeo, juliet = auto_couple(world)

    romeo.msg(juliet.jid, SECRET)
    arrives(juliet, SECRET)
    juliet.msg(romeo.jid, SECRET)
    arrives(romeo, SECRET)

    assert not world.server.saw(SECRET)
    # it could look into the clear beginning of the stream
    assert world.server.saw("stream:features")


def test_without_a_stream_a_message_goes_through_the_server(world):
    romeo, juliet = couple(world)

    romeo.msg(juliet.jid, SECRET)

    assert romeo.wait_for("sent")["via"] == "server"
    arrives(juliet, SECRET, via="server")
    assert world.server.saw(SECRET)  # which proves that the server's log shows what it can read


def test_a_stanza_of_200_kib_arrives_whole(world):
    romeo, juliet = auto_couple(world)
    text = "".join(f"{i:07x}." for i in range(25600))  # 200 KiB

    romeo.xml(f"<message to='{juliet.jid}' type='chat' id='big'><body>{text}</body></message>")

    arrives(juliet, text, timeout=60)


def test_a_stanza_over_the_limit_is_refused_and_the_stream_lives(world):
    romeo, juliet = auto_couple(world)
    text = "x" * 300_000

    romeo.xml(f"<message to='{juliet.jid}' type='chat' id='huge'><body>{text}</body></message>")
    romeo.msg(juliet.jid, "after it")

    arrives(juliet, "after it", timeout=60)
    assert bodies(juliet) == ["after it"]
    assert not world.server.saw(text[:1000])


@pytest.mark.parametrize("text", ["<b>&amp;'\"</b>", "Grüße, 愛 🌹", "  spaces  inside ", "]]>",
                                  "<?xml version='1.0'?>", "</stream:stream>"])
def test_any_text_arrives_as_it_was_typed(world, text):
    romeo, juliet = auto_couple(world)

    romeo.msg(juliet.jid, text)

    found = juliet.wait_for("stanza", 20, via="e2e")
    assert body(found["xml"]).strip() == text.strip()


def test_a_stanza_with_a_line_feed_is_shown_on_one_line(world):
    romeo, juliet = auto_couple(world)

    romeo.xml(f"<message to='{juliet.jid}' type='chat' id='l'><body>one&#10;two</body></message>")

    xml = arrives(juliet, "one\ntwo")["xml"]
    assert "\n" not in xml and "&#10;" in xml


def test_a_stanza_arrives_with_both_addresses(world):
    romeo, juliet = auto_couple(world)

    romeo.msg(juliet.bare, "to your account")

    found = arrives(juliet, "to your account")
    assert found["from"] == romeo.jid
    assert f'"{juliet.jid}"' in found["xml"].replace("'", '"')
    assert f'"{romeo.jid}"' in found["xml"].replace("'", '"')


@pytest.mark.parametrize("caller_asks", [True, False])
def test_iq_requests_are_answered_end_to_end(world, caller_asks):
    pair = auto_couple(world)
    asker, other = pair if caller_asks else reversed(pair)

    asker.xml(f"<iq type='get' to='{other.jid}' id='v1'><query xmlns='jabber:iq:version'/></iq>")
    version = asker.wait_for("stanza", via="e2e", xml=lambda xml: "jabber:iq:version" in xml)
    asker.xml(f"<iq type='get' to='{other.jid}' id='q1'><question xmlns='urn:example:q'/></iq>")
    other.wait_for("stanza", via="e2e", xml=lambda xml: "urn:example:q" in xml)
    other.xml(f"<iq type='result' to='{asker.jid}' id='q1'><answer xmlns='urn:example:a'/></iq>")
    asker.wait_for("stanza", via="e2e", xml=lambda xml: "urn:example:a" in xml)

    assert child(version["xml"], "name")
    assert not world.server.saw("urn:example") and not world.server.saw(
        "<query xmlns='jabber:iq:version'")


def test_an_iq_that_nobody_answers_is_answered_service_unavailable(world):
    romeo, juliet = auto_couple(world)

    romeo.xml(f"<iq type='get' to='{juliet.jid}' id='q2'><question xmlns='urn:example:q'/></iq>")
    juliet.wait_for("stanza", via="e2e", xml=lambda xml: "urn:example:q" in xml)

    answer = romeo.wait_for("stanza", 20, via="e2e", xml=lambda xml: "q2" in xml)
    assert "service-unavailable" in answer["xml"]


def test_directed_presence_goes_end_to_end_and_is_labelled(world):
    romeo, juliet = auto_couple(world)

    romeo.xml(f"<presence to='{juliet.jid}'><show>away</show><status>{SECRET}</status></presence>")

    found = juliet.wait_for("stanza", via="e2e", xml=lambda xml: SECRET in xml)
    assert found["from"] == romeo.jid and child(found["xml"], "show") == "away"
    assert not world.server.saw(SECRET)


def test_plain_presence_stays_with_the_server(world):
    romeo, juliet = auto_couple(world)

    romeo.send("presence dnd")

    juliet.wait_for("stanza", via="server", xml=lambda xml: child(xml, "show") == "dnd")


@pytest.mark.parametrize("caller_closes", [True, False])
def test_either_side_may_close_and_both_call_it_success(world, caller_closes):
    pair = auto_couple(world)
    first, second = pair if caller_closes else reversed(pair)
    first.msg(second.jid, "farewell")

    assert first.e2e(f"stop {second.jid}")["ok"]

    assert closed(first, second)["reason"] == "success"
    assert closed(second, first)["reason"] == "success"
    arrives(second, "farewell")
    assert not first.seen("undelivered")


def test_both_may_close_at_once(world):
    romeo, juliet = auto_couple(world)

    romeo.send(f"e2e stop {juliet.jid}"), juliet.send(f"e2e stop {romeo.jid}")

    assert closed(romeo, juliet)["reason"] == closed(juliet, romeo)["reason"] == "success"


def test_a_stream_can_be_opened_again_after_it_was_closed(world):
    romeo, juliet = auto_couple(world)
    for caller, callee in ((juliet, romeo), (romeo, juliet)):
        assert romeo.e2e(f"stop {juliet.jid}")["ok"]
        closed(romeo, juliet), closed(juliet, romeo)
        start(caller, callee)
        both_open(caller, callee)

    romeo.msg(juliet.jid, "third time")

    arrives(juliet, "third time")


def test_offers_that_cross_become_one_stream(world):
    romeo, juliet = couple(world, *AUTO)

    romeo.send(f"e2e start {juliet.jid}"), juliet.send(f"e2e start {romeo.jid}")

    mine, hers = both_open(romeo, juliet)
    assert {mine["role"], hers["role"]} == {"initiator", "responder"}
    romeo.msg(juliet.jid, "one stream")
    arrives(juliet, "one stream")
    romeo.never("stream", 3, state="open")


def test_start_on_a_stream_that_is_open_makes_no_second(world):
    romeo, juliet = auto_couple(world)

    romeo.e2e(f"start {juliet.jid}")

    romeo.never("stream", 3, state="open")
    romeo.msg(juliet.jid, "still here")
    arrives(juliet, "still here")


def test_status_tells_what_the_stream_has_carried(world):
    romeo, juliet = auto_couple(world)
    romeo.msg(juliet.jid, "counted")
    arrives(juliet, "counted")

    assert romeo.e2e("status")["ok"] and juliet.e2e(f"status {romeo.jid}")["ok"]

    mine, hers = romeo.wait_for("status"), juliet.wait_for("status")
    assert (mine["peer"], mine["state"], mine["transport"]) == (juliet.jid, "open", "ibb")
    assert mine["stanzas_out"] == hers["stanzas_in"] == 1
    assert mine["bytes_out"] == hers["bytes_in"] > 0
    assert mine["since"] >= 0


def test_list_names_the_contact_with_a_stream(world):
    romeo, juliet = auto_couple(world)
    assert juliet.bare in romeo.e2e("list")["text"]


@pytest.mark.parametrize("turn", range(3))
def test_an_offer_right_after_login_is_put_to_the_user(world, turn):
    romeo = world.host("romeo")
    juliet = world.host("juliet", online=False)
    romeo.wait_for("presence", 20, type="available", **{"from": juliet.jid})

    until_asked(romeo, juliet)


def test_a_bare_jid_means_the_resource_that_has_the_feature(world):
    world.peer("juliet", "--behave", "no-features", resource="plain")
    romeo, juliet = couple(world, *AUTO)

    assert romeo.e2e(f"start {juliet.bare}")["ok"]

    both_open(romeo, juliet)


def test_what_a_user_types_is_prepared_as_a_jid(world):
    romeo, juliet = couple(world, *AUTO)

    assert romeo.e2e("start JULIET@LocalHost")["ok"]

    both_open(romeo, juliet)


def test_in_mode_auto_a_message_starts_the_stream_and_the_server_carries_it_meanwhile(world):
    romeo, juliet = couple(world, *AUTO)
    romeo.msg(juliet.bare, "the first")

    arrives(juliet, "the first", via="server")
    both_open(romeo, juliet)
    romeo.msg(juliet.bare, "the second")
    arrives(juliet, "the second")


def test_in_mode_require_a_message_waits_for_the_stream(world):
    romeo, juliet = couple(world, *AUTO)
    assert romeo.e2e(f"mode {juliet.bare} require")["ok"]

    romeo.msg(juliet.bare, SECRET)

    arrives(juliet, SECRET, timeout=HANDSHAKE)
    assert romeo.wait_for("sent")["via"] == "e2e"
    assert not world.server.saw(SECRET)


def test_in_mode_require_a_message_to_an_offline_contact_is_undelivered_and_unseen(world):
    romeo = world.host("romeo", "require.wait=2")
    assert romeo.e2e("mode juliet@localhost require")["ok"]

    romeo.msg("juliet@localhost", SECRET)

    sent = romeo.wait_for("sent")
    assert sent["via"] == "e2e"
    lost = romeo.wait_for("undelivered", 20, id=sent["id"])
    assert SECRET in lost["xml"] and lost["reason"] and not lost["unknown"]
    assert not world.server.saw(SECRET)


def test_in_mode_require_a_declined_offer_leaves_the_message_undelivered(world):
    romeo, juliet = couple(world)
    assert romeo.e2e(f"mode {juliet.bare} require")["ok"]
    romeo.msg(juliet.bare, SECRET)
    juliet.wait_for("ask", HANDSHAKE, kind="offer")

    assert juliet.e2e(f"decline {romeo.jid}")["ok"]

    assert SECRET in romeo.wait_for("undelivered", HANDSHAKE)["xml"]
    assert not world.server.saw(SECRET)


def test_in_mode_require_nothing_for_the_contact_passes_the_server(world):
    romeo, juliet = couple(world, "require.wait=2")
    assert romeo.e2e(f"mode {juliet.bare} require")["ok"]

    for to in (juliet.bare, juliet.jid, f"{juliet.bare}/elsewhere"):
        romeo.xml(f"<message to='{to}' type='chat'>"
                  "<composing xmlns='http://jabber.org/protocol/chatstates'/></message>")
        romeo.xml(f"<message to='{to}' type='headline' id='h'><body>{SECRET}</body></message>")

    romeo.never("sent", 3, via="server")
    assert not world.server.saw(SECRET) and not world.server.saw("chatstates")


def test_mode_require_outlives_the_program(world, tmp_path):
    romeo = world.host("romeo", state=tmp_path / "romeo")
    assert romeo.e2e("mode juliet@localhost require")["ok"]
    romeo.quit()

    romeo = world.host("romeo", "require.wait=1", state=tmp_path / "romeo")
    romeo.msg("juliet@localhost", SECRET)

    romeo.wait_for("undelivered", 20)
    assert not world.server.saw(SECRET)


def test_mode_off_answers_an_offer_as_if_there_were_no_plugin(world):
    romeo, juliet = couple(world, *AUTO)
    assert juliet.e2e(f"mode {romeo.bare} off")["ok"]

    romeo.e2e(f"start {juliet.jid}")

    juliet.never("ask", 3)
    assert not romeo.seen("stream", state="open") and not juliet.seen("stream", state="open")


def test_three_accounts_have_streams_side_by_side(world):
    romeo, juliet = auto_couple(world)
    mercutio = world.host("mercutio", *AUTO)
    meet(mercutio, romeo)
    start(mercutio, romeo)
    both_open(mercutio, romeo)

    romeo.msg(juliet.jid, "for Juliet"), romeo.msg(mercutio.jid, "for Mercutio")

    arrives(juliet, "for Juliet"), arrives(mercutio, "for Mercutio")
    assert bodies(juliet) == ["for Juliet"] and bodies(mercutio) == ["for Mercutio"]
