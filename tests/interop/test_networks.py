# SPDX-License-Identifier: MIT
"""Two clients on the networks that people have: one LAN, NATs, IPv6 alone, a dead second address,
each in namespaces with veth and nftables. Needs root."""
import re
import signal
import time

import pytest

from namespaces import SERVER, SERVER6
from network_steps import both_behind_nats, networks, one_behind_a_nat, opens  # noqa: F401
from steps import both_open, closed, start

pytestmark = pytest.mark.full

SOCKS5 = "s5b,ibb"


def test_one_lan_is_a_direct_path(networks):  # noqa: F811
    networks.serve(proxy=True)
    _, infos = opens(networks.pair(*networks.net.lan(["a", "b"], "192.168.7"), transports=SOCKS5),
                     "s5b-direct")
    assert all(info["remote"].startswith("192.168.7.") for info in infos)


@pytest.mark.parametrize("hidden", ["caller", "callee"])
def test_one_side_behind_a_nat_is_a_direct_path(networks, hidden):  # noqa: F811
    networks.serve(proxy=True)
    spaces = one_behind_a_nat(networks.net, hidden)
    opens(networks.pair(*spaces, transports=SOCKS5), "s5b-direct")


def test_both_behind_nats_meet_at_the_proxy(networks):  # noqa: F811
    networks.serve(proxy=True)
    took, infos = opens(networks.pair(*both_behind_nats(networks.net), transports=SOCKS5), "s5b-proxy")
    assert all(info["remote"] == f"{SERVER}:{networks.server.proxy_port}" for info in infos)
    assert took < 10


def test_both_behind_nats_without_a_proxy_talk_in_band(networks):  # noqa: F811
    networks.serve()
    took, _ = opens(networks.pair(*both_behind_nats(networks.net), transports=SOCKS5), "ibb")
    assert took < 20


def test_a_port_that_a_nat_forwards_is_a_direct_path(networks):  # noqa: F811
    networks.serve()
    a = networks.net.behind_nat("a", "198.51.100", "192.168.1", forwarded=7000)
    b = networks.net.behind_nat("b", "203.0.113", "192.168.2")
    _, infos = opens(networks.pair(a, b, transports=SOCKS5, tunnel="198.51.100.2:7000"), "s5b-direct")
    assert infos[1]["remote"] == "198.51.100.2:7000"


def test_a_port_that_a_router_opens_when_asked_is_a_direct_path(networks):  # noqa: F811
    networks.serve()
    a = networks.net.behind_nat("a", "11.22.33", "192.168.1", upnp=True)
    b = networks.net.behind_nat("b", "203.0.113", "192.168.2")
    romeo, juliet = people = networks.pair(a, b, transports=SOCKS5, upnp=True)
    time.sleep(5)  # it is looked for from the login on, and nobody waits for it

    took, infos = opens(people, "s5b-direct")
    assert infos[1]["remote"].startswith("11.22.33.2:")
    assert len(networks.net.mapped("a")) == 1
    print(f"open through the router's port after {took:.2f} s")

    assert romeo.e2e(f"stop {juliet.jid}")["ok"]
    closed(romeo, juliet), closed(juliet, romeo)
    until = time.monotonic() + 5
    while networks.net.mapped("a") and time.monotonic() < until:
        time.sleep(0.1)
    assert networks.net.mapped("a") == []  # given back


def test_ipv6_alone_is_a_direct_path(networks):  # noqa: F811
    networks.serve(address=SERVER6)
    _, infos = opens(networks.pair(networks.net.person6("a", "2001:db8:a"),
                                   networks.net.person6("b", "2001:db8:b"), transports=SOCKS5),
                     "s5b-direct")
    assert all(info["remote"].startswith("[2001:db8:") for info in infos)


def test_a_dead_better_address_costs_no_more_than_the_grace(networks):  # noqa: F811
    networks.serve()
    a = networks.net.behind_nat("a", "198.51.100", "192.168.1")  # so that only its own way counts
    b = networks.net.person("b", "203.0.113", dead="198.18.1")
    took, infos = opens(networks.pair(a, b, transports=SOCKS5), "s5b-direct")
    assert infos[0]["remote"].startswith("203.0.113.2:")
    accept = next(stanza for _, stanza in networks.server.received() if "session-accept" in stanza)
    priorities = {re.search(r"host='([^']*)'", c).group(1): int(re.search(r"priority='(\d+)'", c).group(1))
                  for c in re.findall(r"<candidate[^>]*>", accept)}
    assert priorities["198.18.1.2"] > priorities["203.0.113.2"]  # the dead one was tried first
    assert took < 0.2 + 2 * 0.4 + 2  # stagger, a grace each, and a slow machine


def test_a_peer_that_reads_nothing_is_kept_until_it_vanishes(networks):  # noqa: F811
    # covers C-11
    networks.serve()
    spaces = [networks.net.person("a", "198.51.100"), networks.net.person("b", "203.0.113")]
    romeo, juliet = networks.pair(*spaces, transports=SOCKS5)
    start(romeo, juliet)
    assert both_open(romeo, juliet)[0]["transport"] == "s5b-direct"

    juliet.process.send_signal(signal.SIGSTOP)
    for _ in range(150):  # many times what her machine takes for her
        romeo.msg(juliet.jid, "0123456789abcdef" * 512)
    romeo.never("stream", 30, state="closed")  # by now the system would ask every 26 s

    since = time.monotonic()
    networks.net.cut(spaces[1])
    assert closed(romeo, juliet, timeout=60)["reason"] in ("connectivity-error", "gone", "timeout")
    took = time.monotonic() - since
    print(f"noticed after {took:.1f} s")
    assert took < 47, took  # three questions, at most 14 s apart, and a look at them
    juliet.kill()
