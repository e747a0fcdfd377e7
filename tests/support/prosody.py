# SPDX-License-Identifier: MIT
"""A private Prosody on loopback, for the tests and the demo: own port, own folder, users and mutual
rosters as data files, everything that it receives and sends in its debug log. Standard library only."""
import base64
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

READY_SECONDS = 20
DEBIAN_LIMITS = 'limits = { c2s = { rate = "10kb/s" }; s2sin = { rate = "30kb/s" } }'

CONFIG = """
pidfile = "{folder}/prosody.pid"
data_path = "{folder}/data"
plugin_paths = {{ }}
interfaces = {{ "{address}" }}
local_interfaces = {{ "{address}" }}
c2s_ports = {{ {port} }}
c2s_direct_tls_ports = {{ }}
s2s_ports = {{ {s2s_port} }}
s2s_direct_tls_ports = {{ }}
component_ports = {{ }}
http_ports = {{ }}
https_ports = {{ }}
modules_enabled = {{ "roster"; "saslauth"; "disco"; "ping"; "carbons"; "pep"; "blocklist"; {modules} }}
modules_disabled = {{ {disabled} }}
allow_registration = false
c2s_require_encryption = false
s2s_require_encryption = false
s2s_secure_auth = false
allow_unencrypted_plain_auth = true
authentication = "internal_plain"
network_settings = {{ nagle = false }}
log = {{ debug = "{folder}/prosody.log" }}
run_as_root = true
{limits}
{services}
{proxy_ports}VirtualHost "{host}"
{components}"""

PROXY_PORTS = """
proxy65_ports = {{ {port} }}
proxy65_interfaces = {{ "{address}" }}
"""
PROXY = """
Component "proxy.{host}" "proxy65"
    proxy65_address = "{address}"
    proxy65_acl = {{ "{host}" }}
"""
STUN = """{{ type = "stun"; transport = "udp"; host = "{0}"; port = {1} }};"""
TURN = STUN + """{{ type = "turn"; transport = "udp"; host = "{0}"; port = {1}; secret = "{2}"; ttl = 3600 }};"""
ROOMS = """
Component "rooms.{host}" "muc"
    muc_room_locking = false
"""


def free_port(address="127.0.0.1"):
    with socket.socket() as probe:
        probe.bind((address, 0))
        return probe.getsockname()[1]


def free_address():
    """A loopback address that nobody else uses: servers find each other at its port 5269."""
    return f"127.{random.randint(16, 250)}.{random.randint(1, 250)}.{random.randint(2, 250)}"


class Prosody:
    """`users` maps names at localhost to passwords; each has each other one of `friends` (all users, if
    not said) in the roster, with a subscription both ways. `proxy`: it has a SOCKS5 proxy.
    `rooms`: it has rooms, at rooms.localhost. `stun`: the STUN server that it tells of, (host, port);
    `turn`: the same, a relay too, (host, port, the secret that it shares with it).
    `federated`: its domain is a loopback address of its own, where other servers find it; `abroad`:
    bare JIDs there that all friends have in their rosters too. `namespace`: the network namespace to
    run in, and the address there."""

    def __init__(self, users, friends=None, debian_limits=False, smacks=True,
                 proxy=False, rooms=False, stun=None, turn=None, federated=False, abroad=(), namespace=None):
        self.users = users
        self.friends = list(users) if friends is None else friends
        self.debian_limits = debian_limits
        self.smacks = smacks
        self.proxy = proxy
        self.rooms = rooms
        self.services = TURN.format(*turn) if turn else STUN.format(*stun) if stun else ""
        self.federated = federated
        self.abroad = list(abroad)
        self.namespace = namespace
        self.interface = (namespace[1] if namespace else
                          free_address() if federated else "127.0.0.1")
        self.host = self.interface if federated else "localhost"
        self.proxy_port = None
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="balcony-prosody-"))
        self.port = None
        self.process = None

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        if not shutil.which("prosody"):
            raise RuntimeError("prosody is not installed: third_party/setup installs it")
        self._write_users()
        for _ in range(5):  # another program may take the free port before Prosody does
            self.port = 5222 if self.namespace else free_port(self.interface)
            self.proxy_port = None
            if self.proxy:
                self.proxy_port = 7777 if self.namespace else free_port(self.interface)
            self._write_config()
            if self._launch():
                return
        raise RuntimeError("prosody found no port to listen on:\n" + self.log()[-2000:])

    def stop(self):
        """Ends the server, and it alone, and removes its folder."""
        self._end_process()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def address(self):
        return f"[{self.interface}]:{self.port}" if ":" in self.interface else \
            f"{self.interface}:{self.port}"

    def log(self):
        path = self.folder / "prosody.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def received(self):
        """What clients sent to the server, as the server understood it: (session, stanza) pairs, each
        stanza to the end of its first line."""
        return re.findall(r"(\S+)\s+debug\s+RECV: (.*)", self.log())

    def saw(self, text):
        """Whether the server could read `text`: in any line of its log, or in the bytes that clients
        sent through it in band, decoded and put together again."""
        return text in self.log() or text.encode() in b"".join(self.in_band().values())

    def in_band(self):
        """The bytes that passed in band: {(session of the sender, sid): bytes}."""
        flows = {}
        for session, stanza in self.received():
            data = re.search(r"<data\b([^>]*)>([^<]*)</data>", stanza)
            if data and "http://jabber.org/protocol/ibb" in data.group(1):
                sid = re.search(r"\bsid='([^']*)'", data.group(1)).group(1)
                flow = flows.setdefault((session, sid), bytearray())
                flow += base64.b64decode(data.group(2))
        return flows

    def _launch(self):
        (self.folder / "prosody.log").unlink(missing_ok=True)
        self.process = subprocess.Popen(  # it ends with us, even if we are killed
            ["setpriv", "--pdeathsig", "KILL",
             *(["ip", "netns", "exec", self.namespace[0]] if self.namespace else []),
             "prosody", "-F", "--config", str(self.folder / "prosody.cfg.lua")],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True)
        services = {"c2s": self.port, **({"proxy65": self.proxy_port} if self.proxy else {})}
        until = time.monotonic() + READY_SECONDS
        while time.monotonic() < until and self.process.poll() is None:
            log = self.log()
            if "Failed to open server port" in log:
                break
            if all(re.search(rf"Activated service '{name}' on .*\b{port}\b", log)
                   for name, port in services.items()):
                return True
            time.sleep(0.02)
        self._end_process()
        return False

    def _end_process(self):
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _write_config(self):
        modules = ['"stanza_debug"']
        modules += ['"smacks"'] if self.smacks else []
        modules += ['"dialback"'] if self.federated else []
        modules += ['"limits"'] if self.debian_limits else []
        modules += ['"external_services"'] if self.services else []
        (self.folder / "prosody.cfg.lua").write_text(CONFIG.format(
            folder=self.folder, port=self.port, modules="; ".join(modules),
            limits=DEBIAN_LIMITS if self.debian_limits else "",
            services=f"external_services = {{ {self.services} }}" if self.services else "",
            host=self.host, address=self.interface, s2s_port=5269 if self.federated else "",
            disabled='"tls"; "offline"' + ('' if self.federated else '; "s2s"'),
            proxy_ports=PROXY_PORTS.format(port=self.proxy_port, address=self.interface)
            if self.proxy else "",
            components=(PROXY.format(host=self.host, address=self.interface) if self.proxy else "")
            + (ROOMS.format(host=self.host) if self.rooms else "")))

    def _write_users(self):
        data = self.folder / "data" / self.host.replace(".", "%2e")
        for kind in ("accounts", "roster"):
            (data / kind).mkdir(parents=True, exist_ok=True)
        for name, password in self.users.items():
            (data / "accounts" / f"{name}.dat").write_text(
                f'return {{ ["password"] = "{password}"; }};\n')
            others = self.friends if name in self.friends else []
            jids = [f"{other}@{self.host}" for other in others if other != name]
            jids += self.abroad if name in self.friends else []
            contacts = "".join(f' ["{jid}"] = {{ subscription = "both"; groups = {{}} }};'
                               for jid in jids)
            (data / "roster" / f"{name}.dat").write_text(
                f"return {{ [false] = {{ version = 1 }};{contacts} }};\n")


class Forwarder:
    """A TCP relay on loopback in front of `target` (a port there) that can be cut or stalled."""

    def __init__(self, target, interface="127.0.0.1"):
        self._target = target
        self._interface = interface
        self._pairs = []
        self._lock = threading.Lock()
        self._running = threading.Event()
        self._running.set()
        self._listener = socket.create_server((interface, 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.refuse()
        self.cut()

    @property
    def address(self):
        return f"{self._interface}:{self.port}"

    def cut(self):
        """Breaks every connection, without a goodbye."""
        self._running.set()
        with self._lock:
            pairs, self._pairs = self._pairs, []
        for end in (end for pair in pairs for end in pair):
            try:
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            end.close()

    def stall(self):
        """From now on nothing passes, in either direction, but nothing breaks."""
        self._running.clear()

    def go_on(self):
        self._running.set()

    def refuse(self):
        """No new connections from now on."""
        try:
            self._listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._listener.close()

    def _accept(self):
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                near.close()
                continue
            for end in (near, far):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._pairs.append((near, far))
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    def _pump(self, source, sink):
        try:
            while data := source.recv(65536):
                self._running.wait()
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass
