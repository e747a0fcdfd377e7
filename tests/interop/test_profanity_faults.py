# SPDX-License-Identifier: MIT
"""Two real Profanity with the plugin when something goes wrong: ends in every state, connections that
break, keys that change, and much at once."""
import re
import signal

import pytest
from profanity_steps import (OFFER, TRUST, auto_couple, both_open, couple, couple_by_forwarder,
                             open_stream, romeo_with_balcony_cli, say, say_end_to_end, trust_keys,
                             without_questions)

pytestmark = pytest.mark.full


def test_quit_ends_well_in_every_state(world):
    romeo, juliet = couple(world)
    romeo.e2e("start")
    juliet.sees(OFFER)
    romeo.quit()  # an offer that nobody has answered
    juliet.sees("No stream with romeo@localhost")
    romeo.start()
    romeo.sees("logged in successfully")
    romeo.chat_with(juliet.bare)
    romeo.sees(f"{juliet.bare} [online]")

    romeo.e2e("start")
    juliet.sees(re.compile(OFFER + ".*" + OFFER))
    juliet.e2e("accept")
    juliet.sees(TRUST, 30)
    juliet.quit()  # a question about a key
    romeo.sees("No stream with juliet@localhost", 30)

    romeo.e2e("mode require", "is require.")
    romeo.type("this waits for a stream")
    romeo.sees("this waits for a stream")
    romeo.quit()  # something is waiting
    assert not world.server.saw("this waits for a stream")


def test_quit_closes_an_open_stream_in_order(world):
    romeo, juliet = auto_couple(world)
    say_end_to_end(world, romeo, juliet, "good night")
    romeo.quit()
    juliet.sees("The stream with romeo@localhost (prof) is closed. What you write now")
    juliet.quit()


def test_quit_without_a_server_ends_at_once(world):
    forwarder, romeo, juliet = couple_by_forwarder(world)
    forwarder.refuse()
    forwarder.cut()
    romeo.console()
    romeo.sees("Lost connection")
    romeo.quit()


def test_unloading_tells_what_may_not_have_arrived(world):
    romeo, juliet = romeo_with_balcony_cli(world)
    romeo.sees("[e2e in-band, unverified]")
    juliet.process.send_signal(signal.SIGSTOP)  # she answers nothing more
    romeo.type("is anybody there")
    romeo.type("/plugins unload balcony.so")
    romeo.sees('MAY NOT HAVE ARRIVED: "is anybody there"')
    juliet.process.send_signal(signal.SIGCONT)


def test_a_stream_outlives_a_cut_of_the_server_connection(world):
    forwarder, romeo, juliet = couple_by_forwarder(world)
    for i in range(3):
        say_end_to_end(world, romeo, juliet, f"before cut {i}")
        forwarder.cut()
        say_end_to_end(world, juliet, romeo, f"while romeo was away {i}", 30)
        say_end_to_end(world, romeo, juliet, f"after cut {i}", 30)
    for who in (romeo, juliet):
        who.does_not_see("is closed")
        who.does_not_see("NOT")
    assert juliet.chat_log("romeo@localhost").count("before cut") == 3
    assert juliet.chat_log("romeo@localhost").count("after cut") == 3
    for who in (romeo, juliet):
        who.quit()


@pytest.mark.server(smacks=False)
def test_a_new_login_closes_the_stream_and_another_can_be_opened(world):
    forwarder, romeo, juliet = couple_by_forwarder(world)
    forwarder.cut()
    for who in (romeo, juliet):
        who.sees("is closed", 40)
        who.sees_no_more("[e2e in-band")
    romeo.sees(f"{juliet.bare} [online]", 30)
    romeo.e2e("start")
    for who in (romeo, juliet):
        who.sees("[e2e in-band", 40)
    say_end_to_end(world, romeo, juliet, "as if nothing had been")


@pytest.mark.server(smacks=False)
def test_a_peer_that_dies_is_noticed(world):
    romeo, juliet = auto_couple(world)
    say_end_to_end(world, romeo, juliet, "are you well?")
    juliet.kill()
    romeo.sees("is closed", 40)
    romeo.sees_no_more("[e2e in-band")
    juliet.start()
    juliet.sees("logged in successfully")
    romeo.sees(f"{juliet.bare} [online]")
    romeo.e2e("start")
    romeo.sees("[e2e in-band", 40)
    romeo.quit()


def test_another_key_is_refused_until_the_user_trusts_it(world):
    romeo, juliet = couple(world)
    open_stream(romeo, juliet)
    juliet.quit()
    romeo.sees("is closed")
    (juliet.state / "identity.pem").unlink()
    juliet.start()
    juliet.sees("logged in successfully")
    juliet.chat_with(romeo.bare)
    romeo.sees(f"{juliet.bare} [online]")

    romeo.e2e("start")
    juliet.sees(OFFER)
    juliet.e2e("accept")
    romeo.sees("showed ANOTHER KEY than before, and was refused", 30)
    romeo.does_not_see("[e2e in-band")
    new = TRUST.findall(romeo.text())[-1]
    romeo.e2e(f"trust {new}", "from the next stream on")
    romeo.e2e("start")
    juliet.sees(re.compile(OFFER + ".*" + OFFER))
    juliet.e2e("accept")
    for who in (romeo, juliet):
        who.sees("[e2e in-band", 30)


def test_a_thousand_messages_arrive_in_order(world):
    romeo, juliet = auto_couple(world)
    for first in range(0, 1000, 50):
        words = []
        for i in range(first, first + 50):
            words += [f"line number {i}", "Enter"]
        romeo.press(*words)
    juliet.sees("line number 999", 120)
    numbers = re.findall(r"line number (\d+)", juliet.chat_log("romeo@localhost"))
    assert numbers == [str(i) for i in range(1000)]
    romeo.does_not_see("NOT SENT")
    assert not world.server.saw("line number 500")
    say_end_to_end(world, juliet, romeo, "enough")


def test_a_long_message_arrives_whole(world):
    romeo, juliet = romeo_with_balcony_cli(world)
    long = "".join(f"{i:07} " for i in range(12800))  # 100 KiB
    juliet.msg(romeo.jid, long + "the end")
    romeo.sees("the end", 60)
    assert long in romeo.chat_log("juliet@localhost")
    assert not world.server.saw("0000500 0000501")


def test_the_first_message_opens_a_stream_in_mode_auto(world):
    romeo, juliet = couple(world)
    without_questions(romeo, juliet)
    say(romeo, juliet, "this one still goes by the server")
    for who in (romeo, juliet):
        who.sees("[e2e in-band", 30)
    say_end_to_end(world, romeo, juliet, "this one does not")


def test_messages_written_in_mode_require_wait_for_the_stream(world):
    romeo, juliet = couple(world)
    without_questions(juliet)
    romeo.e2e("mode require", "is require.")
    romeo.type("one")
    romeo.sees("Waiting for an end-to-end stream")
    romeo.type("two")
    trust_keys(romeo)
    both_open(romeo, juliet)
    juliet.sees(re.compile("prof: one .*prof: two"))
    assert not any("<message" in stanza for _, stanza in world.server.received())


def test_the_plugin_is_loaded_in_the_middle_of_a_session(world):
    romeo = world.profanity("romeo", autoload=False)
    juliet = world.profanity("juliet")
    romeo.sees("juliet@localhost (prof) is online")
    romeo.type("/plugins load balcony.so")
    romeo.sees("Loaded plugin: balcony.so")
    romeo.chat_with(juliet.bare)
    juliet.chat_with(romeo.bare)
    without_questions(romeo, juliet)
    romeo.e2e("start")
    both_open(romeo, juliet)
    romeo.type("/plugins reload balcony.so")
    juliet.sees("is closed")
    juliet.e2e("start")
    both_open(juliet, romeo)
    say_end_to_end(world, juliet, romeo, "a third life")
    romeo.e2e("mode require", "is require.")
    romeo.quit()
    assert "load=balcony.so" in (romeo.config / "profanity" / "profrc").read_text()
    romeo.start()
    romeo.sees("logged in successfully")
    romeo.e2e("list", "juliet@localhost: mode require")


def test_a_damaged_state_sends_nothing_to_anybody(world):
    romeo, juliet = couple(world)
    romeo.quit()
    (romeo.state / "contacts.ini").write_text("[contact\nmode=require")
    romeo.start()
    romeo.sees("End-to-end streams are out of order", 20)
    romeo.chat_with(juliet.bare)
    romeo.type("may this leave?")
    romeo.sees('NOT SENT: "may this leave?"')
    assert not world.server.saw("may this leave?")


@pytest.mark.parametrize("how, title", [
    ("s5b,ibb s5b.direct=true", "[e2e direct, unverified]"),
    ("ice,ibb", "[e2e direct, unverified]"),
    pytest.param("s5b,ibb s5b.direct=false", "[e2e relayed, unverified]",
                 marks=pytest.mark.server(proxy=True)),
    ("s5b,ibb s5b.direct=false", "[e2e in-band, unverified]")])
def test_a_stream_takes_the_best_way_there_is(world, how, title):
    settings = ("candidates.loopback=true", "mode=auto", "trust=tofu", *f"transports={how}".split())
    romeo, juliet = couple(world, e2e_settings=settings)
    romeo.e2e("start")
    for who in (romeo, juliet):
        who.sees(title, 60)
    say_end_to_end(world, romeo, juliet, "by whatever way")
    say_end_to_end(world, juliet, romeo, "and back by it")
    romeo.quit()
    juliet.sees("is closed")
