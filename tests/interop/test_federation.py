# SPDX-License-Identifier: MIT
"""Romeo and Juliet on two Prosodys that talk to each other: direct, through the proxy of either
server, and in band from server to server."""
import pytest

from conftest import USERS, World, started
from prosody import Prosody
from steps import AUTO, arrives, both_open, closed, exchange_messages, meet, start

LOOPBACK = (*AUTO, "transports=s5b,ibb", "candidates.loopback=true")
PROXY_ONLY = (*LOOPBACK, "s5b.direct=false")


class TwoServers(World):
    """`proxies`: whose server has one."""

    def __init__(self, binary, proxies=()):
        super().__init__(binary, federated=True, proxy="caller" in proxies)
        self.other = Prosody(USERS, [], federated=True, proxy="callee" in proxies)
        self.server.friends, self.other.friends = ["romeo"], ["juliet"]
        self.server.abroad = [f"juliet@{self.other.host}"]
        self.other.abroad = [f"romeo@{self.server.host}"]

    def start(self):
        self.server.start()
        self.other.start()

    def pair(self, *settings):
        both = [self.host(name, *settings, jid=f"{name}@{server.host}/balcony", server=server.address)
                for name, server in (("romeo", self.server), ("juliet", self.other))]
        meet(*both)
        return both

    def close(self):
        super().close()
        self.other.stop()


@pytest.fixture
def far_apart(request, binary):
    with started(request, TwoServers(binary, getattr(request, "param", ()))) as made:
        yield made


def opened(world, path, *settings):
    romeo, juliet = world.pair(*settings)
    start(romeo, juliet)
    infos = both_open(romeo, juliet)
    for info in infos:
        assert info["transport"] == path, info
    return romeo, juliet, infos


def test_contacts_on_two_servers_connect_directly(far_apart):
    romeo, juliet, _ = opened(far_apart, "s5b-direct", *LOOPBACK)

    exchange_messages(romeo, juliet, count=50, timeout=60)
    assert romeo.e2e(f"stop {juliet.jid}")["ok"]

    assert closed(romeo, juliet)["reason"] == closed(juliet, romeo)["reason"] == "success"


@pytest.mark.parametrize("far_apart, whose", [(("caller",), "caller"), (("callee",), "callee"),
                                              (("caller", "callee"), "either")],
                         indirect=["far_apart"], ids=["of-caller", "of-callee", "of-both"])
def test_the_proxy_of_either_server_joins_them(far_apart, whose):
    romeo, juliet, infos = opened(far_apart, "s5b-proxy", *PROXY_ONLY)

    proxies = {server.proxy_port and f"{server.interface}:{server.proxy_port}"
               for server in (far_apart.server, far_apart.other)}
    assert infos[0]["remote"] == infos[1]["remote"] in proxies
    exchange_messages(romeo, juliet, count=50, timeout=60)


def test_without_any_path_of_their_own_they_talk_in_band(far_apart):
    romeo, juliet, _ = opened(far_apart, "ibb", *PROXY_ONLY)

    romeo.msg(juliet.jid, "from server to server")

    arrives(juliet, "from server to server")
