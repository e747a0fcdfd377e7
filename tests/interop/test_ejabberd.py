# SPDX-License-Identifier: MIT
"""SOCKS5 with ejabberd as the server: its own way of telling about its proxy, and that proxy."""
import pytest

from conftest import USERS, World, started
from ejabberd import Ejabberd
from steps import AUTO, both_open, closed, couple, exchange_messages, start

pytestmark = pytest.mark.full

LOOPBACK = (*AUTO, "transports=s5b,ibb", "candidates.loopback=true")


@pytest.fixture
def on_ejabberd(request, binary):
    made = World(binary)
    made.server.stop()
    made.server = Ejabberd({name: USERS[name] for name in ("romeo", "juliet")})
    with started(request, made):
        yield made


@pytest.mark.parametrize("path, settings", [("s5b-direct", ()),
                                            ("s5b-proxy", ("s5b.direct=false",)),
                                            ("ibb", ("transports=ibb",))])
def test_every_path_works_with_ejabberd(on_ejabberd, path, settings):
    romeo, juliet = couple(on_ejabberd, *LOOPBACK, *settings)
    start(romeo, juliet)
    for info in both_open(romeo, juliet):
        assert info["transport"] == path, info

    exchange_messages(romeo, juliet, count=1000 if path != "ibb" else 100, timeout=120)
    assert romeo.e2e(f"stop {juliet.jid}")["ok"]

    assert closed(romeo, juliet)["reason"] == closed(juliet, romeo)["reason"] == "success"
