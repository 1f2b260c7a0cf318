"""The project's own HAProxy configuration before faces and accounts of a soak: only addresses, and TLS, are other ones."""

import csv
import pathlib
import re
import socket
import subprocess
import time

from fleet import call, free_port

CONFIGURATION = pathlib.Path(__file__).parent.parent / "edge" / "haproxy.cfg"


def adapted(text, public, inner, words, faces, accounts):
    def replace(pattern, with_what):
        nonlocal text
        text, count = re.subn(pattern, with_what, text, flags=re.M)
        if count != 1:
            raise SystemExit(f"haproxy.cfg: {pattern} is there {count} times")

    # Twice as many files, which not every machine allows.
    replace(r"^    maxconn 20000$", "    maxconn 8000")
    replace(r"^    stats socket \S+", f"    stats socket {words}")
    replace(r"^    bind :443 ssl .*$", f"    bind 127.0.0.1:{public}")
    replace(r"^    bind :80\n", "")
    replace(r"^    http-request redirect scheme https .*\n", "")
    replace(r"^    bind 127\.0\.0\.1:8180$", f"    bind 127.0.0.1:{inner}")
    replace(r"^    server face-1 .*$", "\n".join(f"    server face-{n} {address}" for n, address in enumerate(faces, 1)))
    replace(r"^    server account-1 .*$", "\n".join(f"    server account-{n} {address}" for n, address in enumerate(accounts, 1)))
    return text


class Edge:
    def __init__(self, folder, faces, accounts):
        self.port, inner = free_port(), free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.accounts = f"http://127.0.0.1:{inner}"
        path = pathlib.Path(folder) / "haproxy.cfg"
        self.words = str(pathlib.Path(folder) / "haproxy.sock")
        path.write_text(adapted(CONFIGURATION.read_text(), self.port, inner, self.words, faces, accounts))
        self.process = subprocess.Popen(["haproxy", "-db", "-q", "-f", str(path)], stdout=subprocess.DEVNULL)
        time.sleep(0.3)
        if self.process.poll() is not None:
            raise SystemExit("the proxy did not start")

    def ready(self):
        for _ in range(200):
            try:
                if call(self.base, "GET", "/livez", timeout=2)[0] == 200:
                    return
            except OSError:
                pass
            time.sleep(0.1)
        raise SystemExit("the proxy did not become ready")

    def says_up(self, name):
        with socket.socket(socket.AF_UNIX) as words:
            words.settimeout(2)
            words.connect(self.words)
            words.sendall(b"show stat\n")
            said = b""
            while piece := words.recv(65536):
                said += piece
        rows = csv.DictReader(said.decode().removeprefix("# ").splitlines())
        return any(row["svname"] == name and row["status"] == "UP" for row in rows)

    def takes(self, name):
        """Waits until the proxy gives requests to a process again."""
        for _ in range(600):
            if self.says_up(name):
                return
            time.sleep(0.1)
        raise SystemExit(f"the proxy did not take {name} back")

    def stop(self):
        self.process.terminate()
        self.process.wait()
