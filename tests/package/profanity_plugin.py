# SPDX-License-Identifier: MIT
"""A Profanity that knows nothing of the plugin installs it by its name, as the README says."""
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

from profanity import Profanity  # noqa: E402

client = Profanity("romeo", "secret", 5222, None, autoload=False, connect=False)
try:
    client.sees("Type '/help' to show complete help")
    client.type("/plugins install balcony.so")
    client.sees("Plugin installed and loaded: balcony.so")
    client.type("/help e2e")
    client.sees("/e2e start [CONTACT] [METHOD]")
    client.quit()
    print("Plugin installed and loaded: balcony.so")
finally:
    client.stop()
