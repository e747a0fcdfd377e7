# SPDX-License-Identifier: MIT
"""ICE with TCP candidates between two balcony-cli on one Prosody, and in band where it can't be."""
import os
import re
import signal
import time

import pytest

from steps import AUTO, arrives, both_open, closed, couple, exchange_messages, start

LOOPBACK = (*AUTO, "transports=ice,ibb", "candidates.loopback=true", "candidates.interfaces=lo")
PSEUDO_TCP = ("transports=ptcp,ibb", "ice.ptcp=true")
BOTH = pytest.mark.parametrize("path", ["ice-tcp", "ptcp"])


def opened(world, *settings, path="ice-tcp"):
    """A stream by ICE, and what both are told of it."""
    romeo, juliet = couple(world, *LOOPBACK, *settings, *(PSEUDO_TCP if path == "ptcp" else ()))
    start(romeo, juliet)
    infos = both_open(romeo, juliet)
    for info in infos:
        assert info["transport"] == path, info
    return romeo, juliet, infos


@BOTH
def test_messages_arrive_each_way_whole_and_in_order_by_ice(world, path):
    romeo, juliet, _ = opened(world, path=path)
    exchange_messages(romeo, juliet, count=500, timeout=100)
    assert not world.server.in_band()


def test_a_stream_by_ice_is_told_with_its_addresses_and_types(world):
    romeo, _, (mine, hers) = opened(world)

    assert mine["local"] == hers["remote"] and mine["remote"] == hers["local"]
    assert re.fullmatch(r"(\d+\.\d+\.\d+\.\d+|\[[0-9a-f:]+\]):\d+", mine["remote"])
    assert {mine["pair"], hers["pair"]} == {"prflx/host", "host/prflx"}
    assert "tried" not in mine
    assert romeo.e2e("status")["ok"]
    status = romeo.wait_for("status")
    assert (status["transport"], status["pair"]) == ("ice-tcp", mine["pair"])


@BOTH
@pytest.mark.parametrize("caller_closes", [True, False])
def test_either_side_may_close_a_stream_by_ice(world, caller_closes, path):
    romeo, juliet, _ = opened(world, path=path)
    first, second = (romeo, juliet) if caller_closes else (juliet, romeo)
    first.msg(second.jid, "farewell")

    assert first.e2e(f"stop {second.jid}")["ok"]

    assert closed(first, second)["reason"] == closed(second, first)["reason"] == "success"
    arrives(second, "farewell")


@pytest.mark.parametrize("caller_dies", [True, False])
def test_a_killed_peer_is_seen_at_once(world, caller_dies):  # covers ICE-14
    romeo, juliet, _ = opened(world)
    victim, other = (romeo, juliet) if caller_dies else (juliet, romeo)

    victim.kill()

    assert closed(other, victim, timeout=5)["reason"] in ("connectivity-error", "gone")


def test_pseudo_tcp_is_told_with_its_addresses_and_types(world):
    romeo, juliet, (mine, hers) = opened(world, path="ptcp")
    assert mine["local"] == hers["remote"] and mine["remote"] == hers["local"]
    assert mine["pair"] == "host/host"
    assert romeo.e2e("status")["ok"]
    assert romeo.wait_for("status")["transport"] == "ptcp"


def test_a_killed_peer_is_missed_by_pseudo_tcp_within_20_seconds(world):  # covers C-11
    romeo, juliet, _ = opened(world, path="ptcp")
    since = time.monotonic()
    juliet.kill()
    assert closed(romeo, juliet, timeout=25)["reason"] in ("connectivity-error", "gone")
    assert time.monotonic() - since < 20


def test_pseudo_tcp_is_off_until_a_setting_says_otherwise(world):
    romeo, juliet = couple(world, *LOOPBACK)
    reply = romeo.e2e(f"start {juliet.jid} ptcp")
    assert not reply["ok"] and "ice.ptcp=true" in reply["text"]
    romeo.e2e("set ice.ptcp true")
    start(romeo, juliet)
    assert both_open(romeo, juliet)[0]["transport"] == "ice-tcp"
    assert not world.server.saw("x-balcony:0:ptcp")


def test_ice_gives_way_to_in_band_in_time(world):  # covers ICE-15, C-03, JGL-28
    """Neither may connect to the other's loopback address, as if each were behind a NAT."""
    romeo = world.host("romeo", *LOOPBACK)
    juliet = world.host("juliet", *LOOPBACK, "candidates.loopback=false")
    romeo.wait_for("presence", 20, type="available", e2e=True, **{"from": juliet.jid})
    start(romeo, juliet)

    for info in both_open(romeo, juliet):
        assert info["transport"] == "ibb"
        assert [attempt["transport"] for attempt in info["tried"]] == ["ice"]


def test_reach_relay_leaves_ice_out(world):  # covers ICE-16
    romeo, juliet = couple(world, *LOOPBACK, "reach=relay")
    start(romeo, juliet)

    for info in both_open(romeo, juliet):
        assert info["transport"] == "ibb" and "tried" not in info
    assert not world.server.saw("transports:ice:0' ")


def test_a_stun_server_that_is_silent_delays_nothing(world):  # covers ICE-10
    opened(world, "ice.stun=127.0.0.1:9")


@BOTH
@pytest.mark.full
def test_100_megabytes_of_stanzas_arrive_each_way_by_ice(world, path):
    people = romeo, juliet = opened(world, path=path)[:2]
    text = "x" * 200_000
    until = time.monotonic() + 280
    for i in range(500):
        for who, other in (people, people[::-1]):
            who.xml(f"<message to='{other.jid}' type='chat' id='b{i}'><body>{i} {text}</body></message>")
        if i % 20 == 19:
            for who in people:
                arrives(who, f"{i} {text}", timeout=max(1, until - time.monotonic()))
    for who in people:
        assert not who.seen("undelivered")
        assert len(who.stanzas()) == 500


@BOTH
@pytest.mark.full
def test_a_reader_that_pauses_costs_the_writer_nothing_and_loses_nothing(world, path):
    romeo, juliet, _ = opened(world, path=path)
    text = "x" * 200_000
    juliet.process.send_signal(signal.SIGSTOP)
    try:
        for i in range(60):  # 12 MB: more than all buffers hold
            romeo.xml(f"<message to='{juliet.jid}' type='chat' id='b{i}'><body>{i} {text}</body></message>")
        time.sleep(2)
        before = cpu_seconds(romeo)
        time.sleep(3)
        used = cpu_seconds(romeo) - before
    finally:
        juliet.process.send_signal(signal.SIGCONT)
    assert used <= 0.05, used
    for i in range(60):
        arrives(juliet, f"{i} {text}", timeout=60)
    assert not romeo.seen("undelivered")


@pytest.mark.full
def test_a_hundred_streams_one_after_the_other_leave_nothing_open(world):
    romeo, juliet = couple(world, *LOOPBACK)
    before = open_files(romeo, juliet)
    for _ in range(100):
        start(romeo, juliet)
        assert both_open(romeo, juliet)[0]["transport"] == "ice-tcp"
        romeo.e2e(f"stop {juliet.jid}")
        closed(romeo, juliet), closed(juliet, romeo)
    until = time.monotonic() + 5  # the last one's path goes after it is told
    while open_files(romeo, juliet) != before and time.monotonic() < until:
        time.sleep(0.05)
    assert open_files(romeo, juliet) == before


def open_files(*people):
    return [len(os.listdir(f"/proc/{who.process.pid}/fd")) for who in people]


def cpu_seconds(who):
    fields = open(f"/proc/{who.process.pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100
