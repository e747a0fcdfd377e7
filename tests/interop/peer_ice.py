# SPDX-License-Identifier: MIT
"""ICE-TCP for the independent peer (peer.py --path ice): XEP-0371 by the specification, with pion as the
ICE agent, which plays the passive side (tests/support/pion, built by whoever starts the peer and named in
BALCONY_PION)."""
import asyncio
import os
import secrets

ICE = "urn:xmpp:jingle:transports:ice:0"
PATIENCE = 20  # seconds for the whole of it
# Of a candidate line in SDP (RFC 8839 section 5.1), up to the type.
FIELDS = ("foundation", "component", "protocol", "priority", "ip", "port", "typ", "type")


def candidate_lines(transport):
    """Those of a <transport/> as in SDP, without the name of the attribute."""
    return [" ".join((of("foundation"), "1 tcp", of("priority"), of("ip"), of("port"), "typ", of("type"),
                      "tcptype", of("tcptype")))
            for of in (candidate.get for candidate in transport.findall(f"{{{ICE}}}candidate"))]


class Ice:
    """The path of one session: ready() gives what to write to, what comes goes to `on_bytes`."""

    def __init__(self, session):
        self.session = session
        self.agent, self.theirs = None, None
        self.early, self.on_bytes, self.on_lost = b"", None, None

    # --- what it offers

    async def listen(self):
        self.agent = await asyncio.create_subprocess_exec(
            os.environ["BALCONY_PION"], stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE)
        words = (await self.agent.stdout.readline()).decode().split()
        self.ufrag, self.pwd, self.words = words[0], words[1], words[2:]

    def transport(self):
        said = dict(zip(FIELDS, self.words))
        more = dict(zip(self.words[len(FIELDS)::2], self.words[len(FIELDS) + 1::2]))
        return (f"<transport xmlns='{ICE}' ufrag='{self.ufrag}' pwd='{self.pwd}' ice2='true'>"
                f"<candidate component='{said['component']}' foundation='{said['foundation']}' "
                f"generation='0' id='p{secrets.token_hex(4)}' ip='{said['ip']}' network='0' "
                f"port='{said['port']}' priority='{said['priority']}' protocol='tcp' "
                f"tcptype='{more['tcptype']}' type='{said['type']}'/><gathering-complete/></transport>")

    # --- what the other side offers and says

    def learn(self, transport):
        self.theirs = transport

    def on_info(self, transport):
        pass  # only passive candidates would be of use, and to nobody who is passive too

    async def ready(self):
        lines = [f"{self.theirs.get('ufrag')} {self.theirs.get('pwd')}", *candidate_lines(self.theirs), ""]
        self.write("".join(line + "\n" for line in lines).encode())
        said = await asyncio.wait_for(self.agent.stdout.readline(), PATIENCE)
        if said != b"connected\n":
            raise ConnectionError("pion could not connect")
        asyncio.ensure_future(self._pump())
        return self.write

    def side(self, _):
        return "ours"

    def write(self, octets):
        self.agent.stdin.write(octets)

    async def _pump(self):
        while data := await self.agent.stdout.read(65536):
            self._take(data)
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
        self.agent.stdin.close()
