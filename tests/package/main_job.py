# SPDX-License-Identifier: MIT
"""The installed example says a line to the installed balcony-cli, end to end over a private server, and
gets an answer: main_job.py EXAMPLE. Standard library only; ends with status 0 if all was so."""
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from cli import Cli  # noqa: E402
from prosody import Prosody  # noqa: E402

LINE, ANSWER = "Lady, by yonder blessed moon I vow", "O, swear not by the moon"
USERS = {"romeo": "romeo-secret", "juliet": "juliet-secret"}


def talk(example, server, juliet, folder):
    """What the example prints."""
    juliet.wait_for("online", 20)
    with subprocess.Popen([example, "romeo@localhost/orchard", "juliet@localhost", LINE,
                           str(server.port)], cwd=folder, stdout=subprocess.PIPE, text=True,
                          env={**os.environ, "PASSWORD": USERS["romeo"]}) as romeo:
        try:
            stanza = juliet.wait_for("stanza", 60, via="e2e", xml=lambda xml: LINE in xml)
            juliet.msg(stanza["from"], ANSWER)
            said, _ = romeo.communicate(timeout=60)
        finally:
            romeo.kill()
    assert romeo.returncode == 0, romeo.returncode
    juliet.wait_for("stream", 20, state="closed", reason="success")
    juliet.quit()
    return said.strip()


def main(example):
    with Prosody(USERS) as server, tempfile.TemporaryDirectory() as folder:
        juliet = Cli(["balcony-cli"], "juliet@localhost/balcony", USERS["juliet"], server.address,
                     settings=("mode=auto", "trust=tofu"))
        try:
            said = talk(str(pathlib.Path(example).resolve()), server, juliet, folder)
        finally:
            juliet.stop()
        assert ANSWER in said, said
        assert not server.saw(LINE) and not server.saw(ANSWER), "the server could read it"
    print(said)


main(sys.argv[1])
