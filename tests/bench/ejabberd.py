# SPDX-License-Identifier: MIT
"""A private ejabberd on loopback, without limits: own port, own folder, romeo and juliet at localhost in
one another's roster. It is one Erlang process without a node name, so nothing else is started."""
import pathlib
import shutil
import socket
import subprocess
import tempfile
import threading

CONFIG = """
hosts: [localhost]
loglevel: 1
listen:
  - {{ port: {port}, ip: "127.0.0.1", module: ejabberd_c2s, max_stanza_size: 1000000, access: all,
      shaper: none }}
auth_method: internal
modules:
  mod_admin_extra: {{}}
  mod_disco: {{}}
  mod_roster: {{}}
"""

START = """
{ok, _} = application:ensure_all_started(ejabberd),
Host = <<"localhost">>,
[ejabberd_auth:try_register(U, Host, <<"secret">>) || U <- [<<"romeo">>, <<"juliet">>]],
[mod_admin_extra:add_rosteritem(A, Host, B, Host, B, <<>>, <<"both">>)
  || {A, B} <- [{<<"romeo">>, <<"juliet">>}, {<<"juliet">>, <<"romeo">>}]],
io:format("ready~n").
"""


class Ejabberd:
    name = "ejabberd"

    def __enter__(self):
        if not shutil.which("ejabberdctl"):
            raise RuntimeError("ejabberd is not installed: third_party/setup --full installs it")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="balcony-ejabberd-"))
        (self.folder / "ejabberd.yml").write_text(CONFIG.format(port=self.port))
        libraries = next(pathlib.Path("/usr/lib").glob("*/ejabberd-*")).parent
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "erl", "-noinput", "-mnesia", "dir",
             f'"{self.folder}/data"', "-ejabberd", "config", f'"{self.folder}/ejabberd.yml"',
             "log_path", f'"{self.folder}/ejabberd.log"', "-eval", START],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            cwd=self.folder, start_new_session=True,
            env={"HOME": str(self.folder), "PATH": "/usr/bin:/bin", "ERL_LIBS": str(libraries),
                 "EJABBERD_LOG_PATH": f"{self.folder}/ejabberd.log"})
        watchdog = threading.Timer(60, self.process.kill)
        watchdog.start()
        said = ""
        for line in self.process.stdout:
            said += line.decode(errors="replace")
            if "ready" in line.decode(errors="replace"):
                watchdog.cancel()
                return self
        self.__exit__()
        raise RuntimeError("ejabberd did not start:\n" + said[-2000:])

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
