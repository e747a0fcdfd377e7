# SPDX-License-Identifier: MIT
"""ICE-TCP with independent stacks: pion's agent plays the passive side (peer_ice.py), Chromium the active one
(peer_chromium.py)."""
import os
import subprocess
import time

import pytest
from conftest import ROOT
from steps import AUTO, arrives, closed, start

pytestmark = pytest.mark.full

SETTINGS = (*AUTO, "transports=ice,ibb", "candidates.loopback=true", "candidates.interfaces=lo")


@pytest.fixture(scope="module")
def pion(tmp_path_factory):
    """The agent, built from Debian's packages."""
    program = tmp_path_factory.mktemp("pion") / "pion"
    subprocess.run(["go", "build", "-o", program, "main.go"], cwd=ROOT / "tests/support/pion", check=True,
                   env={**os.environ, "GO111MODULE": "off", "GOPATH": "/usr/share/gocode",
                        "GOCACHE": str(program.parent / "cache"), "GOFLAGS": ""})
    return program


@pytest.fixture
def couple(world, pion, monkeypatch):
    monkeypatch.setenv("BALCONY_PION", str(pion))
    romeo, juliet = world.host("romeo", *SETTINGS), world.peer("juliet", "--path", "ice")
    romeo.wait_for("presence", 20, type="available", e2e=True, **{"from": juliet.jid})
    return romeo, juliet


def test_a_stream_runs_by_ice_with_another_implementation(couple, world):
    # covers ICE-02, ICE-03, ICE-07, ICE-08, ICE-09
    romeo, juliet = couple
    start(romeo, juliet)
    info = romeo.wait_for("stream", 30, state="open")
    assert info["transport"] == "ice-tcp" and info["pair"] == "prflx/host"
    juliet.wait_for("stream", 30, state="open")
    for i in range(100):
        romeo.msg(juliet.jid, f"to {i}")
        juliet.send(f"msg fro {i}")
        if i % 10 == 9:  # pion takes no frame over 8192 octets
            juliet.wait_for("stanza", 20, body=f"to {i}")
            arrives(romeo, f"fro {i}")
    assert not world.server.in_band()

    time.sleep(8)  # pion asks every two seconds whether we are there, and gives up after five without an answer
    romeo.msg(juliet.jid, "still there?")
    juliet.wait_for("stanza", 10, body="still there?")
    juliet.send("msg yes")
    arrives(romeo, "yes")

    assert romeo.e2e(f"stop {juliet.jid}")["ok"]
    assert closed(romeo, juliet)["reason"] == "success"
    juliet.wait_for("stream", 10, state="closed")


@pytest.mark.parametrize("we_call", [True, False])
def test_chromium_connects_to_our_door_and_agrees_on_the_pair(world, we_call):
    # covers ICE-02, ICE-03, ICE-06, ICE-08
    romeo = world.host("romeo", *SETTINGS, "limits.handshake=5")
    juliet = world.peer("juliet", "--path", "chromium")
    romeo.wait_for("presence", 20, type="available", e2e=True, **{"from": juliet.jid})
    if we_call:
        start(romeo, juliet)
    else:
        juliet.send(f"start {romeo.jid}")
    seen = juliet.wait_for("chromium", 40)
    pair = seen["pair"]
    assert pair["protocol"] == "tcp" and pair["ours"] == "active" and pair["theirs"] == "passive", pair
    assert "connected" in seen["states"], seen  # which it is once a check of its own was answered
    # Our checks were answered as well, or we would not have taken the connection. It speaks DTLS then, which
    # is no stream: that is told, and nobody hangs.
    told = closed(romeo, juliet, timeout=30)
    assert told["reason"] == "failed-application" and told["transport"] == "ice-tcp", told
    assert told["pair"] == "host/prflx", told
    assert romeo.e2e("status")["ok"]
