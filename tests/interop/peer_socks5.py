# SPDX-License-Identifier: MIT
"""SOCKS5 for the independent peer (peer.py --path s5b): XEP-0260 without proxies of its own, written
from the specification. As target it uses slixmpp's SOCKS5; its own listener is a few lines here.

Options of --behave: s5b-no-host (offers no candidate), s5b-no-target (connects nowhere), s5b-no-mode,
s5b-no-dstaddr, s5b-no-activated, s5b-piecewise (an octet at a time), s5b-twice (lists each candidate
twice), s5b-trickle (candidates by transport-info)."""
import asyncio
import hashlib
import secrets
from xml.sax.saxutils import quoteattr

from slixmpp.plugins.xep_0065.socks5 import Socks5Protocol

S5B = "urn:xmpp:jingle:transports:s5b:1"
PATIENCE = 20  # seconds for the whole of it


class Socks5:
    """The path of one session: ready() gives what to write to, what comes goes to `on_bytes`."""

    forged = None  # candidates to offer instead of ours

    def __init__(self, session, sid):
        self.session, self.sid = session, sid
        self.behave = session.options.behave
        self.cid = "peer-" + secrets.token_hex(4)
        self.port = None
        self.incoming = None  # (reader, writer) behind the handshake
        self.outgoing = None  # slixmpp's protocol, connected
        self.theirs = []
        self.tried = []  # theirs that we did not reach, and why
        self.used = None  # the candidate of theirs that we reached
        self.report = asyncio.get_running_loop().create_future()
        self.activated = asyncio.Event()
        self.early, self.on_bytes, self.on_lost = b"", None, None

    # --- what it offers

    async def listen(self):
        if "s5b-no-host" not in self.behave:
            server = await asyncio.start_server(self._on_visitor, "127.0.0.1", 0)
            self.port = server.sockets[0].getsockname()[1]

    def name(self, provider, other):
        return hashlib.sha1((self.sid + provider + other).encode()).hexdigest()

    def candidates(self):
        if self.forged:
            return self.forged
        if self.port is None:
            return ""
        one = (f"<candidate cid='{self.cid}' host='127.0.0.1' jid={quoteattr(self.session.own)} "
               f"port='{self.port}' priority='{(126 << 16) + 77}' type='direct'/>")
        again = one.replace(self.cid, self.cid + "-again")
        return one + (again if "s5b-twice" in self.behave else "")

    def transport(self, inside=None):
        mode = "" if "s5b-no-mode" in self.behave else " mode='tcp'"
        name = self.name(self.session.own, self.session.peer)
        name = "" if "s5b-no-dstaddr" in self.behave else f" dstaddr='{name}'"
        if inside is None:
            inside = "" if "s5b-trickle" in self.behave else self.candidates()
        return f"<transport xmlns='{S5B}' sid='{self.sid}'{mode}{name}>{inside}</transport>"

    async def tell(self, inside):
        await self.session.account.request(self.session.peer, self.session.jingle(
            "transport-info", "<content creator='initiator' name='xmlstream'>"
                              f"{self.transport(inside)}</content>"))

    # --- what the other side offers and says

    def learn(self, transport):
        self.dstaddr = transport.get("dstaddr") or self.name(self.session.peer, self.session.own)
        self.theirs = sorted(transport.findall(f"{{{S5B}}}candidate"),
                             key=lambda c: -int(c.get("priority")))

    def on_info(self, transport):
        for child in transport:
            word = child.tag.split("}")[1]
            if word in ("candidate-used", "candidate-error") and not self.report.done():
                self.report.set_result(child.get("cid"))
            if word == "activated":
                self.activated.set()

    # --- the race

    async def ready(self):
        """Reaches what it can, reports, waits for the other's report; returns a function that
        writes."""
        if "s5b-trickle" in self.behave:
            await self.tell(self.candidates())
        if "s5b-no-target" not in self.behave:
            await self._reach()
        used = self.used
        await self.tell(f"<candidate-used cid={quoteattr(used.get('cid'))}/>" if used is not None
                        else "<candidate-error/>")
        theirs = await asyncio.wait_for(self.report, PATIENCE)
        own = (126 << 16) + 77 if theirs else 0
        if used is not None and int(used.get("priority")) > own:
            if used.get("type") == "proxy":
                await asyncio.wait_for(self.activated.wait(), PATIENCE)
            return self.outgoing.transport.write
        if not theirs:
            raise ConnectionError("no path: " + ("; ".join(self.tried) or "none was offered"))
        reader, writer = self.incoming
        asyncio.ensure_future(self._pump(reader))
        return writer.write

    def side(self, write):
        """Whose candidate it is, by what ready() gave."""
        return "ours" if self.incoming and write == self.incoming[1].write else "theirs"

    async def _reach(self):
        loop = asyncio.get_running_loop()
        for candidate in self.theirs:
            protocol = Socks5Protocol(self.dstaddr, 0, self._on_event)
            try:
                await asyncio.wait_for(loop.create_connection(
                    lambda: protocol, candidate.get("host"), int(candidate.get("port"))), 2)
                await asyncio.wait_for(protocol.connected, 2)
            except (OSError, asyncio.TimeoutError) as error:
                self.tried.append(f"{candidate.get('host')}:{candidate.get('port')} {error!r}")
                continue
            self.outgoing, self.used = protocol, candidate
            return

    def _on_event(self, event, data):
        if event == "socks5_data":
            self._take(data)
        elif event == "socks5_closed" and self.on_lost:
            self.on_lost()

    async def _on_visitor(self, reader, writer):
        async def say(octets):
            for octet in octets if "s5b-piecewise" in self.behave else [octets]:
                writer.write(bytes([octet]) if isinstance(octet, int) else octet)
                await asyncio.sleep(0.002)
        assert await reader.readexactly(3) == b"\x05\x01\x00"
        await say(b"\x05\x00")
        request = await reader.readexactly(5 + 40 + 2)
        assert request[:5] == b"\x05\x01\x00\x03\x28" and request[-2:] == b"\0\0", request
        assert request[5:-2].decode() == self.name(self.session.own, self.session.peer)
        self.incoming = reader, writer
        await say(b"\x05\x00\x00\x03\x28" + request[5:])

    async def _pump(self, reader):
        try:
            while data := await reader.read(65536):
                self._take(data)
        except ConnectionError:
            pass
        if self.on_lost:
            self.on_lost()

    def _take(self, data):
        self.early += data
        if self.on_bytes and self.early:
            data, self.early = self.early, b""
            self.on_bytes(data)

    def attach(self, on_bytes, on_lost):
        self.on_bytes, self.on_lost = on_bytes, on_lost
        self._take(b"")

    def close(self):
        for writer in (self.incoming and self.incoming[1], self.outgoing and self.outgoing.transport):
            if writer:
                writer.close()
