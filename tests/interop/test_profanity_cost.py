# SPDX-License-Identifier: MIT
"""What the plugin costs a Profanity, and how quick it is: latency, wakes and time of an idle client, time
in our callbacks, memory errors. Prints what it measures (pytest -s shows it)."""
import pathlib
import re
import shutil
import statistics
import time

import pytest
from profanity import Unseen
from profanity_steps import couple, open_stream

pytestmark = pytest.mark.full

IDLE = 65  # seconds until a client waits as long as it ever does
MESSAGES = 5


def cost(process):
    """Seconds of CPU time and context switches of all threads so far."""
    seconds = switches = 0
    for task in pathlib.Path(f"/proc/{process}/task").iterdir():
        fields = (task / "stat").read_text().rsplit(")", 1)[1].split()
        seconds += (int(fields[11]) + int(fields[12])) / 100
        switches += sum(int(number) for number in
                        re.findall(r"ctxt_switches:\s+(\d+)", (task / "status").read_text()))
    return seconds, switches


def latencies(speaker, listener, kind):
    """Milliseconds from Enter to the listener's screen, both idle for more than a minute before each."""
    found = []
    for i in range(MESSAGES):
        time.sleep(IDLE if i == 0 else 12)
        text = f"{kind} {i}"
        speaker.keys(text)
        listener.text()
        began = time.monotonic()
        speaker.press("Enter")
        while text not in listener.screen():
            assert time.monotonic() - began < 10
        found.append((time.monotonic() - began) * 1000)
    return found


def told(kind, values):
    print(f"{kind}: first after a minute {values[0]:.0f} ms, median {statistics.median(values):.0f} ms, "
          f"{' '.join(f'{value:.0f}' for value in values)}")


def test_a_message_on_a_stream_is_as_quick_as_one_through_the_server(world):
    plain = [world.profanity(name, online=False, plugin=None, autoload=False, resource="plain")
             for name in ("mercutio", "juliet")]
    for who, other in (plain, plain[::-1]):
        who.sees("logged in successfully")
        who.chat_with(other.bare)
        who.sees(f"{other.bare} [online]")
    ordinary = latencies(plain[0], plain[1], "ordinary")
    for who in plain:
        who.quit()

    romeo, juliet = couple(world)
    open_stream(romeo, juliet)
    end_to_end = latencies(romeo, juliet, "end to end")
    told("through the server, without the plugin", ordinary)
    told("end to end, in band", end_to_end)
    assert end_to_end[0] <= ordinary[0] and statistics.median(end_to_end) <= statistics.median(ordinary)


def test_an_idle_client_is_left_idle(world):
    """With an open stream in band, against one without the plugin on the same server."""
    romeo, juliet = couple(world)
    open_stream(romeo, juliet)
    plain = world.profanity("mercutio", plugin=None, autoload=False)
    time.sleep(IDLE)
    processes = {"with": romeo.pid, "without": plain.pid}
    before = {name: cost(process) for name, process in processes.items()}
    time.sleep(60)
    after = {name: cost(process) for name, process in processes.items()}
    used = {name: (after[name][0] - before[name][0], (after[name][1] - before[name][1]) / 60)
            for name in processes}
    for name, (seconds, switches) in used.items():
        print(f"idle for 60 s {name} the plugin: {seconds:.2f} s of CPU time, {switches:.1f} switches/s")
    assert used["with"][1] - used["without"][1] <= 2
    assert used["with"][0] - used["without"][0] <= 0.6


def test_no_callback_takes_long(world):
    romeo, juliet = couple(world)
    open_stream(romeo, juliet)
    for i in range(200):
        romeo.press(f"line {i}", "Enter")
    juliet.sees("line 199", 60)
    for who in (romeo, juliet):
        who.quit()
        longest = re.findall(r"longest callback: (\d+) us \((\w+)\)", who.log())
        print(f"{who.name}: {longest}")
        assert longest and int(longest[-1][0]) <= 20000


def surely(who, line, answer):
    """Types until it is answered: under valgrind a key may be lost while a line begins."""
    for _ in range(4):
        who.type(line)
        try:
            return who.sees(answer, 15)
        except Unseen:
            pass
    return who.sees(answer, 1)


def test_valgrind_finds_nothing_of_ours(world):
    assert shutil.which("valgrind"), "valgrind is not installed: third_party/setup --full installs it"
    log = world.server.folder / "valgrind"
    romeo = world.profanity(
        "romeo", online=False, wrapper=["valgrind", "--leak-check=full", "--num-callers=30",
                                        "--keep-debuginfo=yes", f"--log-file={log}"])
    juliet = world.profanity("juliet")
    romeo.sees("logged in successfully", 90)
    surely(romeo, f"/msg {juliet.bare}", f"{juliet.bare} [online]")
    juliet.chat_with(romeo.bare)
    juliet.sees(f"{romeo.bare} [online]", 30)
    surely(romeo, "/e2e set trust tofu", "trust is tofu.")
    juliet.e2e("set trust tofu", "trust is tofu.")
    juliet.e2e("start")
    romeo.sees("offers an encrypted", 60)
    surely(romeo, "/e2e accept", "Accepted the offer")
    for who in (romeo, juliet):
        who.sees("[e2e in-band", 90)
    for i in range(15):
        juliet.type(f"to and {i}")
        romeo.sees(f"to and {i}", 60)
        surely(romeo, f"and fro {i}", f"me: and fro {i}")
    surely(romeo, "/e2e status", "stanzas")
    juliet.e2e("stop")
    for who in (romeo, juliet):
        who.sees_no_more("[e2e in-band", 60)
    romeo.type("/plugins reload balcony.so")
    time.sleep(5)
    surely(romeo, f"/msg {juliet.bare}", f"{juliet.bare} [online]")
    surely(romeo, "/e2e mode auto", "is auto.")
    juliet.e2e("start")
    romeo.sees("[e2e in-band", 60)
    romeo.quit(60)
    blocks = re.split(r"\n==\d+== \n", log.read_text())
    ours = [block for block in blocks if "balcony.so" in block or "profanity_host" in block]
    errors = [block for block in ours if re.search(r"Invalid|uninitialised|mismatched", block)]
    leaks = [block for block in ours if "definitely lost" in block]
    print(f"valgrind: {len(errors)} errors and {len(leaks)} leaks with us in their stack, "
          f"{len(blocks)} reports in all")
    assert not errors and not leaks, "\n\n".join(errors + leaks)[:6000]
