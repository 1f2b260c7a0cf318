"""Runs the measurements of scripts/bench: starts what is to be measured, takes turns, prints medians and ratios."""

import base64
import hashlib
import hmac
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

import invites

SECRET = "bench-consumer-secret-0123456789abcdef"
BUILT = os.environ.get("BUILT", "target/release")
BIN = f"{BUILT}/msi-gateway"
LOAD = f"{BUILT}/examples/load"
YARDSTICK = f"{BUILT}/examples/yardstick"
REDIS = os.environ["REDIS_URL"]
TURNS = int(os.environ.get("TURNS", "7"))
SECONDS = os.environ.get("SECONDS_A_TURN", "3")
children = []


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def start(arguments, environment=None, ready=None):
    child = subprocess.Popen(arguments, env={**os.environ, **(environment or {})}, stdout=subprocess.PIPE, text=True)
    children.append(child)
    if ready:
        for line in child.stdout:
            if line.startswith(ready):
                return child, line.split()[1]
        sys.exit(f"{arguments[0]} did not start")
    return child, None


def wait_for(url, seconds=30):
    began = time.perf_counter()
    while time.perf_counter() - began < seconds:
        try:
            return urllib.request.urlopen(url, timeout=2).read()
        except OSError:
            time.sleep(0.002)
    sys.exit(f"{url} does not answer")


def call(url, data=None, headers=None):
    request = urllib.request.Request(url, data=data, headers=headers or {})
    return urllib.request.urlopen(request, timeout=20).read().decode()


def run_load(*arguments):
    line = subprocess.run([LOAD, *map(str, arguments)], check=True, capture_output=True, text=True).stdout
    return {key: float(value) for key, value in (pair.split("=") for pair in line.split())}


def median(samples):
    return {key: statistics.median(sample[key] for sample in samples) for key in samples[0]}


def row(name, figures):
    print(f"  {name:<28} {figures['requests_per_second']:>9.0f} req/s  {figures['cpu_us']:>7.1f} us CPU  "
          f"p50 {figures['p50_ms']:>6.2f} ms  p99 {figures['p99_ms']:>6.2f} ms  {figures['rss_mb']:>6.1f} MB  {figures['bad']:.0f} not 200")


def envelope(org, instance_url, record):
    """About 4 KB, as with a record of some fields; {n} becomes a number of its own in each request."""
    fields = {f"Field_{n}__c": f"value {n} of a record that the page shows" for n in range(28)}
    links = {name: f"/services/data/v67.0/{name}" for name in ("enterpriseUrl", "metadataUrl", "partnerUrl", "queryUrl", "restUrl", "searchUrl", "sobjectUrl", "userUrl")}
    return json.dumps({
        "algorithm": "HMACSHA256", "issuedAt": None, "userId": "005000000000001EAA",
        "client": {"refreshToken": None, "instanceId": "_:Msi:1", "targetOrigin": "https://acme.lightning.force.com", "instanceUrl": instance_url, "oauthToken": "00D!{n}"},
        "context": {
            "user": {"userId": "005000000000001EAA", "userName": "rep@example.com", "fullName": "A Rep", "language": "en_US", "locale": "en_US", "timeZone": "Europe/Berlin", "userType": "STANDARD"},
            "organization": {"organizationId": org, "name": "Acme", "multicurrencyEnabled": False, "namespacePrefix": None, "currencyIsoCode": "EUR"},
            "application": {"name": "MSI", "canvasUrl": "https://msi.example.com/canvas", "applicationId": "06P000000000001EAA", "version": "1.0.0", "authType": "SIGNED_REQUEST", "developerName": "MSI", "options": [], "namespace": ""},
            "environment": {"referer": None, "locationUrl": "https://acme.lightning.force.com/x", "displayLocation": "Aura", "uiTheme": "Theme4d", "parameters": {"recordId": record, "object": "Lead"},
                            "dimensions": {"width": "800px", "height": "450px", "maxWidth": "1000px", "maxHeight": "2000px", "clientWidth": "800px", "clientHeight": "450px"},
                            "record": {"attributes": {"type": "Lead", "url": f"/services/data/v67.0/sobjects/Lead/{record}"}, "Id": record, **fields}, "version": {"season": "WINTER", "api": "67.0"}},
            "links": links,
        },
    }, separators=(",", ":"))


def signed(text):
    encoded = base64.b64encode(text.replace("{n}", "first").encode()).decode()
    tag = base64.b64encode(hmac.new(SECRET.encode(), encoded.encode(), hashlib.sha256).digest()).decode()
    return urllib.parse.urlencode({"signed_request": f"{tag}.{encoded}"}).encode()


class House:
    """The gateway on Redis and SQLite against the emulated systems, with a person to show."""

    def __init__(self, people=300, environment=None, sandbox=None):
        self.folder = tempfile.TemporaryDirectory()
        self.sandbox = sandbox or start([BIN, "sandbox", "--port", "0", "--people", str(people)], {"MSI__CANVAS__CONSUMER_SECRETS": SECRET}, "ready")[1]
        world = json.loads(wait_for(f"{self.sandbox}/_control/world"))
        port, account = free_port(), free_port()
        self.base = f"http://127.0.0.1:{port}"
        host = self.sandbox.removeprefix("http://")
        self.environment = {
            "MSI__CANVAS__CONSUMER_SECRETS": SECRET, "MSI__REDIS__URL": REDIS, "MSI__DATABASE__URL": f"sqlite://{self.folder.name}/bench.db",
            "MSI__GATEWAY__LISTEN": f"127.0.0.1:{port}", "MSI__GATEWAY__PUBLIC_URL": self.base, "MSI__ACCOUNT__LISTEN": f"127.0.0.1:{account}", "MSI__ACCOUNT__URL": f"http://127.0.0.1:{account}",
            "MSI__GATEWAY__TOKEN_KEY": "1" * 64, "MSI__ACCOUNT__KEY": "2" * 64, "MSI__SECRETS__SEALING_KEY": "3" * 64, "MSI__LOG__FILTER": "error",
            "MSI__MARKETO__EXTRA_HOSTS": host, "MSI__SALESFORCE__EXTRA_HOSTS": host, "MSI__MARKETO__BULK_POLL_SECONDS": "1", "MSI__GATEWAY__FRAGMENT_SECONDS": "60", "MSI__GATEWAY__WORKERS": "2",
            **(environment or {}),
        }
        salesforce, marketo = world["salesforce"], world["marketo"]
        self.org, self.instance_url = salesforce["org_id"], salesforce["instance_url"]
        told = self.admin("org", "--name", "Bench", "--org-id", self.org, "--instance-url", self.instance_url, "--frame", "https://acme.lightning.force.com")
        self.account = told.strip().split("=")[1]
        self.marketo = marketo

    def admin(self, *words):
        return subprocess.run([BIN, "admin", *words], env={**os.environ, **self.environment}, check=True, capture_output=True, text=True).stdout

    def connect(self):
        secret = os.path.join(self.folder.name, "secret")
        with open(secret, "w", encoding="utf-8") as file:
            file.write(self.marketo["client_secret"])
        self.admin("marketo", "--account", self.account, "--endpoint", self.marketo["url"], "--client-id", self.marketo["client_id"], "--client-secret-file", secret)

    def serve(self, *roles):
        """Each role in a process of its own; what is measured is the last one."""
        *others, measured = roles
        for role in others:
            start([BIN, role], self.environment)
        if "account" in others:
            wait_for(f"{self.environment['MSI__ACCOUNT__URL']}/readyz")
        began = time.perf_counter()
        self.process, _ = start([BIN, measured], self.environment)
        wait_for(f"{self.base}/readyz")
        self.ready_ms = (time.perf_counter() - began) * 1000

    def stop(self):
        self.process.terminate()
        self.process.wait()

    def record(self):
        """Somebody with a long story."""
        page = call(f"{self.sandbox}/salesforce/").split("Worth a look")[1]
        return re.search(r"/lightning/r/Lead/([0-9A-Za-z]{18})/view", page).group(1)

    def open_panel(self, text):
        page = call(f"{self.base}/canvas", signed(text), {"Accept": "text/html", "Content-Type": "application/x-www-form-urlencoded"})
        island = page.split('id="panel-config">')[1].split("</script>")[0]
        return page, json.loads(island)["token"]


def beside(name, ours, theirs):
    """Takes turns, so that the machine's moods fall on both."""
    mine, yardstick = [], []
    for _ in range(TURNS):
        yardstick.append(theirs())
        mine.append(ours())
    mine, yardstick = median(mine), median(yardstick)
    row("yardstick (by hand)", yardstick)
    row(name, mine)
    return mine, yardstick


def finish(ours, yardstick, more):
    bad = ours["bad"]
    print(f"cpu_ratio={ours['cpu_us'] / yardstick['cpu_us']:.2f} requests_per_second={ours['requests_per_second']:.0f} cpu_us={ours['cpu_us']:.1f} yardstick_cpu_us={yardstick['cpu_us']:.1f} "
          f"p50_ms={ours['p50_ms']:.2f} p99_ms={ours['p99_ms']:.2f} rss_mb={ours['rss_mb']:.1f} not_2xx={bad:.0f} {more}")


def canvas():
    house = House()
    house.serve("account", "gateway")
    template = envelope(house.org, house.instance_url, house.record())
    file = os.path.join(house.folder.name, "envelope.json")
    with open(file, "w", encoding="utf-8") as out:
        out.write(template)
    page, _ = house.open_panel(template)
    port = free_port()
    yardstick, _ = start([YARDSTICK, str(port), REDIS, SECRET, str(len(page))])
    time.sleep(0.5)
    print(f"POST /canvas, 64 connections, {TURNS} turns of {SECONDS} s each, page of {len(page)} bytes, envelope of {len(template)} bytes of JSON; ready after {house.ready_ms:.0f} ms")
    ours, theirs = beside(
        "msi-gateway",
        lambda: run_load("canvas", f"{house.base}/canvas", house.process.pid, SECRET, file, 64, SECONDS),
        lambda: run_load("canvas", f"http://127.0.0.1:{port}/canvas", yardstick.pid, SECRET, file, 64, SECONDS),
    )
    many = run_load("canvas", f"{house.base}/canvas", house.process.pid, SECRET, file, 256, SECONDS)
    row("msi-gateway, 256 connections", many)
    micro = run_load("micro", SECRET, file)
    print(f"  the check alone: HMAC {micro['hmac_us']} us, whole check {micro['check_us']} us, a forged one {micro['forged_us']} us")
    finish(ours, theirs, f"rss_mb_256={many['rss_mb']:.1f} not_2xx_256={many['bad']:.0f} ready_ms={house.ready_ms:.0f} check_ratio={micro['check_ratio']} forged_ratio={micro['forged_ratio']}")


def panel():
    house = House()
    house.connect()
    house.serve("account", "worker", "gateway")
    template = envelope(house.org, house.instance_url, house.record())
    _, token = house.open_panel(template)
    headers = {"Authorization": f"Bearer {token}", "Accept": "text/html"}
    for _ in range(120):
        fragment = call(f"{house.base}/panel/tab/email", headers=headers)
        if 'class="row"' in fragment and "data-retry-after" not in fragment:
            break
        time.sleep(0.5)
    port = free_port()
    yardstick, _ = start([YARDSTICK, str(port), REDIS, SECRET, str(len(fragment))])
    time.sleep(0.5)
    claims = base64.urlsafe_b64encode(json.dumps({"sub": "u", "exp": int(time.time()) + 3600}).encode()).decode().rstrip("=")
    head = base64.urlsafe_b64encode(b'{"typ":"JWT","alg":"HS256"}').decode().rstrip("=")
    tag = base64.urlsafe_b64encode(hmac.new(SECRET.encode(), f"{head}.{claims}".encode(), hashlib.sha256).digest()).decode().rstrip("=")
    print(f"GET /panel/tab/email from cache, 64 connections, {TURNS} turns of {SECONDS} s each, fragment of {len(fragment)} bytes")
    ours, theirs = beside(
        "msi-gateway",
        lambda: run_load("get", f"{house.base}/panel/tab/email", house.process.pid, token, 64, SECONDS),
        lambda: run_load("get", f"http://127.0.0.1:{port}/panel", yardstick.pid, f"{head}.{claims}.{tag}", 64, SECONDS),
    )
    many = run_load("get", f"{house.base}/panel/tab/email", house.process.pid, token, 256, SECONDS)
    row("msi-gateway, 256 connections", many)
    finish(ours, theirs, f"rss_mb_256={many['rss_mb']:.1f} not_2xx_256={many['bad']:.0f}")


if __name__ == "__main__":
    try:
        {"canvas": canvas, "panel": panel, "invites": lambda: invites.measure(House)}[sys.argv[1]]()
    finally:
        for child in children:
            child.terminate()
        for child in children:
            child.wait()
