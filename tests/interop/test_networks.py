# SPDX-License-Identifier: MIT
"""Two clients on the networks that people have: one LAN, NATs, IPv6 alone, a dead second address,
each in namespaces with veth and nftables. Needs root."""
import re
import time

import pytest

from conftest import FRIENDS, USERS, World
from namespaces import SERVER, SERVER6, Internet
from prosody import Prosody
from steps import AUTO, both_open, exchange_messages, meet, start

pytestmark = pytest.mark.full

SETTINGS = (*AUTO, "transports=s5b,ibb")


class Networks(World):
    """The server is in the core of an Internet."""

    def __init__(self, binary):
        super().__init__(binary)
        self.net = Internet()
        self.server.stop()
        self.server = None

    def serve(self, proxy=False, address=SERVER):
        self.server = Prosody(USERS, FRIENDS, proxy=proxy, namespace=(self.net.core, address))
        self.server.start()

    def pair(self, *spaces, tunnel=None):
        """`tunnel`: a port of the first one that a NAT forwards."""
        names = ("romeo", "juliet")
        own = [(f"s5b.tunnel={tunnel}",) if tunnel else (), ()]
        people = [self.host(name, *SETTINGS, *more, within=["ip", "netns", "exec", space])
                  for name, space, more in zip(names, spaces, own)]
        meet(*people)
        return people

    def close(self):
        try:
            super().close()
        finally:
            self.net.close()


@pytest.fixture
def networks(request, binary):
    made = Networks(binary)
    request.node.world = made
    try:
        yield made
    finally:
        made.close()
    made.check()


def opens(world, path, *spaces, **own):
    """The time it took, and what the two were told."""
    romeo, juliet = world.pair(*spaces, **own)
    began = time.monotonic()
    start(romeo, juliet)
    infos = both_open(romeo, juliet)
    took = time.monotonic() - began
    assert [info["transport"] for info in infos] == [path, path], infos
    exchange_messages(romeo, juliet, count=50, timeout=60)
    return took, infos


def test_one_lan_is_a_direct_path(networks):
    networks.serve(proxy=True)
    _, infos = opens(networks, "s5b-direct", *networks.net.lan(["a", "b"], "192.168.7"))
    assert all(info["remote"].startswith("192.168.7.") for info in infos)


@pytest.mark.parametrize("hidden", ["caller", "callee"])
def test_one_side_behind_a_nat_is_a_direct_path(networks, hidden):
    networks.serve(proxy=True)
    spaces = [networks.net.behind_nat("a", "198.51.100", "192.168.1"),
              networks.net.person("b", "203.0.113")]
    opens(networks, "s5b-direct", *(spaces if hidden == "caller" else reversed(spaces)))


def both_behind_nats(net):
    return (net.behind_nat("a", "198.51.100", "192.168.1"),
            net.behind_nat("b", "203.0.113", "192.168.2"))


def test_both_behind_nats_meet_at_the_proxy(networks):
    networks.serve(proxy=True)
    took, infos = opens(networks, "s5b-proxy", *both_behind_nats(networks.net))
    assert all(info["remote"] == f"{SERVER}:{networks.server.proxy_port}" for info in infos)
    assert took < 10


def test_both_behind_nats_without_a_proxy_talk_in_band(networks):
    networks.serve()
    took, _ = opens(networks, "ibb", *both_behind_nats(networks.net))
    assert took < 20


def test_a_port_that_a_nat_forwards_is_a_direct_path(networks):
    networks.serve()
    a = networks.net.behind_nat("a", "198.51.100", "192.168.1", forwarded=7000)
    b = networks.net.behind_nat("b", "203.0.113", "192.168.2")
    _, infos = opens(networks, "s5b-direct", a, b, tunnel="198.51.100.2:7000")
    assert infos[1]["remote"] == "198.51.100.2:7000"


def test_ipv6_alone_is_a_direct_path(networks):
    networks.serve(address=SERVER6)
    _, infos = opens(networks, "s5b-direct", networks.net.person6("a", "2001:db8:a"),
                     networks.net.person6("b", "2001:db8:b"))
    assert all(info["remote"].startswith("[2001:db8:") for info in infos)


def test_a_dead_better_address_costs_no_more_than_the_grace(networks):
    networks.serve()
    a = networks.net.behind_nat("a", "198.51.100", "192.168.1")  # so that only its own way counts
    b = networks.net.person("b", "203.0.113", dead="198.18.1")
    took, infos = opens(networks, "s5b-direct", a, b)
    assert infos[0]["remote"].startswith("203.0.113.2:")
    accept = next(stanza for _, stanza in networks.server.received() if "session-accept" in stanza)
    priorities = {re.search(r"host='([^']*)'", c).group(1): int(re.search(r"priority='(\d+)'", c).group(1))
                  for c in re.findall(r"<candidate[^>]*>", accept)}
    assert priorities["198.18.1.2"] > priorities["203.0.113.2"]  # the dead one was tried first
    assert took < 0.2 + 2 * 0.4 + 2  # stagger, a grace each, and a slow machine
