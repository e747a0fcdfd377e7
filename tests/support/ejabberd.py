# SPDX-License-Identifier: MIT
"""A private ejabberd on loopback with a SOCKS5 proxy: own ports, own folder, users at localhost in one
another's roster. It is one Erlang process without a node name, so nothing else is started."""
import pathlib
import shutil
import subprocess
import tempfile
import threading

from prosody import free_port

CONFIG = """
hosts: [localhost]
loglevel: 1
listen:
  - {{ port: {port}, ip: "127.0.0.1", module: ejabberd_c2s, max_stanza_size: 1000000, access: all,
      shaper: none }}
auth_method: internal
modules:
  mod_admin_extra: {{}}
  mod_caps: {{}}
  mod_disco: {{}}
  mod_proxy65: {{ host: proxy.localhost, ip: "127.0.0.1", port: {proxy_port}, shaper: none }}
  mod_roster: {{}}
"""

START = """
{{ok, _}} = application:ensure_all_started(ejabberd),
H = <<"localhost">>,
Users = [{users}],
[ejabberd_auth:try_register(U, H, P) || {{U, P}} <- Users],
[mod_admin_extra:add_rosteritem(A, H, B, H, B, <<>>, <<"both">>)
  || {{A, _}} <- Users, {{B, _}} <- Users, A /= B],
io:format("ready~n").
"""


class Ejabberd:
    """`users` maps names to passwords."""

    def __init__(self, users):
        self.users = users
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="balcony-ejabberd-"))
        self.port, self.proxy_port = free_port(), free_port()
        self.process = None

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def start(self):
        if not shutil.which("ejabberdctl"):
            raise RuntimeError("ejabberd is not installed: third_party/setup --full installs it")
        (self.folder / "ejabberd.yml").write_text(
            CONFIG.format(port=self.port, proxy_port=self.proxy_port))
        users = ", ".join(f'{{<<"{name}">>, <<"{word}">>}}' for name, word in self.users.items())
        libraries = next(pathlib.Path("/usr/lib").glob("*/ejabberd-*")).parent
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "erl", "-noinput", "-mnesia", "dir",
             f'"{self.folder}/data"', "-ejabberd", "config", f'"{self.folder}/ejabberd.yml"',
             "log_path", f'"{self.folder}/ejabberd.log"', "-eval", START.format(users=users)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            cwd=self.folder, start_new_session=True,
            env={"HOME": str(self.folder), "PATH": "/usr/bin:/bin", "ERL_LIBS": str(libraries),
                 "EJABBERD_LOG_PATH": f"{self.folder}/ejabberd.log"})
        watchdog = threading.Timer(60, self.process.kill)
        watchdog.start()
        said = ""
        for line in self.process.stdout:
            said += line.decode(errors="replace")
            if "ready" in said:
                watchdog.cancel()
                return
        self.stop()
        raise RuntimeError("ejabberd did not start:\n" + said[-2000:])

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def received(self):
        return []  # it keeps no log of stanzas
