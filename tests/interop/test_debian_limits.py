# SPDX-License-Identifier: MIT
"""The same on a server with Debian's default limits: 10 kB/s for each client."""
import pytest

from steps import (arrives, auto_couple, closed, couple, exchange_messages, until_key_questions,
                   until_open)

pytestmark = pytest.mark.server(debian_limits=True)


def test_a_stream_opens_under_limits(world):
    for info in until_open(*couple(world)):
        assert (info["transport"], info["tls"]) == ("ibb", "TLSv1.3")


def test_the_key_question_can_be_declined_under_limits(world):
    romeo, juliet = couple(world)
    question, _ = until_key_questions(romeo, juliet)

    assert romeo.e2e(f"decline {question['peer']}")["ok"]

    assert closed(romeo, juliet, 60)["reason"] == "security-error"
    assert closed(juliet, romeo, 60)["reason"] == "security-error"


def test_a_hundred_messages_each_way_arrive_whole_and_in_order_under_limits(world):
    exchange_messages(*auto_couple(world), count=100, timeout=120)


@pytest.mark.full
def test_a_thousand_messages_each_way_arrive_whole_and_in_order_under_limits(world):
    exchange_messages(*auto_couple(world), count=1000, timeout=500)


@pytest.mark.parametrize("caller_closes", [True, False])
def test_either_side_may_close_under_limits(world, caller_closes):
    pair = auto_couple(world)
    first, second = pair if caller_closes else reversed(pair)

    assert first.e2e(f"stop {second.jid}")["ok"]

    assert closed(first, second)["reason"] == closed(second, first)["reason"] == "success"


def test_iq_and_presence_pass_under_limits(world):
    romeo, juliet = auto_couple(world)

    romeo.xml(f"<presence to='{juliet.jid}'><show>away</show></presence>")
    juliet.xml(f"<iq type='get' to='{romeo.jid}' id='p1'><ping xmlns='urn:xmpp:ping'/></iq>")

    juliet.wait_for("stanza", via="e2e", xml=lambda xml: "away" in xml)
    juliet.wait_for("stanza", via="e2e", xml=lambda xml: "p1" in xml and "result" in xml)


def test_a_stanza_of_20_kib_arrives_whole_under_limits(world):
    romeo, juliet = auto_couple(world)
    text = "0123456789abcde " * 1280

    romeo.xml(f"<message to='{juliet.jid}' type='chat' id='big'><body>{text}</body></message>")

    arrives(juliet, text, timeout=60)


@pytest.mark.full
def test_a_stanza_of_200_kib_arrives_whole_under_limits(world):
    romeo, juliet = auto_couple(world)
    text = "0123456789abcde " * 12800

    romeo.xml(f"<message to='{juliet.jid}' type='chat' id='big'><body>{text}</body></message>")

    arrives(juliet, text, timeout=180)
