"""The project's own HAProxy configuration before faces and accounts of a soak: only addresses, and TLS, are other ones."""

import pathlib
import re
import subprocess
import time

from fleet import call, free_port

CONFIGURATION = pathlib.Path(__file__).parent.parent / "edge" / "haproxy.cfg"


def adapted(text, public, inner, faces, accounts):
    def replace(pattern, with_what):
        nonlocal text
        text, count = re.subn(pattern, with_what, text, flags=re.M)
        if count != 1:
            raise SystemExit(f"haproxy.cfg: {pattern} is there {count} times")

    # Twice as many files, which not every machine allows.
    replace(r"^    maxconn 20000$", "    maxconn 8000")
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
        path.write_text(adapted(CONFIGURATION.read_text(), self.port, inner, faces, accounts))
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

    def stop(self):
        self.process.terminate()
        self.process.wait()
