# SPDX-License-Identifier: MIT
"""Fixtures of the interop tests: a private server for each test and the clients on it, ended and
checked when the test is over.

BALCONY_CLI names the program under test; without it the sanitized build of tests/run is taken.
BALCONY_PROFANITY names the plugin for Profanity; without it the release build's."""
import contextlib
import os
import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))
sys.path.insert(0, str(ROOT / "tests" / "interop"))
pytest.register_assert_rewrite("steps")

from cli import Cli  # noqa: E402
from profanity import Profanity  # noqa: E402
from prosody import Forwarder, Prosody  # noqa: E402

USERS = {name: f"{name}-secret" for name in ("romeo", "juliet", "mercutio", "mallory")}
FRIENDS = ["romeo", "juliet", "mercutio"]  # mallory is nobody's contact
KNOWN = object()  # stands for the user's own password
PLUGIN = os.environ.get("BALCONY_PROFANITY", str(ROOT / "build" / "lib" / "balcony.so"))
PEER = [sys.executable, str(ROOT / "tests" / "interop" / "peer.py")]


class World:
    """A server and who is on it."""

    def __init__(self, binary, **server):
        self.binary = binary
        self.server = Prosody(USERS, FRIENDS, **server)
        self.clients = []
        self.forwarders = []

    def host(self, name, *settings, resource="balcony", jid=None, state=None, server=None,
             password=KNOWN, arguments=(), environment=None, online=True, within=()):
        """A balcony-cli of that user, online. Its streams run in band, if `settings` do not say
        otherwise. `within`: a command that runs it."""
        client = Cli([*within, self.binary], jid or f"{name}@localhost/{resource}",
                     USERS[name] if password is KNOWN else password,
                     server or self.server.address, state, ("transports=ibb", *settings),
                     arguments, environment)
        return self._add(client, online)

    def peer(self, name, *arguments, state=None, resource="peer"):
        """An independent peer as that user, online."""
        client = Cli(PEER, f"{name}@localhost/{resource}", USERS[name], self.server.address, state,
                     settings=None, arguments=arguments)
        return self._add(client, True)

    def profanity(self, name, online=True, port=None, plugin=PLUGIN, **options):
        """A Profanity of that user with the plugin, online; in band, if nothing else is said."""
        options.setdefault("e2e_settings", ("transports=ibb",) if plugin else ())
        assert plugin is None or os.path.exists(plugin), f"there is no {plugin}: build it"
        client = Profanity(name, USERS[name], port or self.server.port, plugin, **options)
        self.clients.append(client)
        if online:
            client.sees("logged in successfully", 20)
        return client

    def forwarder(self):
        self.forwarders.append(Forwarder(self.server.port))
        return self.forwarders[-1]

    def _add(self, client, online):
        self.clients.append(client)
        if online:
            client.wait_for("online", 20)
        return client

    def start(self):
        self.server.start()

    def close(self):
        for client in self.clients:
            client.hang_up()
        for client in self.clients:
            client.stop()
        for forwarder in self.forwarders:
            forwarder.__exit__()
        if self.server:
            self.server.stop()

    def check(self):
        for client in self.clients:
            client.check()


@contextlib.contextmanager
def started(request, world):
    """The world of one test, from its servers' start until all its clients ended well."""
    request.node.world = world
    try:
        world.start()
        yield world
    finally:
        world.close()
    world.check()


@pytest.fixture(scope="session")
def binary():
    path = os.environ.get("BALCONY_CLI", str(ROOT / "build" / "asan" / "bin" / "balcony-cli"))
    assert os.access(path, os.X_OK), f"there is no {path}: build it, or name another in BALCONY_CLI"
    return path


@pytest.fixture
def world(request, binary):
    """On a server without limits; the marker `server(debian_limits=True)` asks for another."""
    marker = request.node.get_closest_marker("server")
    with started(request, World(binary, **(marker.kwargs if marker else {}))) as made:
        yield made


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """With a failure, what each client saw and said, and what passed the server last."""
    report = (yield).get_result()
    if report.failed and hasattr(item, "world"):
        for client in item.world.clients:
            report.sections.append((client.jid, client.tell(60)))
        passed = [f"{session} {stanza[:500]}" for session, stanza in (item.world.server.received()
                                                              if item.world.server else [])]
        report.sections.append(("received by the server", "\n".join(passed[-60:])))


def pytest_configure(config):
    config.addinivalue_line("markers", "server(**options): how the server of this test is set up")
    config.addinivalue_line("markers", "full: takes long; only in tests/run --full")
