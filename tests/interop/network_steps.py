# SPDX-License-Identifier: MIT
"""The networks that people have, and what tests on them share: clients in namespaces with veth and
nftables, and their server in the core. Needs root."""
import time

import pytest

from conftest import FRIENDS, USERS, World, started
from namespaces import SERVER, Internet
from prosody import Prosody
from steps import AUTO, both_open, exchange_messages, meet, start


class Networks(World):
    """The server is in the core of an Internet."""

    def __init__(self, binary):
        super().__init__(binary)
        self.net = Internet()
        self.server.stop()
        self.server = None

    def start(self):
        """Each test says by serve() what server it wants."""

    def serve(self, address=SERVER, **server):
        self.server = Prosody(USERS, FRIENDS, namespace=(self.net.core, address), **server)
        self.server.start()

    def pair(self, *spaces, transports, tunnel=None, upnp=False):
        """`tunnel`: a port of the first one that a NAT forwards; `upnp`: it may ask its router for
        one."""
        both = (*AUTO, f"transports={transports}", *(["ice.ptcp=true"] if "ptcp" in transports else []))
        own = [(*([f"s5b.tunnel={tunnel}"] if tunnel else []), *(["s5b.upnp=true"] if upnp else [])),
               ()]
        people = [self.host(name, *both, *more,
                            within=["ip", "netns", "exec", space])
                  for name, space, more in zip(("romeo", "juliet"), spaces, own)]
        meet(*people)
        return people

    def close(self):
        try:
            super().close()
        finally:
            self.net.close()


@pytest.fixture
def networks(request, binary):
    with started(request, Networks(binary)) as made:
        yield made


def one_behind_a_nat(net, hidden="caller"):
    spaces = [net.behind_nat("a", "198.51.100", "192.168.1"), net.person("b", "203.0.113")]
    return spaces if hidden == "caller" else spaces[::-1]


def both_behind_nats(net, **kind):
    return (net.behind_nat("a", "198.51.100", "192.168.1", **kind),
            net.behind_nat("b", "203.0.113", "192.168.2", **kind))


def opens(people, path, count=50):
    """The time it took, and what the two were told; `count` messages each way arrive."""
    romeo, juliet = people
    began = time.monotonic()
    start(romeo, juliet)
    infos = both_open(romeo, juliet)
    took = time.monotonic() - began
    assert [info["transport"] for info in infos] == [path, path], infos
    exchange_messages(romeo, juliet, count=count, timeout=60)
    return took, infos
