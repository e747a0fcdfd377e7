# SPDX-License-Identifier: MIT
"""ICE with TCP candidates between machines on one network and behind NATs, of network namespaces."""
import os
import shutil
import time

import pytest

from cli import Cli
from lab import GATE, Lab
from prosody import Forwarder
from steps import AUTO, both_open, closed, exchange_messages, meet, start

pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("nft"), reason="needs root and nft"),
]


@pytest.fixture
def lab():
    with Lab() as made:
        yield made


def pair(world, lab, *homes, settings=("transports=ice,ibb",)):
    """Romeo and Juliet in their homes, `public` or `behind_nat`, online by the server on this
    machine."""
    gate = Forwarder(world.server.port, GATE)
    world.forwarders.append(gate)
    people = []
    for name, home in zip(("romeo", "juliet"), homes):
        space = getattr(lab, home)()
        client = Cli(["ip", "netns", "exec", space, world.binary], f"{name}@localhost/balcony",
                     f"{name}-secret", gate.address, settings=(*AUTO, *settings))
        client.space = space
        people.append(world._add(client, True))
    meet(*people)
    return people


@pytest.mark.parametrize("homes", [("public", "public"), ("behind_nat", "public"),
                                   ("public", "behind_nat"), ("with_dead_ends", "with_dead_ends")])
def test_ice_opens_if_one_side_can_be_reached(lab, world, homes):
    romeo, juliet = pair(world, lab, *homes)
    since = time.monotonic()
    start(romeo, juliet)
    for info in both_open(romeo, juliet):
        assert info["transport"] == "ice-tcp", info
    print(f"{homes}: open after {time.monotonic() - since:.2f} s")
    exchange_messages(romeo, juliet, count=200, timeout=60)


def test_ice_gives_way_to_in_band_within_5_seconds_if_both_are_behind_nats(lab, world):  # covers C-03
    romeo, juliet = pair(world, lab, "behind_nat", "behind_nat")
    since = time.monotonic()
    start(romeo, juliet)
    for info in both_open(romeo, juliet):
        assert info["transport"] == "ibb"
        assert [attempt["transport"] for attempt in info["tried"]] == ["ice"]
    took = time.monotonic() - since
    assert 3 < took < 8, took  # 4 s of ICE, then the handshakes of a sanitized build
    print(f"both behind NATs: open in band after {took:.2f} s")


def test_a_cut_link_is_noticed_within_15_seconds(lab, world):  # covers C-11, ICE-14
    romeo, juliet = pair(world, lab, "public", "public")
    start(romeo, juliet)
    assert both_open(romeo, juliet)[0]["transport"] == "ice-tcp"
    since = time.monotonic()
    lab.cut(juliet.space)
    assert closed(romeo, juliet, timeout=20)["reason"] in ("connectivity-error", "gone", "timeout")
    assert time.monotonic() - since < 16
