#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A cable between two network namespaces on which each packet takes a given time, for kernels without
netem. As a program: delay_line.py SPACE DEVICE SPACE DEVICE SECONDS makes a TUN device in each namespace,
says "ready", and carries packets from one to the other until it is ended; the devices go with it. As
root."""
import collections
import ctypes
import fcntl
import os
import select
import struct
import subprocess
import sys
import time

TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
CLONE_NEWNET = 0x40000000
LARGEST = 65536


class DelayLine:
    """The cable; `delay` in seconds, each way. The caller gives the devices their addresses."""

    def __init__(self, near, near_device, far, far_device, delay):
        self._process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", sys.executable, __file__, near, near_device, far, far_device,
             str(delay)], stdout=subprocess.PIPE)
        if self._process.stdout.readline() != b"ready\n":
            raise RuntimeError("no delay line: is there a /dev/net/tun, and are we root?")

    def close(self):
        self._process.terminate()
        self._process.wait(10)
        self._process.stdout.close()


def open_device(space, name):
    libc = ctypes.CDLL(None, use_errno=True)
    with open(f"/run/netns/{space}", "rb") as namespace:
        if libc.setns(namespace.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"can't enter {space}")
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN | IFF_NO_PI))
    return device


def take(device):
    try:
        return os.read(device, LARGEST)
    except BlockingIOError:
        return None


def give(device, packet):
    try:
        os.write(device, packet)
    except OSError:
        pass  # the other end is down: packets are lost, as on any cable


def carry(a, b, delay):
    other = {a: b, b: a}
    under_way = collections.deque()  # (when it is due, where, what), in that order
    while True:
        now = time.monotonic()
        while under_way and under_way[0][0] <= now:
            _, device, packet = under_way.popleft()
            give(device, packet)
        wait = max(0.0, under_way[0][0] - now) if under_way else None
        for device in select.select([a, b], [], [], wait)[0]:
            while (packet := take(device)) is not None:
                under_way.append((time.monotonic() + delay, other[device], packet))


if __name__ == "__main__":
    ends = [open_device(*end) for end in (sys.argv[1:3], sys.argv[3:5])]
    print("ready", flush=True)
    carry(*ends, float(sys.argv[5]))
