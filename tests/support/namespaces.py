# SPDX-License-Identifier: MIT
"""A small internet of network namespaces on this machine, as root: a core that routes and holds the
server, people on it directly or behind a NAT of their own, people on one LAN. Each network is its
own: nothing of it is seen outside, and all of it goes when it is closed."""
import itertools
import os
import shutil
import subprocess
import tempfile

from delay_line import DelayLine

SERVER = "192.0.2.1"
SERVER6 = "2001:db8::1"
_numbers = itertools.count()


class Internet:
    def __init__(self):
        self._name = f"bal{os.getpid()}-{next(_numbers)}"
        self._spaces = []
        self._links = itertools.count()
        self._uplinks = {}
        self._programs = []
        self._lines = []
        self._folder = tempfile.mkdtemp(prefix="balcony-net-")
        self.core = self._space("core")
        for address in (f"{SERVER}/32", f"{SERVER6}/128"):
            self._ip("-n", self.core, "addr", "add", address, "dev", "lo")
        for private in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"):
            self._ip("-n", self.core, "route", "add", "blackhole", private)  # lost, unheard

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        for program in self._programs:
            program.terminate()
            try:
                program.wait(10)
            except subprocess.TimeoutExpired:
                program.kill()
                program.wait()
        self._programs = []
        for line in self._lines:
            line.close()
        self._lines = []
        shutil.rmtree(self._folder, ignore_errors=True)
        for space in reversed(self._spaces):
            subprocess.run(["ip", "netns", "del", space], check=False)
        self._spaces = []

    def serve_stun(self):
        """coturn in the core, at the server's address; its port."""
        self._start_coturn(self.core, SERVER, "--stun-only")
        return 3478

    def serve_turn(self, secret):
        """coturn as STUN server and relay, for whom who shares `secret` sends; (address, port)."""
        # Elsewhere than the core, which has no way to private addresses: coturn gives up then.
        address = "198.18.7.2"
        self._start_coturn(self.person("turn", "198.18.7"), address, "--relay-ip", address,
                           "--use-auth-secret", f"--static-auth-secret={secret}", "--realm=test")
        return address, 3478

    # --- who is on it; each answers with the namespace to run in

    def person(self, name, subnet, dead=None, strays=None, second=False):
        """With an address that everybody can reach: {subnet}.2. `dead`: the subnet of one before it
        which swallows what comes to it. `strays`: the subnet of others that lead nowhere. `second`:
        with {subnet}.3 as well, the only one where others can connect."""
        space = self._space(name)
        if dead:
            self._join(space, f"{dead}.2/24", self.core, f"{dead}.1/24", None)
            self._nft(space, "add table inet hole; add chain inet hole in "
                             "{ type filter hook input priority 0 ; };"
                             f"add rule inet hole in ip daddr {dead}.2 drop")
        near, _ = self._join(space, f"{subnet}.2/24", self.core, f"{subnet}.1/24", f"{subnet}.1")
        if second:
            self._ip("-n", space, "addr", "add", f"{subnet}.3/24", "dev", near)
            self._nft(space, "add table inet wall; add chain inet wall in "
                             "{ type filter hook input priority 0 ; };"
                             f"add rule inet wall in iifname {near} ip daddr {subnet}.2 "
                             "tcp flags & (syn | ack) == syn drop")
        if strays:
            self._ip("-n", space, "link", "add", "strays", "type", "bridge")
            for address in (f"{strays}.1/24", f"fd00:{strays.replace('.', ':')}::1/64"):
                self._ip("-n", space, "addr", "add", address, "dev", "strays")
            self._ip("-n", space, "link", "set", "strays", "up")
        return space

    def far(self, name, subnet, delay):
        """Like person(), but each packet to the core, and back, takes `delay` seconds."""
        space = self._space(name)
        self.cable(space, f"{subnet}.2", self.core, f"{subnet}.1", delay)
        self._ip("-n", space, "route", "add", "default", "via", f"{subnet}.1")
        return space

    def cable(self, near, near_address, far, far_address, delay):
        """Between two namespaces, each packet taking `delay` seconds. The device's name at both ends."""
        name = f"d{next(self._links)}"
        self._lines.append(DelayLine(near, name, far, name, delay))
        for space, own, other in ((near, near_address, far_address), (far, far_address, near_address)):
            self._ip("-n", space, "addr", "add", own, "peer", other, "dev", name)
            self._ip("-n", space, "link", "set", name, "up")
        return name

    def person6(self, name, prefix):
        """The same with IPv6 and nothing else: {prefix}::2."""
        space = self._space(name)
        self._join(space, f"{prefix}::2/64", self.core, f"{prefix}::1/64", f"{prefix}::1")
        return space

    def behind_nat(self, name, outside, inside, forwarded=None, upnp=False, keeps_ports=False):
        """With a private address, {inside}.2; the world sees {outside}.2, and can't come in but by the
        port `forwarded`, or with `upnp` those that the router is asked for. `keeps_ports`: what goes
        out has the same port outside, where that is free."""
        nat = self.person(f"{name}-nat", outside)
        masquerade = "masquerade" if keeps_ports else "masquerade random"
        self._nft(nat, "add table ip nat; add chain ip nat out { type nat hook postrouting priority 100 ; };"
                       f"add rule ip nat out ip saddr {inside}.0/24 {masquerade}")
        for chain in ("forward", "input"):  # nothing comes in that was not asked for
            self._nft(nat, f"add table ip wall; add chain ip wall {chain} "
                           f"{{ type filter hook {chain} priority 0 ; policy drop ; }};"
                           f"add rule ip wall {chain} ip saddr {inside}.0/24 accept;"
                           f"add rule ip wall {chain} ct state established,related accept;"
                           f"add rule ip wall {chain} ct status dnat accept")
        if forwarded:
            self._nft(nat, "add chain ip nat in { type nat hook prerouting priority -100 ; };"
                           f"add rule ip nat in ip daddr {outside}.2 tcp dport {forwarded} "
                           f"dnat to {inside}.2:{forwarded}")
        space = self._space(name)
        _, home = self._join(space, f"{inside}.2/24", nat, f"{inside}.1/24", f"{inside}.1")
        if upnp:
            self._start_upnp(nat, home)
        return space

    def lan(self, names, subnet):
        """People on one network behind one NAT."""
        nat = self.person("-".join(names), "198.18.9")
        self._nft(nat, "add table ip nat; add chain ip nat out { type nat hook postrouting priority 100 ; };"
                       f"add rule ip nat out ip saddr {subnet}.0/24 masquerade")
        self._ip("-n", nat, "link", "add", "lan", "type", "bridge")
        self._ip("-n", nat, "addr", "add", f"{subnet}.1/24", "dev", "lan")
        self._ip("-n", nat, "link", "set", "lan", "up")
        spaces = []
        for number, name in enumerate(names, 2):
            space = self._space(name)
            _, far = self._join(space, f"{subnet}.{number}/24", nat, None, f"{subnet}.1")
            self._ip("-n", nat, "link", "set", far, "master", "lan")
            spaces.append(space)
        return spaces

    def mapped(self, name):
        """What the router of behind_nat(name, upnp=True) leads inside now, as rules of nftables."""
        rules = subprocess.run(["ip", "netns", "exec", f"{self._name}-{name}-nat", "nft", "list", "chain",
                                "inet", "upnp", "in"], check=True, capture_output=True, text=True)
        return [line.strip() for line in rules.stdout.splitlines() if "dnat" in line]

    def cut(self, space):
        """The cable is pulled."""
        self._ip("-n", space, "link", "set", self._uplinks[space], "down")

    # --- how

    def _start_coturn(self, space, address, *options):
        self._programs.append(subprocess.Popen(
            ["ip", "netns", "exec", space, "turnserver", "-n", "--listening-ip", address, *options,
             "--no-cli", "--no-tls", "--no-dtls", "--simple-log", "--log-file",
             os.path.join(self._folder, "turn.log"), "--pidfile", os.path.join(self._folder, "turn.pid")],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))

    def _start_upnp(self, nat, home):
        """miniupnpd; it fills the chains that it is given."""
        self._nft(nat, "add table inet upnp; add chain inet upnp allow; add chain inet upnp in "
                       "{ type nat hook prerouting priority -100 ; };"
                       "add chain inet upnp out { type nat hook postrouting priority 99 ; }")
        path = os.path.join(self._folder, nat)
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"ext_ifname={self._uplinks[nat]}\nlistening_ip={home}\nhttp_port=5000\n"
                       "enable_upnp=yes\nenable_natpmp=no\nsecure_mode=yes\n"
                       "uuid=00000000-0000-0000-0000-000000000000\n"
                       "upnp_table_name=upnp\nupnp_nat_table_name=upnp\nupnp_forward_chain=allow\n"
                       "upnp_nat_chain=in\nupnp_nat_postrouting_chain=out\n"
                       "allow 1024-65535 0.0.0.0/0 1024-65535\ndeny 0-65535 0.0.0.0/0 0-65535\n")
        with open(f"{path}.log", "wb") as log:
            self._programs.append(subprocess.Popen(
                ["ip", "netns", "exec", nat, "miniupnpd", "-d", "-f", path, "-P", f"{path}.pid"],
                stdout=log, stderr=log))

    def _space(self, name):
        space = f"{self._name}-{name}"
        self._ip("netns", "add", space)
        self._spaces.append(space)
        self._ip("-n", space, "link", "set", "lo", "up")
        subprocess.run(["ip", "netns", "exec", space, "sh", "-c",
                        "echo 1 > /proc/sys/net/ipv4/ip_forward;"
                        "echo 1 > /proc/sys/net/ipv6/conf/all/forwarding"], check=True)
        return space

    def _join(self, near, near_address, far, far_address, gateway):
        number = next(self._links)
        ends = f"n{number}", f"f{number}"
        self._ip("link", "add", ends[0], "netns", near, "type", "veth", "peer", "name", ends[1],
                 "netns", far)
        for space, end, address in ((near, ends[0], near_address), (far, ends[1], far_address)):
            if address:
                six = ["nodad"] if ":" in address else []
                self._ip("-n", space, "addr", "add", address, "dev", end, *six)
            self._ip("-n", space, "link", "set", end, "up")
        if gateway:
            self._uplinks[near] = ends[0]
            self._ip("-n", near, "route", "add", "default", "via", gateway)
        return ends

    def _ip(self, *words):
        subprocess.run(["ip", *words], check=True)

    def _nft(self, space, rules):
        subprocess.run(["ip", "netns", "exec", space, "nft", rules], check=True)
