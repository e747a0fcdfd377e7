#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""An independent peer for interop tests, written only from the specifications: XEP-0166 and 0247
(Jingle XML streams), 0261 and 0047 (in band), 0246 (the stream). slixmpp gives the session with the
server, and nothing else. Shares no code with the project.

It is driven like balcony-cli: commands as lines on stdin, events as JSON objects on stdout. Commands:
start JID, msg TEXT, raw XML (on the stream), signal XML (through the server), ping, close, terminate
REASON, quit. What it does by the book, wrongly or not at all is said by options."""
import argparse
import asyncio
import base64
import hashlib
import json
import os
import secrets
import sys
import time
import xml.etree.ElementTree as ET
from xml.sax.saxutils import escape, quoteattr

import slixmpp
from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import MatchXPath

import peer_tls
from peer_ice import ICE, Ice
from peer_socks5 import S5B, Socks5
from peer_stream import CLIENT, E2eStream, StreamFailed

JINGLE = "urn:xmpp:jingle:1"
XMLSTREAM = "urn:xmpp:jingle:apps:xmlstream:0"
IBB_TRANSPORT = "urn:xmpp:jingle:transports:ibb:1"
DISCO = "http://jabber.org/protocol/disco#info"
IBB = "http://jabber.org/protocol/ibb"
NAMESPACES = {"s5b": S5B, "ice": ICE, "chromium": ICE, "ibb": IBB_TRANSPORT}  # by --path
BALCONY = "urn:x-balcony:0"
STANZAS = "urn:ietf:params:xml:ns:xmpp-stanzas"
ERRORS = "urn:xmpp:jingle:errors:1"
WINDOW = 4  # data blocks under way

started = time.monotonic()


def tell(event, **keys):
    print(json.dumps({"event": event, "t": round(
        time.monotonic() - started, 3), **keys}), flush=True)


class RequestFailed(Exception):
    pass


class Account(slixmpp.ClientXMPP):
    """The session with the server: requests and their replies, and what comes for `peer`."""

    def __init__(self, options, password):
        super().__init__(options.jid, password)
        self.peer = None
        self._waiting = {}
        self.speaks = "no-features" not in options.behave
        if self.speaks:
            self.register_plugin("xep_0030")
            for feature in (JINGLE, XMLSTREAM, NAMESPACES[options.path]):
                self["xep_0030"].add_feature(feature)
        self.register_handler(Callback("any iq", MatchXPath(f"{{{CLIENT}}}iq"), self._on_iq))

    def _on_iq(self, stanza):
        iq = stanza.xml
        sender, kind = iq.get("from"), iq.get("type")
        if kind in ("result", "error"):
            reply = self._waiting.pop((iq.get("id"), sender), None)
            if reply and not reply.done():
                reply.set_result(iq)
            return
        ns = iq[0].tag.split("}")[0][1:] if len(iq) else ""
        if ns in (JINGLE, IBB) and self.peer and self.speaks:
            self.peer.on_request(sender, iq.get("id"), iq[0])
        elif ns != DISCO or not self.speaks:
            self.error(sender or self.boundjid.bare, iq.get("id"), "service-unavailable")

    async def request(self, to, payload, timeout=30):
        """Sends an IQ set and waits for its reply."""
        name = secrets.token_hex(16)
        reply = self._waiting[(name, to)] = asyncio.get_running_loop().create_future()
        self.send_raw(f"<iq type='set' id='{name}' to={quoteattr(to)}>{payload}</iq>")
        try:
            iq = await asyncio.wait_for(reply, timeout)
        except asyncio.TimeoutError:
            raise RequestFailed("no answer") from None
        if iq.get("type") == "error":
            error = iq.find(f"{{{CLIENT}}}error")
            names = [child.tag.split("}")[1] for child in error] if error is not None else []
            raise RequestFailed(" ".join(names) or "error")

    def result(self, to, name):
        self.send_raw(f"<iq type='result' id={quoteattr(name)} to={quoteattr(to)}/>")

    def error(self, to, name, condition, jingle=None, kind="cancel"):
        extra = f"<{jingle} xmlns='{ERRORS}'/>" if jingle else ""
        self.send_raw(f"<iq type='error' id={quoteattr(name)} to={quoteattr(to)}><error type='{kind}'>"
                      f"<{condition} xmlns='{STANZAS}'/>{extra}</error></iq>")


class InBand:
    """One in-band bytestream, both directions, in IQs."""

    def __init__(self, account, peer, sid, block_size):
        self._account, self._peer, self.sid, self.block_size = account, peer, sid, block_size
        self.next_in = self._next_out = 0
        self._out = asyncio.Queue()
        self._window = asyncio.Semaphore(WINDOW)
        self._sender = asyncio.ensure_future(self._send_all())
        self._under_way = set()
        self.lost = None  # called when the peer does not take a block

    def send(self, data):
        if data:
            self._out.put_nowait(data)

    async def flush(self):
        await self._out.join()
        await asyncio.gather(*self._under_way)

    async def _send_all(self):
        while True:
            data = await self._out.get()
            while not self._out.empty():  # coalesce
                data += self._out.get_nowait()
                self._out.task_done()
            for start in range(0, len(data), self.block_size):
                await self._window.acquire()
                self._send_block(data[start:start + self.block_size])
            self._out.task_done()

    def _send_block(self, block):
        payload = (f"<data xmlns='{IBB}' sid='{self.sid}' seq='{self._next_out}'>"
                   f"{base64.b64encode(block).decode()}</data>")
        self._next_out = (self._next_out + 1) % 65536
        task = asyncio.ensure_future(self._deliver(payload))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _deliver(self, payload):
        try:
            await self._account.request(self._peer, payload)
        except RequestFailed as failure:
            tell("ibb", refused=str(failure))
            if self.lost:
                self.lost()
        self._window.release()

    def stop(self):
        self._sender.cancel()


class Session:
    """One Jingle session and, over it, one stream."""

    def __init__(self, account, options, key, certificate, initiator, own, peer, sid, in_band_sid):
        self.account, self.options = account, options
        self.key, self.certificate = key, certificate
        self.initiator, self.own, self.peer, self.sid = initiator, own, peer, sid
        self.in_band_sid, self.block_size = in_band_sid, options.block_size
        self.bytes = self.stream = self.signalled = None
        self.reply = asyncio.get_running_loop().create_future()
        paths = {"s5b": lambda: Socks5(self, in_band_sid), "ice": lambda: Ice(self),
                 "chromium": self.browse, "ibb": lambda: None}
        self.path = paths[options.path]()
        self.transport_ns = NAMESPACES[options.path]
        self.alive = True

    def browse(self):
        from peer_chromium import Chromium  # needs packages that no other path needs
        self.tell = tell
        return Chromium(self)

    # --- Jingle

    def jingle(self, action, inside="", extra=""):
        return f"<jingle xmlns='{JINGLE}' action='{action}' sid='{self.sid}'{extra}>{inside}</jingle>"

    def content(self):
        name = "stub" if "content-stub" in self.options.behave else "xmlstream"
        if self.path:
            return (f"<content creator='initiator' name='{name}'><description xmlns='{XMLSTREAM}'/>"
                    f"{self.path.transport()}{self.fingerprint()}</content>")
        size = 65535 if "big-block" in self.options.behave else self.block_size
        return (f"<content creator='initiator' name='{name}'><description xmlns='{XMLSTREAM}'/>"
                f"<transport xmlns='{IBB_TRANSPORT}' block-size='{size}' "
                f"sid='{self.in_band_sid}'/>{self.fingerprint()}</content>")

    def fingerprint(self):
        if self.options.fingerprint == "no" or self.certificate is None:
            return ""
        digest = peer_tls.der_hash(self.certificate)
        if self.options.fingerprint == "wrong":
            digest = hashlib.sha256(b"another certificate").hexdigest()
        return f"<fingerprint xmlns='{BALCONY}' hash='sha-256'>{digest}</fingerprint>"

    async def offer(self):
        if self.path:
            await self.path.listen()
        tell("session", state="offered", peer=self.peer, sid=self.sid)
        await self.account.request(self.peer, self.jingle(
            "session-initiate", self.content(), f" initiator={quoteattr(self.own)}"))
        accepted = await asyncio.wait_for(self.reply, 150)
        if self.path:
            self.path.learn(accepted.find(f"*/{{{self.transport_ns}}}transport"))
            self.learn(accepted)
            await self.begin_direct()
            return
        transport = accepted.find(f"*/{{{IBB_TRANSPORT}}}transport")
        self.block_size = min(self.block_size, int(transport.get("block-size")))
        self.learn(accepted)
        tell("session", state="accepted", peer=self.peer, sid=self.sid,
             attributes=dict(accepted.attrib), block_size=self.block_size)
        if "no-open" in self.options.behave:
            return
        await self.account.request(
            self.peer, f"<open xmlns='{IBB}' sid='{self.in_band_sid}' "
                       f"block-size='{self.block_size}' stanza='iq'/>")
        self.begin()

    async def accept(self):
        extra = ("" if "bare-accept" in self.options.behave
                 else f" responder={quoteattr(self.own)}")
        if self.path:
            await self.path.listen()
        await self.account.request(self.peer, self.jingle("session-accept", self.content(), extra))
        if self.path:
            await self.begin_direct()

    def learn(self, jingle):
        """What the peer signalled about its certificate."""
        self.signalled = jingle.findtext(f"*/{{{BALCONY}}}fingerprint")

    async def terminate(self, reason):
        if not self.alive:
            return
        self.end(reason, "us")
        try:
            await self.account.request(
                self.peer, self.jingle("session-terminate", f"<reason><{reason}/></reason>"), 10)
        except RequestFailed:
            pass

    def end(self, reason, by):
        if self.alive:
            self.alive = False
            tell("session", state="ended", reason=reason, by=by)
            if self.stream:
                self.stream.on_lost()
        if not self.reply.done():
            self.reply.cancel()

    # --- the stream

    def begin(self):
        self.bytes = InBand(self.account, self.peer, self.in_band_sid, self.block_size)
        if "seq-from-one" in self.options.behave:
            self.bytes._next_out = 1
        self.stream = E2eStream(self.options, not self.initiator, self.own, self.peer, self.key,
                                self.certificate, self.bytes.send, tell)
        self.bytes.lost = self.stream.on_lost
        asyncio.ensure_future(self.run())

    async def begin_direct(self):
        try:
            write = await self.path.ready()
        except (ConnectionError, asyncio.TimeoutError, RequestFailed) as failure:
            tell("path", failed=str(failure))
            self.path.close()
            await self.terminate("failed-transport")
            return
        tell("path", used=self.path.side(write))
        self.stream = E2eStream(self.options, not self.initiator, self.own, self.peer, self.key,
                                self.certificate, write, tell)
        self.path.attach(self.stream.on_bytes, self.stream.on_lost)
        asyncio.ensure_future(self.run())

    async def run(self):
        stream = self.stream
        try:
            await stream.negotiate()
            tell("signalled", certificate_hash=self.signalled)
            await stream.exchange(self.on_stanza)
            tell("stream", state="closed")
            if stream.closing_first:
                await self.close_bytes()
                await self.terminate("success")
        except (StreamFailed, ConnectionError) as failure:
            tell("stream", state="failed", text=str(failure))
            if self.alive:
                await self.close_bytes()
                await self.terminate("security-error" if "TLS" in str(failure)
                                     else "failed-application")

    async def close_bytes(self):
        if self.path:
            self.path.close()
            return
        try:
            await asyncio.wait_for(self.bytes.flush(), 10)
            await self.account.request(self.peer, f"<close xmlns='{IBB}' sid='{self.in_band_sid}'/>", 10)
        except (RequestFailed, asyncio.TimeoutError):
            pass
        self.bytes.stop()

    def addresses(self):
        if self.options.stanza_address == "no":
            return ""
        return f" from={quoteattr(self.own)} to={quoteattr(self.peer)}"

    def on_stanza(self, stanza):
        tell("stanza", via="e2e", xml=ET.tostring(stanza, encoding="unicode"),
             name=stanza.tag.split("}")[1], attributes=dict(stanza.attrib),
             body=stanza.findtext(f"{{{CLIENT}}}body"))
        if stanza.tag == f"{{{CLIENT}}}iq" and stanza.get("type") in ("get", "set"):
            self.answer(stanza)

    def answer(self, iq):
        name = quoteattr(iq.get("id", ""))
        if len(iq) and iq[0].tag == "{urn:xmpp:ping}ping":
            self.stream.write(f"<iq type='result' id={name}{self.addresses()}/>")
        else:
            self.stream.write(f"<iq type='error' id={name}{self.addresses()}><error type='cancel'>"
                              f"<service-unavailable xmlns='{STANZAS}'/></error></iq>")

    def say(self, text):
        self.stream.write(f"<message{self.addresses()} type='chat' id='{secrets.token_hex(8)}'>"
                          f"<body>{escape(text)}</body></message>")


class Peer:
    def __init__(self, options, account):
        self.options, self.account = options, account
        self.session = None
        self.key = peer_tls.load_key(options.state)
        jid = options.jid.split("/")[0]
        self.certificate = {
            "good": lambda: peer_tls.make_certificate(self.key, jid, -1, 90),
            "full-jid": lambda: peer_tls.make_certificate(self.key, options.jid, -1, 90),
            "wrong-jid": lambda: peer_tls.make_certificate(self.key, "tybalt@localhost", -1, 90),
            "expired": lambda: peer_tls.make_certificate(self.key, jid, -90, -1),
            "not-yet": lambda: peer_tls.make_certificate(self.key, jid, 1, 90),
            "none": lambda: None,
        }[options.certificate]()

    def make(self, initiator, peer, sid, in_band_sid):
        self.session = Session(self.account, self.options, self.key, self.certificate, initiator,
                               str(self.account.boundjid), peer, sid, in_band_sid)
        return self.session

    # --- requests of the other side

    def on_request(self, sender, name, payload):
        if payload.tag == f"{{{JINGLE}}}jingle":
            self.on_jingle(sender, name, payload)
        else:
            self.on_in_band(sender, name, payload)

    def on_jingle(self, sender, name, jingle):
        action, session = jingle.get("action"), self.session
        tell("jingle", action=action, peer=sender)
        if "mute" in self.options.behave:
            return
        if action == "session-initiate":
            self.on_offer(sender, name, jingle)
        elif not (session and session.alive and (session.peer, session.sid) == (sender, jingle.get("sid"))):
            self.account.error(sender, name, "item-not-found", "unknown-session")
        elif action == "session-info" and len(jingle):
            self.account.error(sender, name, "feature-not-implemented", "unsupported-info")
        elif action == "session-accept" and session.reply.done():
            self.account.error(sender, name, "unexpected-request", "out-of-order")
        else:
            self.account.result(sender, name)
            if action == "session-accept":
                session.reply.set_result(jingle)
            elif action == "transport-info" and session.path:
                session.path.on_info(jingle.find(f"*/{{{session.transport_ns}}}transport"))
            elif action == "session-terminate":
                reason = jingle.find(f"{{{JINGLE}}}reason")
                word = reason[0].tag.split("}")[1] if reason is not None and len(reason) else None
                session.end(word, "peer")

    def on_offer(self, sender, name, jingle):
        content = jingle.find(f"{{{JINGLE}}}content")
        transport = content is not None and content.find(f"{{{NAMESPACES[self.options.path]}}}transport")
        if content is None or content.find(
            f"{{{XMLSTREAM}}}description") is None or transport is None:
            self.account.error(sender, name, "bad-request")
            return
        self.account.result(sender, name)
        session = self.make(False, sender, jingle.get("sid"), transport.get("sid"))
        if session.path:
            session.path.learn(transport)
        else:
            session.block_size = min(session.block_size, int(transport.get("block-size")))
        session.learn(jingle)
        tell("offer", peer=sender, sid=session.sid, content=content.get("name"),
             fingerprint=session.signalled)
        if self.options.accept == "yes":
            asyncio.ensure_future(session.accept())
        elif self.options.accept == "no":
            asyncio.ensure_future(session.terminate("decline"))

    def on_in_band(self, sender, name, payload):
        session = self.session
        known = session and (session.peer, session.in_band_sid) == (sender, payload.get("sid"))
        what = payload.tag.split("}")[1]
        if not known or (what == "data" and session.bytes is None):
            self.account.error(sender, name, "item-not-found")
        elif what == "open":
            session.block_size = min(session.block_size, int(payload.get("block-size")))
            self.account.result(sender, name)
            session.begin()
        elif what == "data":
            self.on_data(session, sender, name, payload)
        elif what == "close":
            self.account.result(sender, name)
            if session.stream:
                session.stream.on_lost()

    def on_data(self, session, sender, name, data):
        if int(data.get("seq")) != session.bytes.next_in:
            tell("error", text=f"block {data.get('seq')} instead of {session.bytes.next_in}")
            self.account.error(sender, name, "unexpected-request")
            return
        session.bytes.next_in = (session.bytes.next_in + 1) % 65536
        block = base64.b64decode(data.text or "", validate=True)
        if len(block) > session.block_size:
            tell("error", text=f"a block of {len(block)} bytes")
        session.stream.on_bytes(block)
        self.account.result(sender, name)

    # --- commands

    async def command(self, line):
        word, _, rest = line.partition(" ")
        session = self.session
        if word == "start":
            session = self.make(True, rest, secrets.token_hex(16), secrets.token_hex(16))
            try:
                await session.offer()
            except RequestFailed as failure:
                tell("refused", text=str(failure))
            except (asyncio.CancelledError, asyncio.TimeoutError):
                pass
        elif word == "forge":
            Socks5.forged = rest
        elif word == "signal":
            self.account.send_raw(rest)
        elif session is None:
            tell("error", text=f"no session for '{word}'")
        elif word == "msg":
            session.say(rest)
        elif word == "raw":
            session.stream.write(rest)
        elif word == "close":
            session.stream.closing_first = True
            session.stream.close()
        elif word == "terminate":
            await session.terminate(rest)
        elif word == "ping":
            try:
                await session.account.request(session.peer, session.jingle("session-info"))
                tell("pong")
            except RequestFailed as failure:
                tell("refused", text=str(failure))
        else:
            tell("error", text=f"unknown command '{word}'")


def parse_options():
    parser = argparse.ArgumentParser()
    parser.add_argument("--jid", required=True)
    parser.add_argument("--server", required=True)
    parser.add_argument("--server-tls", choices=["off"])
    parser.add_argument("--state", required=True, help="folder of its key")
    parser.add_argument("--tls", choices=["1.2", "1.3"], default="1.3")
    parser.add_argument("--stream-address", choices=["bare", "full", "none"], default="bare")
    parser.add_argument("--stanza-address", choices=["yes", "no"], default="yes")
    parser.add_argument(
    "--external",
    choices=[
        "yes",
        "no"],
        default="yes",
         help="offer it, take it up")
    parser.add_argument("--fingerprint", choices=["yes", "no", "wrong"], default="yes")
    parser.add_argument("--certificate", default="good",
                        choices=["good", "full-jid", "wrong-jid", "expired", "not-yet", "none"])
    parser.add_argument("--accept", choices=["yes", "no", "never"], default="yes")
    parser.add_argument("--path", choices=list(NAMESPACES), default="ibb")
    parser.add_argument("--block-size", type=int, default=4096)
    parser.add_argument(
    "--behave",
    action="append",
    default=[],
     help="a fault; see where it is used")
    return parser.parse_args()


async def main():
    options = parse_options()
    account = Account(options, os.environ["BALCONY_PASSWORD"])
    host, _, port = options.server.rpartition(":")
    account.connect((host, int(port)), force_starttls=False, disable_starttls=True)
    await account.wait_until("session_start", 20)
    account.peer = Peer(options, account)
    account.send_presence()
    tell("online", jid=str(account.boundjid))

    loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader(limit=1 << 20)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while (line := (await lines.readline()).decode().rstrip("\n")) not in ("", "quit"):
        asyncio.ensure_future(account.peer.command(line))
    if account.peer.session:
        await account.peer.session.terminate("gone")
    await account.disconnect(wait=1)


asyncio.get_event_loop().run_until_complete(main())
os._exit(0)  # slixmpp leaves tasks behind
