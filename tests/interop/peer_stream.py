# SPDX-License-Identifier: MIT
"""The XML stream of the independent peer, in both roles, from XEP-0246 and RFC 6120 sections 4 to 6:
header, features, STARTTLS, SASL EXTERNAL, stanzas, closing. Reads like the specification: one
coroutine that waits for each thing in turn. Shares no code with the project."""
import asyncio
import secrets
import xml.etree.ElementTree as ET
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

import peer_tls

STREAMS = "http://etherx.jabber.org/streams"
TLS = "urn:ietf:params:xml:ns:xmpp-tls"
SASL = "urn:ietf:params:xml:ns:xmpp-sasl"
CLIENT = "jabber:client"
END = object()


class StreamFailed(Exception):
    pass


class XmlReader:
    """One XML document, from its header to its closing tag, in whatever pieces it comes."""

    def __init__(self):
        self.items = []
        self._depth = 0
        self._tree = None
        self._parser = expat.ParserCreate(namespace_separator="}")
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text

    def feed(self, data):
        self._parser.Parse(data)

    def _start(self, name, attributes):
        name, attributes = braced(name), {braced(k): v for k, v in attributes.items()}
        if self._depth == 0:
            self.items.append(ET.Element(name, attributes))
        else:
            self._tree = self._tree or ET.TreeBuilder()
            self._tree.start(name, attributes)
        self._depth += 1

    def _end(self, name):
        self._depth -= 1
        if self._depth == 0:
            self.items.append(END)
            return
        self._tree.end(braced(name))
        if self._depth == 1:
            self.items.append(self._tree.close())
            self._tree = None

    def _text(self, text):
        if self._tree is not None:
            self._tree.data(text)


def braced(name):
    return "{" + name if "}" in name else name


class E2eStream:
    """`send(bytes)` puts bytes on the bytestream; what comes from it goes to on_bytes. `tell(event,
    **keys)` reports. `own` and `peer` are full JIDs."""

    def __init__(self, options, server, own, peer, key, certificate, send, tell):
        self.options, self.server, self.own, self.peer = options, server, own, peer
        self.key, self.certificate = key, certificate
        self._send, self._tell = send, tell
        self._inbox = asyncio.Queue()
        self._clear = b""  # what came and is not parsed yet
        self._tls = None
        self._reader = XmlReader()
        self.established = False
        self.closing = False
        self.closing_first = False
        self.ended = False

    # --- the bytestream

    def on_bytes(self, data):
        self._inbox.put_nowait(data)

    def on_lost(self):
        self._inbox.put_nowait(None)

    def write(self, text):
        data = text.encode()
        if self._tls:
            self._tls.encrypt(data)
            data = self._tls.take()
        self._send(data)

    async def _read(self):
        """More clear bytes; b"" when there will be none."""
        while True:
            data = await self._inbox.get()
            if data is None:
                return b""
            if not self._tls:
                return data
            self._tls.feed(data)
            clear = self._tls.decrypt()
            self._send(self._tls.take())
            if clear is None:
                return b""
            if clear:
                return clear

    # --- XML

    async def _next(self):
        """The next thing at the top: header, element or END. Parses up to each '>' and no further, so
        that what follows the end of a phase is left for the next."""
        while not self._reader.items:
            if not self._clear:
                self._clear = await self._read()
                if not self._clear:
                    raise StreamFailed("the bytestream ended")
            cut = self._clear.find(b">") + 1 or len(self._clear)
            piece, self._clear = self._clear[:cut], self._clear[cut:]
            try:
                self._reader.feed(piece)
            except expat.ExpatError as error:
                raise StreamFailed(f"not well-formed: {error}") from None
        item = self._reader.items.pop(0)
        if item is not END and item.tag == f"{{{STREAMS}}}error":
            condition = item[0].tag.split("}")[1] if len(item) else "undefined-condition"
            self._tell("stream-error", condition=condition)
            raise StreamFailed(f"stream error {condition}")
        return item

    async def _expect(self, *tags):
        item = await self._next()
        if item is END or item.tag not in tags:
            raise StreamFailed(f"{'the end' if item is END else item.tag} instead of {tags}")
        return item

    def _send_header(self):
        behave = self.options.behave
        own, peer = {
            "bare": (self.own.split("/")[0], self.peer.split("/")[0]),
            "full": (self.own, self.peer), "none": (None, None),
        }[self.options.stream_address]
        attributes = {"from": "" if "empty-from" in behave else own, "to": peer, "version": "1.0"}
        if "no-version" in behave:
            del attributes["version"]
        if "foreign-to" in behave:
            attributes["to"] = "somebody-else@localhost"
        if "foreign-from" in behave:
            attributes["from"] = "somebody-else@localhost"
        if self.server and "no-id" not in behave:
            attributes["id"] = secrets.token_hex(8)
        self.write("<?xml version='1.0'?><stream:stream xmlns='jabber:client' "
                   f"xmlns:stream='{STREAMS}'" + "".join(
                       f" {k}={quoteattr(v)}" for k, v in attributes.items() if v is not None) + ">")

    async def _receive_header(self):
        header = await self._expect(f"{{{STREAMS}}}stream")
        self._tell("header", attributes=dict(header.attrib))

    def _restart(self):
        self._reader = XmlReader()

    # --- the two roles

    async def negotiate(self):
        await (self._as_server() if self.server else self._as_client())
        self.established = True
        facts = self._tls.facts()
        certificate = facts.pop("certificate")
        self._tell("stream", state="open", external=self._external, **facts,
                   fingerprint=peer_tls.key_hash(certificate),
                   certificate_hash=peer_tls.der_hash(certificate),
                   certificate_jids=peer_tls.addresses(certificate))

    async def _as_client(self):
        behave = self.options.behave
        self._external = False
        self._send_header()
        if "stanza-before-tls" in behave:
            self.write("<message><body>in clear</body></message>")
        await self._receive_header()
        features = await self._expect(f"{{{STREAMS}}}features")
        self._tell("features", tls=False, names=names_in(features))
        if features.find(f"{{{TLS}}}starttls") is None:
            raise StreamFailed("no STARTTLS")
        child = "<extra xmlns='urn:example'/>" if "children" in behave else ""
        early = "<message/>" if "bytes-after-starttls" in behave else ""
        self.write(f"<starttls xmlns='{TLS}'>{child}</starttls>{early}")
        await self._expect(f"{{{TLS}}}proceed")
        await self._start_tls()
        features = await self._open_again()
        if features.find(f"{{{SASL}}}mechanisms") is not None and self.options.external == "yes":
            self.write(f"<auth xmlns='{SASL}' mechanism='EXTERNAL'>=</auth>")
            await self._expect(f"{{{SASL}}}success")
            self._external = True
            await self._open_again()

    async def _open_again(self):
        self._restart()
        self._send_header()
        await self._receive_header()
        features = await self._expect(f"{{{STREAMS}}}features")
        self._tell("features", tls=True, names=names_in(features))
        return features

    async def _as_server(self):
        behave = self.options.behave
        self._external = False
        await self._receive_header()
        self._send_header()
        required = "" if "starttls-optional" in behave else "<required/>"
        if "no-starttls" in behave:
            self.write("<stream:features/>")
        else:
            self.write(
                f"<stream:features><starttls xmlns='{TLS}'>{required}</starttls></stream:features>")
        await self._expect(f"{{{TLS}}}starttls")
        child = "<extra xmlns='urn:example'/>" if "children" in behave else ""
        early = "<message/>" if "bytes-after-proceed" in behave else ""
        self.write(f"<proceed xmlns='{TLS}'>{child}</proceed>{early}")
        await self._start_tls()
        self._restart()
        await self._receive_header()
        self._send_header()
        if self.options.external == "no":
            self.write("<stream:features/>")
            return
        self.write(f"<stream:features><mechanisms xmlns='{SASL}'><mechanism>EXTERNAL</mechanism>"
                   "</mechanisms></stream:features>")
        item = await self._next()
        if item is END or item.tag != f"{{{SASL}}}auth":  # it does not take it up, which is as good
            self._reader.items.insert(0, item)
            return
        self.write(f"<success xmlns='{SASL}'/>")
        self._external = True
        self._restart()
        await self._receive_header()
        self._send_header()
        self.write("<stream:features/>")

    async def _start_tls(self):
        if self._clear:
            raise StreamFailed("bytes after the end of the clear stream")
        tls = peer_tls.Tls(self.server, self.options.tls, self.key, self.certificate)
        while True:
            try:
                done = tls.handshake()
            finally:
                self._send(tls.take())  # an alert too
            if done:
                break
            data = await self._inbox.get()
            if data is None:
                raise StreamFailed("the bytestream ended in the TLS handshake")
            tls.feed(data)
        self._tls = tls
        self._clear = tls.decrypt() or b""  # it may have come with the last flight
        self._send(tls.take())

    # --- stanzas and the end

    async def exchange(self, on_stanza):
        """Until the peer's closing tag."""
        while (item := await self._next()) is not END:
            on_stanza(item)
        if not self.closing:
            self.close()
        self.ended = True
        self._tls.shutdown()
        self._send(self._tls.take())

    def close(self):
        """Says that there will be nothing more from here."""
        self.closing = True
        self.write("</stream:stream>")


def names_in(features):
    return [child.tag.split("}")[1] for child in features]
