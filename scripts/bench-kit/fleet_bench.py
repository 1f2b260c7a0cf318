"""One of each beside three faces, two accounts and two workers, behind the project's own proxy, on PostgreSQL and Redis; and what each
kind of work costs each part, from which anybody can reckon what a bigger installation needs."""

import glob
import json
import os
import pathlib
import socket
import subprocess
import sys
import time
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "soak-kit"))
from edge import Edge  # noqa: E402
from fleet import Fleet, call, free_port  # noqa: E402
from processes import Quota, cpu_seconds, resident_mb  # noqa: E402
from reps import Reps, delivered  # noqa: E402

SECONDS = int(os.environ.get("SECONDS_A_TURN", "15"))
# Of a core; so that what several processes add is not hidden by a machine with two.
QUOTA = int(os.environ.get("QUOTA", "5"))
FEEDS = int(os.environ.get("FEEDS", "300"))
CALLS_A_SECOND = 120
# The proxy lets 40 addresses ask 1,600 times a second.
REQUESTS_A_SECOND = 900


def postgres_pids():
    master = pathlib.Path(os.environ["POSTGRES_DATA"], "postmaster.pid").read_text().split()[0]
    pids = [master]
    for path in glob.glob("/proc/[0-9]*/stat"):
        try:
            fields = pathlib.Path(path).read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if fields[1] == master:
            pids.append(path.split("/")[2])
    return pids


def total(pids):
    used = 0.0
    for pid in pids:
        try:
            used += cpu_seconds(pid)
        except OSError:
            pass
    return used


class Many:
    """So many faces, accounts and workers, and what they used of the machine."""

    def __init__(self, faces, accounts, workers, percent=None, fragment_seconds=1):
        # A database for each.
        url, name = os.environ["POSTGRES_URL"], f"of_{faces}_{accounts}_{workers}_{percent or 0}"
        subprocess.run(["psql", "--quiet", url, "-c", f"CREATE DATABASE {name}"], check=True)
        self.fleet = Fleet(2000, 6, 4, {
            "MSI__DATABASE__URL": url.rsplit("/", 1)[0] + f"/{name}",
            "MSI__GATEWAY__TRUSTED_PROXIES": "127.0.0.1", "MSI__GATEWAY__WORKERS": "1", "MSI__MARKETO__POLL_SECONDS": "600",
            "MSI__GATEWAY__FRAGMENT_SECONDS": str(fragment_seconds), "MSI__DATABASE__CONNECTIONS": "16"})
        fleet = self.fleet
        face_addresses, account_addresses = ([f"127.0.0.1:{free_port()}" for _ in range(count)] for count in (faces, accounts))
        self.edge = Edge(fleet.folder.name, face_addresses, account_addresses)
        fleet.environment["MSI__ACCOUNT__URL"] = fleet.account = self.edge.accounts
        for number, address in enumerate(account_addresses, 1):
            fleet.start(f"account-{number}", "account", {"MSI__ACCOUNT__LISTEN": address})
            fleet.ready(f"http://{address}")
        for number in range(1, workers + 1):
            fleet.start(f"worker-{number}", "worker")
        fleet.ready()
        self.member = fleet.settle_in()
        for number, address in enumerate(face_addresses, 1):
            fleet.start(f"face-{number}", "gateway", {"MSI__GATEWAY__LISTEN": address})
            fleet.ready(f"http://{address}")
        self.edge.ready()
        time.sleep(2.5)
        self.quotas = []
        for name, process in fleet.processes.items():
            if percent:
                self.quotas.append(Quota(name, percent))
                self.quotas[-1].take(process.pid)
        self.limited = bool(self.quotas) and all(quota.works for quota in self.quotas)
        self.reps = Reps(fleet, self.edge.base, fleet.records(300), fleet.api_token(self.member), 40)

    def pids(self):
        roles = {"face": [], "account": [], "worker": []}
        for name, process in self.fleet.processes.items():
            roles[name.split("-")[0]].append(process.pid)
        return {**roles, "PostgreSQL": postgres_pids(), "Redis": [self.fleet.redis.pid], "proxy": [self.edge.process.pid]}

    def used(self, during):
        """CPU seconds of each part while something goes on, and what it gave."""
        pids = self.pids()
        before = {part: total(of_it) for part, of_it in pids.items()}
        begun = time.time()
        gave = during()
        took = time.time() - begun
        return {part: total(of_it) - before[part] for part, of_it in pids.items()}, took, gave

    def feeds(self, count):
        """Opens so many lead feeds of reps whose page stays open."""
        envelope = self.fleet.envelope(None, "feeds", None)
        page = call(self.edge.base, "POST", "/canvas", urllib.parse.urlencode({"signed_request": self.fleet.signed(envelope)}),
                    {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"})[2]
        token = json.loads(page.split('id="panel-config">')[1].split("</script>")[0])["token"]
        url = urllib.parse.urlsplit(self.edge.base)
        request = f"GET /panel/feed HTTP/1.1\r\nHost: {url.netloc}\r\nAuthorization: Bearer {token}\r\nAccept: text/event-stream\r\n\r\n".encode()
        lines = []
        for number in range(count):
            line = socket.create_connection((url.hostname, url.port), 10, (f"127.0.3.{number % 250 + 1}", 0))
            line.sendall(request)
            if b" 200 " not in line.recv(4096).split(b"\r\n")[0]:
                raise SystemExit("a feed was refused")
            lines.append(line)
        return lines

    def stop(self):
        self.edge.stop()
        self.fleet.stop()
        time.sleep(0.2)
        for quota in self.quotas:
            quota.end()


def several():
    """Requests a second of each form, every process kept to the same share of a core."""
    found = {}
    for faces, accounts, workers in ((1, 1, 1), (3, 2, 2)):
        many = Many(faces, accounts, workers, QUOTA)
        try:
            many.reps.work(4, call_every=100)
            used, took, worked = many.used(lambda: many.reps.work(SECONDS, call_every=100))
            lost, doubled = delivered(many.fleet, many.member, many.reps.calls, 120)
            if worked["bad"] or lost or doubled:
                raise SystemExit(f"{worked['what']}; {lost} calls lost, {doubled} doubled")
            counts = {"face": faces, "account": accounts, "worker": workers}
            shares = ", ".join(f"{part} {100 * seconds / took:.0f} %" + (f" of {counts[part] * QUOTA} %" if part in counts else "") for part, seconds in used.items())
            print(f"  {faces} + {accounts} + {workers}: {worked['requests_per_second']:6.0f} requests a second, p50 {worked['p50_ms']:.0f} ms, p99 {worked['p99_ms']:.0f} ms; of a core: {shares}"
                  + ("" if many.limited else " (not limited: no control groups)"), flush=True)
            found[(faces, accounts, workers)] = worked["requests_per_second"]
        finally:
            many.stop()
    return found[(3, 2, 2)] / found[(1, 1, 1)]


def costs():
    """Microseconds of each part for a visit, for a call noted and carried on, and for a lead feed's second."""
    many = Many(1, 1, 1)
    table = {}
    try:
        reps = many.reps
        reps.work(4, REQUESTS_A_SECOND)
        idle, took, _ = many.used(lambda: time.sleep(SECONDS))
        idle = {part: seconds / took for part, seconds in idle.items()}

        def beyond_idle(during):
            used, took, gave = many.used(during)
            return {part: 1e6 * max(0.0, seconds - idle[part] * took) for part, seconds in used.items()}, took, gave

        reps.api_token = ""
        used, _, worked = beyond_idle(lambda: reps.work(SECONDS, REQUESTS_A_SECOND))
        if worked["bad"]:
            raise SystemExit(worked["what"])
        table["a visit, nothing cached"] = {part: micros / worked["visits"] for part, micros in used.items()}
        # A program may not ask more than 20 times a second.
        tokens = [many.fleet.api_token(many.member) for _ in range(CALLS_A_SECOND // 15)]
        reps.api_token = ",".join(tokens)

        def calls():
            worked = reps.work(SECONDS, CALLS_A_SECOND, every=1, call_every=0)
            delivered(many.fleet, many.member, reps.calls, 300)
            return worked

        used, _, worked = beyond_idle(calls)
        table["a call noted and carried on"] = {part: micros / worked["calls"] for part, micros in used.items()}
        before = sum(resident_mb(pid) for pid in many.pids()["face"])
        lines = many.feeds(FEEDS)
        time.sleep(5)
        used, took, _ = beyond_idle(lambda: time.sleep(2 * SECONDS))
        table["a lead feed, each second"] = {part: micros / took / FEEDS for part, micros in used.items()}
        feed_kb = 1024 * (sum(resident_mb(pid) for pid in many.pids()["face"]) - before) / FEEDS
        for line in lines:
            line.close()
    finally:
        many.stop()
    parts = list(next(iter(table.values())))
    print("  microseconds of CPU          " + "".join(f"{part:>12}" for part in parts))
    for what, row in table.items():
        print(f"  {what:28} " + "".join(f"{row[part]:12.0f}" for part in parts))
    print(f"  a lead feed holds {feed_kb:.0f} KB of a face's memory")
    return table


def main():
    ratio = "" if sys.argv[1:] == ["costs"] else f"throughput_ratio={several():.2f} "
    visit, noted, feed = (sum(row.values()) for row in costs().values())
    print(f"{ratio}visit_us={visit:.0f} call_us={noted:.0f} feed_us_per_second={feed:.0f}")


main()
