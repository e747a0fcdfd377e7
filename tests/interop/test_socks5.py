# SPDX-License-Identifier: MIT
"""SOCKS5 bytestreams between two balcony-cli on one Prosody: direct, through its proxy, and in band
where neither works."""
import re
import time

import pytest

from steps import (AUTO, HANDSHAKE, arrives, both_open, closed, couple, exchange_messages, start,
                   until_asked)

LOOPBACK = (*AUTO, "transports=s5b,ibb", "candidates.loopback=true")
PROXY_ONLY = (*LOOPBACK, "s5b.direct=false")
PATHS = {"s5b-direct": LOOPBACK, "s5b-proxy": PROXY_ONLY, "ibb": PROXY_ONLY}


def with_proxy(path):
    return pytest.mark.server(proxy=path == "s5b-proxy")


each_path = pytest.mark.parametrize(
    "path", [pytest.param(path, marks=with_proxy(path)) for path in PATHS])


def opened(world, path):
    """A stream by that path, and what both are told of it."""
    romeo, juliet = couple(world, *PATHS[path])
    start(romeo, juliet)
    infos = both_open(romeo, juliet)
    for info in infos:
        assert info["transport"] == path, info
    return romeo, juliet, infos


@each_path
def test_messages_arrive_each_way_whole_and_in_order(world, path):
    romeo, juliet, _ = opened(world, path)
    exchange_messages(romeo, juliet, count=100, timeout=100)
    assert bool(world.server.in_band()) == (path == "ibb")


@pytest.mark.full
@each_path
def test_thousands_of_messages_arrive_each_way_whole_and_in_order(world, path):
    romeo, juliet, _ = opened(world, path)
    exchange_messages(romeo, juliet, count=1000 if path == "ibb" else 10_000, timeout=280)


@pytest.mark.parametrize("caller_closes", [True, False])
@each_path
def test_either_side_may_close(world, path, caller_closes):
    romeo, juliet, _ = opened(world, path)
    first, second = (romeo, juliet) if caller_closes else (juliet, romeo)
    first.msg(second.jid, "farewell")

    assert first.e2e(f"stop {second.jid}")["ok"]

    assert closed(first, second)["reason"] == closed(second, first)["reason"] == "success"
    arrives(second, "farewell")
    assert not first.seen("undelivered")


def test_a_direct_stream_is_told_with_its_two_addresses(world):
    _, _, (mine, hers) = opened(world, "s5b-direct")

    assert mine["local"] == hers["remote"] and mine["remote"] == hers["local"]
    assert re.fullmatch(r"(\d+\.\d+\.\d+\.\d+|\[[0-9a-f:]+\]):\d+", mine["remote"])
    assert "tried" not in mine


@pytest.mark.server(proxy=True)
def test_a_proxied_stream_is_told_with_its_proxy(world):
    romeo, juliet, infos = opened(world, "s5b-proxy")

    for info in infos:
        assert info["remote"] == f"127.0.0.1:{world.server.proxy_port}"
    assert romeo.e2e("status")["ok"]
    status = romeo.wait_for("status")
    assert status["transport"] == "s5b-proxy" and status["remote"] == infos[0]["remote"]


def test_in_band_comes_last_and_both_are_told_what_failed_before(world):
    _, _, infos = opened(world, "ibb")

    for info in infos:
        assert [attempt["transport"] for attempt in info["tried"]] == ["s5b"]
        assert "could reach" in info["tried"][0]["reason"]


@pytest.mark.server(proxy=True)
def test_reach_relay_shows_no_address(world):
    romeo, juliet = couple(world, *LOOPBACK, "reach=relay")
    start(romeo, juliet)

    for info in both_open(romeo, juliet):
        assert info["transport"] == "s5b-proxy"
    assert not world.server.saw("type='direct'") and world.server.saw("type='proxy'")


def test_reach_relay_of_one_side_is_enough_to_show_none_of_its_addresses(world):
    romeo, juliet = world.host("romeo", *LOOPBACK, "reach=relay"), world.host("juliet", *LOOPBACK)
    romeo.wait_for("presence", 20, type="available", e2e=True, **{"from": juliet.jid})
    start(romeo, juliet)

    for info in both_open(romeo, juliet):
        assert info["transport"] == "ibb"
    offers = [stanza for _, stanza in world.server.received() if "session-initiate" in stanza]
    assert offers and not any("<candidate" in offer for offer in offers)


def test_no_address_is_shown_before_the_callee_accepts(world):
    romeo, juliet = couple(world, *LOOPBACK, "mode=ask")
    until_asked(romeo, juliet)
    juliet.never("stream", 2, state="open")

    candidates = [stanza for _, stanza in world.server.received() if "<candidate" in stanza]
    assert all(f"from='{romeo.jid}'" in stanza or "session-initiate" in stanza
               for stanza in candidates)

    assert juliet.e2e(f"accept {romeo.jid}")["ok"]
    both_open(romeo, juliet)


@pytest.mark.parametrize("method, path", [("s5b", "s5b-direct"), ("ibb", "ibb")])
def test_start_with_a_method_takes_it(world, method, path):
    romeo, juliet = couple(world, *LOOPBACK)

    assert romeo.e2e(f"start {juliet.jid} {method}")["ok"]

    for info in both_open(romeo, juliet):
        assert info["transport"] == path


def test_start_with_a_method_that_is_left_out_says_so(world):
    romeo, juliet = couple(world, *LOOPBACK, "transports=ibb")

    reply = romeo.e2e(f"start {juliet.jid} s5b")

    assert not reply["ok"] and "transports" in reply["text"]


def test_a_peer_without_socks5_is_reached_in_band(world):
    romeo, juliet = world.host("romeo", *LOOPBACK), world.host("juliet", *AUTO)
    romeo.wait_for("presence", 20, type="available", e2e=True, **{"from": juliet.jid})
    start(romeo, juliet)

    for info in both_open(romeo, juliet):
        assert info["transport"] == "ibb" and "tried" not in info


def test_a_direct_stream_outlives_the_server(world):  # covers JGL-37
    romeo, juliet, _ = opened(world, "s5b-direct")
    world.server.stop()
    romeo.wait_for("offline", 20), juliet.wait_for("offline", 20)

    romeo.msg(juliet.jid, "still here")

    arrives(juliet, "still here")


def test_a_direct_stream_whose_peer_is_killed_ends_with_a_reason(world):
    romeo, juliet, _ = opened(world, "s5b-direct")

    juliet.kill()

    assert closed(romeo, juliet, timeout=30)["reason"] in ("connectivity-error", "gone")


@pytest.mark.full
@pytest.mark.parametrize("path", [pytest.param(path, marks=with_proxy(path))
                                  for path in ("s5b-direct", "s5b-proxy")])
def test_100_megabytes_of_stanzas_arrive_with_bounded_memory(world, path):
    romeo, juliet, _ = opened(world, path)
    text = "x" * 200_000

    def memory(who):
        status = open(f"/proc/{who.process.pid}/status").read()
        return int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) // 1024

    before = [memory(who) for who in (romeo, juliet)]
    until = time.monotonic() + 280
    for i in range(500):
        romeo.xml(f"<message to='{juliet.jid}' type='chat' id='b{i}'><body>{i} {text}</body></message>")
        if i % 20 == 19:
            arrives(juliet, f"{i} {text}", timeout=max(1, until - time.monotonic()))
    after = [memory(who) for who in (romeo, juliet)]

    assert not romeo.seen("undelivered")
    for old, new in zip(before, after):
        assert new - old < 300, f"{old} MiB before, {new} MiB after"  # sanitizers keep what is freed
