# SPDX-License-Identifier: MIT
"""ICE with TCP candidates between machines that see each other and behind NATs."""
import re
import subprocess
import time

import pytest

from network_steps import both_behind_nats, networks, one_behind_a_nat, opens  # noqa: F401
from namespaces import SERVER, SERVER6
from steps import AUTO, both_open, closed, meet, start, until_asked

pytestmark = pytest.mark.full

ICE = "ice,ibb"


def two_in_public(net):
    return net.person("a", "198.51.100"), net.person("b", "203.0.113")


def with_dead_ends(net):
    return (net.person("a", "198.51.100", strays="10.99.1"),
            net.person("b", "203.0.113", strays="10.99.2"))


def on_one_lan(net):
    return net.lan(("a", "b"), "192.168.3")


def by_a_second_address(net):
    return net.behind_nat("a", "198.51.100", "192.168.1"), net.person("b", "203.0.113", second=True)


@pytest.mark.parametrize("homes", [two_in_public, on_one_lan, by_a_second_address, one_behind_a_nat,
                                   lambda net: one_behind_a_nat(net, hidden="callee"),
                                   with_dead_ends],
                         ids=["public", "lan", "second-address", "caller-behind-nat", "callee-behind-nat", "dead-ends"])
def test_ice_opens_if_one_side_can_be_reached(networks, homes):  # noqa: F811
    networks.serve()
    people = networks.pair(*homes(networks.net), transports=ICE)
    took, _ = opens(people, "ice-tcp", count=200)
    print(f"open after {took:.2f} s")


def test_the_network_reaches_the_shown_ports_and_no_others(networks):  # noqa: F811  # covers C-17
    networks.serve()
    home, other = two_in_public(networks.net)
    settings = (*AUTO, f"transports={ICE}")
    romeo = networks.host("romeo", *settings, within=["ip", "netns", "exec", home])
    juliet = networks.host("juliet", *settings, "mode=ask", within=["ip", "netns", "exec", other])
    meet(romeo, juliet)
    until_asked(romeo, juliet)  # Romeo's ports are open as long as she thinks
    shown = {int(port) for _, stanza in networks.server.received()
             for candidate in re.findall(r"<candidate [^>]*>", stanza) if "passive" in candidate
             for port in re.findall(r" port='(\d+)'", candidate)}
    listed = subprocess.run(["ip", "netns", "exec", home, "ss", "-Hltn"], check=True, text=True,
                            capture_output=True).stdout
    listening = {int(port) for port in re.findall(r"198\.51\.100\.2:(\d+) ", listed)}
    assert shown < listening, (shown, listed)
    reached = {port for port in listening
               if subprocess.run(["ip", "netns", "exec", other, "timeout", "3", "bash", "-c",
                                  f"exec 3<>/dev/tcp/198.51.100.2/{port}"], check=False,
                                 capture_output=True).returncode == 0}
    assert reached == shown
    assert juliet.e2e(f"accept {romeo.jid}")["ok"]
    assert both_open(romeo, juliet)[0]["transport"] == "ice-tcp"


def test_the_server_tells_of_a_stun_server_which_tells_of_the_address_outside(networks):  # noqa: F811
    # covers ICE-10, ICE-11; with a real coturn
    networks.serve(stun=(SERVER, networks.net.serve_stun()))
    people = networks.pair(*one_behind_a_nat(networks.net), transports=ICE)
    opens(people, "ice-tcp")
    shown = [candidate for _, stanza in networks.server.received()
             for candidate in re.findall(r"<candidate [^>]*>", stanza) if "srflx" in candidate]
    assert shown and all("protocol='tcp'" in one and "ip='198.51.100.2'" in one for one in shown), shown
    assert any("tcptype='passive'" in one for one in shown), shown


def test_ice_opens_by_ipv6_alone(networks):  # noqa: F811
    networks.serve(address=SERVER6)
    people = networks.pair(networks.net.person6("a", "2001:db8:a"),
                           networks.net.person6("b", "2001:db8:b"), transports=ICE)
    _, infos = opens(people, "ice-tcp")
    assert all(info["remote"].startswith("[2001:db8:") for info in infos)


@pytest.mark.parametrize("keeps_ports", [False, True])
def test_ice_gives_way_to_in_band_within_5_seconds_if_both_are_behind_nats(networks, keeps_ports):  # noqa: F811
    # covers C-03
    networks.serve()
    people = networks.pair(*both_behind_nats(networks.net, keeps_ports=keeps_ports), transports=ICE)
    took, infos = opens(people, "ibb")
    for info in infos:
        assert [attempt["transport"] for attempt in info["tried"]] == ["ice"]
    assert 3 < took < 8, took  # 4 s of ICE, then the handshakes of a sanitized build
    print(f"both behind NATs: open in band after {took:.2f} s")


# ---- pseudo-TCP ----

PTCP = "ice,ptcp,ibb"


def test_pseudo_tcp_opens_between_two_nats_that_keep_ports(networks):  # noqa: F811  # covers JGL-30
    networks.serve(stun=(SERVER, networks.net.serve_stun()))
    people = networks.pair(*both_behind_nats(networks.net, keeps_ports=True), transports=PTCP)
    took, infos = opens(people, "ptcp", count=200)
    for info in infos:
        assert [attempt["transport"] for attempt in info["tried"]] == ["ice"]
        assert "srflx" in info["pair"] or "prflx" in info["pair"], info
    print(f"both behind NATs that keep ports: open by pseudo-TCP after {took:.2f} s")


def test_pseudo_tcp_opens_between_any_two_nats_by_the_relay_that_the_server_tells_of(networks):  # noqa: F811
    # covers ICE-11; with a real coturn, and what it accepts for an hour
    secret = "between the two servers"
    networks.serve(turn=(*networks.net.serve_turn(secret), secret))
    people = networks.pair(*both_behind_nats(networks.net), transports=PTCP)
    took, infos = opens(people, "ptcp", count=200)
    assert any("relay" in info["pair"] for info in infos), infos
    print(f"both behind NATs that do not: open by a relay after {took:.2f} s")


def test_without_a_relay_pseudo_tcp_gives_way_to_in_band(networks):  # noqa: F811  # covers C-03
    networks.serve(stun=(SERVER, networks.net.serve_stun()))
    people = networks.pair(*both_behind_nats(networks.net), transports=PTCP)
    _, infos = opens(people, "ibb")
    for info in infos:
        assert [attempt["transport"] for attempt in info["tried"]] == ["ice", "ptcp"]


def test_a_link_that_is_cut_under_pseudo_tcp_is_noticed_too(networks):  # noqa: F811  # covers C-11
    networks.serve()
    spaces = two_in_public(networks.net)
    romeo, juliet = networks.pair(*spaces, transports="ptcp,ibb")
    start(romeo, juliet)
    assert both_open(romeo, juliet)[0]["transport"] == "ptcp"
    since = time.monotonic()
    networks.net.cut(spaces[1])
    assert closed(romeo, juliet, timeout=25)["reason"] in ("connectivity-error", "gone", "timeout")
    print(f"noticed after {time.monotonic() - since:.1f} s")


def test_a_cut_link_is_noticed_within_15_seconds(networks):  # noqa: F811  # covers C-11, ICE-14
    networks.serve()
    spaces = two_in_public(networks.net)
    romeo, juliet = networks.pair(*spaces, transports=ICE)
    start(romeo, juliet)
    assert both_open(romeo, juliet)[0]["transport"] == "ice-tcp"
    since = time.monotonic()
    networks.net.cut(spaces[1])
    assert closed(romeo, juliet, timeout=20)["reason"] in ("connectivity-error", "gone", "timeout")
    assert time.monotonic() - since < 16
