# SPDX-License-Identifier: MIT
"""ICE-TCP for the independent peer (peer.py --path chromium): a headless Chromium as the ICE agent, which
plays the active side. It speaks DTLS on what it has connected, never XML: it shows how far candidates,
checks and frames agree, and no stream comes of it."""
import asyncio
import atexit

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from peer_ice import Ice, candidate_lines

CONNECTS = 15  # seconds
# Active alone: Chromium listens nowhere.
OURS = "1 1 tcp 1518280447 127.0.0.1 9 typ host tcptype active".split()
OPTIONS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--allow-loopback-in-peer-connection",
           "--disable-features=WebRtcHideLocalIpsWithMdns", "--disable-dev-shm-usage")

BEGIN = """
const [theirs, done] = arguments;
const pc = window.pc = new RTCPeerConnection();
window.states = [];
window.pairs = [];
pc.oniceconnectionstatechange = () => states.push(pc.iceConnectionState);
const watch = ice => ice.onselectedcandidatepairchange = () => {
  const pair = ice.getSelectedCandidatePair();
  if (pair) pairs.push({protocol: pair.local.protocol, ours: pair.local.tcpType, theirs: pair.remote.tcpType});
};
(async () => {
  if (theirs) {
    await pc.setRemoteDescription({type: 'offer', sdp: theirs});
    await pc.setLocalDescription(await pc.createAnswer());
  } else {
    pc.createDataChannel('x');
    await pc.setLocalDescription(await pc.createOffer());
  }
  watch(pc.sctp.transport.iceTransport);
  if (pc.iceGatheringState != 'complete')
    await new Promise(then => pc.onicegatheringstatechange =
                      () => pc.iceGatheringState == 'complete' && then());
  return pc.localDescription.sdp;
})().then(done, error => done('' + error));
"""
LEARN = """
const [theirs, done] = arguments;
pc.setRemoteDescription({type: 'answer', sdp: theirs}).then(() => done(''), error => done('' + error));
"""
# What happened, once it is over or has come so far that a pair is chosen. By events: statistics come late.
WATCH = """
const done = arguments[0];
const look = () => {
  const over = states.some(state => ['disconnected', 'failed', 'closed'].includes(state));
  if (over || (states.includes('connected') && pairs.length)) done({states, pair: pairs[0] || null});
  else setTimeout(look, 20);
};
look();
"""


class Chromium(Ice):
    async def listen(self):
        self.browser = await asyncio.to_thread(self._start)
        theirs = self._description(self.theirs, "actpass") if self.theirs is not None else None
        lines = (await self._run(BEGIN, theirs)).splitlines()
        said = dict(line[2:].split(":", 1) for line in lines if line.startswith("a=") and ":" in line)
        self.ufrag, self.pwd, self.words = said["ice-ufrag"], said["ice-pwd"], OURS
        self.offered = theirs is None

    def _start(self):
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for option in OPTIONS:
            options.add_argument(option)
        browser = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
        browser.set_script_timeout(CONNECTS)
        atexit.register(browser.quit)  # however this program ends, but for being killed
        return browser

    async def _run(self, script, *arguments):
        return await asyncio.to_thread(self.browser.execute_async_script, script, *arguments)

    @staticmethod
    def _description(transport, setup):
        """The other side's, as SDP."""
        lines = ["v=0", "o=- 1 1 IN IP4 0.0.0.0", "s=-", "t=0 0", "a=group:BUNDLE 0",
                 "m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "c=IN IP4 0.0.0.0",
                 f"a=ice-ufrag:{transport.get('ufrag')}", f"a=ice-pwd:{transport.get('pwd')}",
                 "a=ice-options:ice2", "a=fingerprint:sha-256 " + ":".join(["AB"] * 32), f"a=setup:{setup}",
                 "a=mid:0", "a=sctp-port:5000"]
        # On ::1 Chromium asks and does not answer.
        lines += [f"a=candidate:{line}" for line in candidate_lines(transport) if ":" not in line]
        return "".join(line + "\r\n" for line in lines)

    async def ready(self):
        if self.offered:
            wrong = await self._run(LEARN, self._description(self.theirs, "passive"))
            if wrong:
                raise ConnectionError(wrong)
        self.session.tell("chromium", **await self._run(WATCH))
        for _ in range(CONNECTS * 10):
            if not self.session.alive:
                break
            await asyncio.sleep(0.1)
        raise ConnectionError("Chromium runs no stream of XML")

    def close(self):
        self.browser.quit()
