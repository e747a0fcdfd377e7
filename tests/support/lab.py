# SPDX-License-Identifier: MIT
"""A small internet of network namespaces: machines on one public segment, or each behind a NAT of its
own that lets nothing new in. Needs root; everything goes when the block ends."""
import itertools
import os
import subprocess

GATE = "203.0.113.1"  # this machine's own address on the segment


class Lab:
    _numbers = itertools.count(10)  # of machines: names of gone ones are free again only later

    def __init__(self):
        self._id = os.getpid() % 10_000
        self._bridge = f"bw{self._id}-{next(self._numbers)}"
        self._spaces = []

    def __enter__(self):
        try:
            run(f"ip link add {self._bridge} type bridge")
            run(f"ip addr add {GATE}/24 dev {self._bridge}")
            run(f"ip link set {self._bridge} up")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for space in self._spaces:
            subprocess.run(["ip", "netns", "del", space], check=False)
        subprocess.run(["ip", "link", "del", self._bridge], check=False)

    def public(self):
        """A machine on the segment; returns the name of its namespace."""
        number = next(self._numbers)
        space = self._space(f"bp{self._id}-{number}")
        self._wire(space, f"{number}", f"203.0.113.{number}/24")
        return space

    def with_dead_ends(self):
        """One on the segment that has also addresses which nobody can reach."""
        space = self.public()
        number = next(self._numbers)
        inside(space, "ip link add dead0 type bridge")
        for address in (f"10.99.{number}.1/24", f"fd00:99:{number}::1/64"):
            inside(space, f"ip addr add {address} dev dead0")
        inside(space, "ip link set dead0 up")
        inside(space, "ip route add default via 203.0.113.254")  # which is not there
        return space

    def behind_nat(self):
        """A machine behind a NAT of its own."""
        number = next(self._numbers)
        router, space = (self._space(f"b{kind}{self._id}-{number}") for kind in "rn")
        self._wire(router, f"{number}", f"203.0.113.{number}/24")
        run(f"ip link add in0 netns {router} type veth peer name eth0 netns {space}")
        for where, link, address in ((router, "in0", f"10.{number}.0.1/24"),
                                     (space, "eth0", f"10.{number}.0.2/24")):
            inside(where, f"ip addr add {address} dev {link}")
            inside(where, f"ip link set {link} up")
        inside(space, f"ip route add default via 10.{number}.0.1")
        inside(router, "ip route add blackhole 10.0.0.0/8")  # what is not its own is lost, unheard
        inside(router, "sysctl -qw net.ipv4.ip_forward=1")
        inside(router, "nft -f -", """
            table ip nat {
                chain leaving {
                    type nat hook postrouting priority 100;
                    oifname "eth0" masquerade random;
                }
            }
            table ip filter {
                chain passing {
                    type filter hook forward priority 0; policy drop;
                    iifname "in0" accept;
                    ct state established,related accept;
                }
                chain arriving {
                    type filter hook input priority 0; policy drop;
                    iifname "in0" accept;
                    ct state established,related accept;
                }
            }""")
        return space

    def cut(self, space):
        """Its cable is pulled."""
        inside(space, "ip link set eth0 down")

    def _space(self, name):
        run(f"ip netns add {name}")
        self._spaces.append(name)
        inside(name, "ip link set lo up")
        return name

    def _wire(self, space, number, address):
        outer = f"bv{self._id}-{number}"
        run(f"ip link add {outer} type veth peer name eth0 netns {space}")
        run(f"ip link set {outer} master {self._bridge} up")
        inside(space, f"ip addr add {address} dev eth0")
        inside(space, "ip link set eth0 up")


def run(words, text=None):
    subprocess.run(words.split(), input=text, text=True, check=True)


def inside(space, words, text=None):
    run(f"ip netns exec {space} {words}", text)
