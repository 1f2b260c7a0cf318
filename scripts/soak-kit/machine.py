"""The machine fails: its disk is full, files can't be written, descriptors run out, the clock is set. Nothing that was acknowledged may
be lost or done twice, every request is answered, and all is well again by itself."""

import argparse
import collections
import os
import socket
import sqlite3
import threading
import time

from actions import CAMPAIGN_WRITE, MARKETO_WRITE, SALESFORCE_WRITE
from faults import Broken, Clock, Disk, allow, descriptors
from fleet import Fleet, free_port
from visitors import Crowd

# What may be said meanwhile: not now (503), not so many at once (429). Where the clock is wrong, also that a session or a token has
# ended (401), that a signed request is too old or too new (403), or can't be checked (409).
NOT_NOW, OF_TIME = {429, 503}, {401, 403, 409}
HOUR, DAY = 3600, 86400
# While a process is dead nobody listens.
OF_DEATH = {0, "ConnectionRefusedError", "ConnectionResetError", "RemoteDisconnected"}
# Connections that say nothing.
IDLE = 150


# What is tried in short.
SHORT = {"disk full", "fsync fails", "no descriptors", "all +1 h", "all +40 d, dies", "face +1 h", "account -1 h", "worker +40 d, dies"}


class Keeper(threading.Thread):
    """Starts processes again that ended, as whoever runs them in earnest does."""

    def __init__(self, fleet, roles):
        super().__init__(daemon=True)
        self.fleet, self.roles, self.ended, self.over = fleet, roles, collections.Counter(), threading.Event()

    def run(self):
        while not self.over.wait(0.5):
            for name, role in self.roles.items():
                process = self.fleet.processes.get(name)
                if process and process.poll() is not None:
                    self.ended[name] += 1
                    self.fleet.start(name, role)


class Fault:
    def __init__(self, name, begin, end, excuses=NOT_NOW, felt=lambda crowd: True, most=3600):
        self.name, self.begin, self.end, self.excuses, self.felt, self.most = name, begin, end, excuses, felt, most


def put_off(crowd):
    return any(status in NOT_NOW for _, status in crowd.refused())


def sessions_ended(crowd):
    return any(status in OF_TIME for _, status in crowd.refused())


def of_disk(disk, broken):
    """Faults that a program with a database of its own notices."""
    faults = [Fault("disk full", disk.fill, disk.empty, felt=put_off)]
    for deed in ("fsync", "write", "read"):
        faults.append(Fault(f"{deed} fails", lambda deed=deed: broken.set(deed), lambda: broken.set(None), felt=put_off))
    return faults


def of_descriptors(fleet, name, address, crowd):
    """Others take up what descriptors there are, and say nothing; reps who come meanwhile wait in line."""
    idle = []

    def begin():
        process = fleet.processes[name]
        allow(process, descriptors(process) + 4)
        host, port = address.split(":")
        for _ in range(IDLE):
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex((host, int(port)))
            idle.append(one)
        crowd().hung_up += 1

    def end():
        allow(fleet.processes[name], 1024)
        while idle:
            idle.pop().close()

    return Fault("no descriptors", begin, end, most=6)


def of_clock(fleet, clock, name, role, faces_reps):
    """The clock is set, and set right again; or the process dies before, and all it wrote is from a time that has not come."""
    def right_again(killed):
        if killed:
            fleet.kill(name)
        clock.set(0)
        if killed:
            fleet.start(name, role)

    felt = sessions_ended if faces_reps else lambda crowd: True
    return [
        Fault(f"{name} {label}", lambda by=by: clock.set(by), lambda killed=killed: right_again(killed),
              NOT_NOW | OF_TIME | (OF_DEATH if killed else set()), felt)
        for label, by, killed in (("+1 h", HOUR, False), ("-1 h", -HOUR, False), ("+40 d", 40 * DAY, False), ("+40 d, dies", 40 * DAY, True))
    ]


class Round:
    """Faults one after the other, while reps work."""

    def __init__(self, fleet, crowd, keeper, chosen):
        self.fleet, self.crowd, self.keeper, self.chosen = fleet, crowd, keeper, chosen
        self.acknowledged = []
        self.requests = self.late = self.wrong = self.unrecovered = self.count = 0

    def suffer(self, fault):
        crowd, ended = self.crowd, sum(self.keeper.ended.values())
        crowd.clear()
        fault.begin()
        time.sleep(min(self.chosen.seconds, fault.most))
        fault.end()
        felt, meanwhile, acknowledged = fault.felt(crowd), collections.Counter(), len(crowd.acknowledged)
        for (_, status), count in crowd.refused().items():
            meanwhile[status] += count
        begun, calm = time.time(), 0
        # Well again: for two seconds nobody is refused, and something was acknowledged since.
        while time.time() - begun < 45 and (calm < 2 or len(crowd.acknowledged) == acknowledged):
            before = sum(crowd.refused().values())
            time.sleep(1)
            calm = calm + 1 if sum(crowd.refused().values()) == before else 0
        is_well = calm >= 2 and len(crowd.acknowledged) > acknowledged
        again = time.time() - begun - 2
        bad = {key: count for key, count in {**crowd.refused(), **crowd.odd}.items() if key[1] not in fault.excuses}
        wrong = sum(bad.values())
        print(f"  {fault.name:22} {crowd.requests:8} {acknowledged:6} {crowd.late:5} {wrong:5} {crowd.quantile(1) * 1000:6.0f} ms "
              f" {dict(meanwhile)}; well again after {again:.0f} s{'' if is_well else ': NOT'}; ended {sum(self.keeper.ended.values()) - ended}"
              + ("" if felt else "; nobody noticed it")
              + (f"  {bad} {[crowd.examples.get(key) for key in bad]}" if wrong else ""), flush=True)
        self.count += 1
        self.requests, self.late = self.requests + crowd.requests, self.late + crowd.late
        self.wrong, self.unrecovered = self.wrong + wrong + (not felt), self.unrecovered + (not is_well)
        self.acknowledged += crowd.acknowledged

    def end(self, member):
        """How many of the calls that were acknowledged are missing, and how many are there twice."""
        self.crowd.stop()
        self.acknowledged += self.crowd.acknowledged
        lost = self.fleet.lost_calls(member, self.acknowledged, 60)
        if lost:
            now = time.time() * 1000
            for one in self.fleet.ask(member, "GET", "/v1/deliveries?state=open&limit=50")[2]["items"]:
                print(f"    {one['target']} {one['state']} {one.get('code')} attempts {one['attempts']} next in {(one['next_at'] - now) / 1000:.0f} s")
        time.sleep(2)
        written = collections.Counter(
            one["attributes"]["Sales Call Subject"] for one in self.fleet.control("GET", "/written")["marketo"]
            if one["type_name"].startswith("Received Sales Call"))
        return lost, sum(count - 1 for count in written.values())


def integrity(path):
    with sqlite3.connect(path, timeout=10) as database:
        return [row[0] for row in database.execute("pragma integrity_check")]


def break_writes(fleet):
    """Answers of other systems are lost, and what was asked is done late: what is sent without asking first is there twice."""
    for path in (MARKETO_WRITE, SALESFORCE_WRITE, CAMPAIGN_WRITE):
        for fault in ({"drop_after_bytes": 0, "percent": 15}, {"commit_after_ms": 1600, "percent": 15}):
            fleet.control("POST", "/faults", {"prefix": path, **fault})


def preload(*parts):
    """The environment of a process to which several of these happen."""
    environment = {"LD_PRELOAD": ":".join(part.library for part in parts)}
    for part in parts:
        environment.update(part.environment)
    return environment


def round_of(chosen, label, database, roles, faults_of):
    """One way of running the program: `roles` by name, and what happens to them."""
    fleet = Fleet(240, 6, 4, {
        "MSI__DATABASE__URL": database, "MSI__GATEWAY__WORKERS": "1", "MSI__GATEWAY__TRUSTED_PROXIES": "127.0.0.1",
        "MSI__GATEWAY__FRAGMENT_SECONDS": "1", "MSI__MARKETO__POLL_SECONDS": "5", "MSI__DELIVERY__CALL_SECONDS": "1",
        "MSI__SALESFORCE__TIMEOUT_SECONDS": "3", "MSI__LOG__FILTER": "info"})
    crowd = keeper = None
    try:
        face = f"127.0.0.1:{free_port()}"
        fleet.logs = os.environ["SOAK_DISK"]
        # Each face remembers for itself: what a lost Redis does is another soak's affair.
        del fleet.environment["MSI__REDIS__URL"]
        own, faults = faults_of(fleet, face)
        for name, role in roles.items():
            fleet.start(name, role, {**own.get(name, {}), "MSI__GATEWAY__LISTEN": face})
        fleet.ready()
        fleet.ready(f"http://{face}")
        member = fleet.settle_in()
        break_writes(fleet)
        crowd = fleet.crowd = Crowd(fleet, f"http://{face}", fleet.named_records(60), chosen.rate, size=30, api_token=fleet.api_token(member))
        keeper = Keeper(fleet, roles)
        crowd.start()
        time.sleep(3)
        if crowd.refused() or crowd.odd:
            raise SystemExit(f"before anything failed: {crowd.refused()} {dict(crowd.odd)} {crowd.examples}")
        keeper.start()
        print(f"  {label:22} requests    acks  late wrong   slowest  refused meanwhile")
        whole = Round(fleet, crowd, keeper, chosen)
        for fault in faults:
            if chosen.only in fault.name if chosen.only or not chosen.short else fault.name in SHORT:
                whole.suffer(fault)
        lost, doubled = whole.end(member)
        print(f"  {len(set(whole.acknowledged))} calls were acknowledged: {lost} lost, {doubled} doubled", flush=True)
        return whole, lost, doubled
    finally:
        if keeper:
            keeper.over.set()
            keeper.join()
        if crowd:
            crowd.over.set()
        fleet.stop()


def alone(chosen, disk):
    """Everything in one process, with a file."""
    path = disk.folder / "soak.db"
    broken = Broken(disk.folder, path)

    def faults(fleet, face):
        clock = Clock(disk.folder, "all")
        return {"all": preload(broken, clock)}, [
            *of_disk(disk, broken), of_descriptors(fleet, "all", face, lambda: fleet.crowd), *of_clock(fleet, clock, "all", "serve", True)]

    whole, lost, doubled = round_of(chosen, "one process, SQLite", f"sqlite://{path}", {"all": "serve"}, faults)
    said = integrity(path)
    print(f"  integrity check: {', '.join(said)}")
    return whole, lost, doubled, said != ["ok"]


def apart(chosen, disk):
    """Each role in a process of its own, with a server, whose disk is full as well."""
    def faults(fleet, face):
        clocks = {name: Clock(disk.folder, name) for name in ("face", "account", "worker")}
        roles = {"face": "gateway", "account": "account", "worker": "worker"}
        faults = [Fault("disk full", disk.fill, disk.empty)]
        for name, clock in clocks.items():
            faults += of_clock(fleet, clock, name, roles[name], name == "face")
        return {name: preload(clock) for name, clock in clocks.items()}, faults

    roles = {"account": "account", "worker": "worker", "face": "gateway"}
    return *round_of(chosen, "apart, PostgreSQL", os.environ["POSTGRES_URL"], roles, faults), False


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--seconds", type=int, help="for which each fault lasts")
    parser.add_argument("--only", default="", help="only faults whose name has this in it")
    parser.add_argument("--way", choices=["alone", "apart"], help="only this way of running the program")
    chosen = parser.parse_args()
    chosen.seconds = chosen.seconds or (3 if chosen.short else 12)
    chosen.rate = 40
    disk, outcomes = Disk(), []
    for name, way in (("alone", alone), ("apart", apart)):
        if chosen.way in (None, name):
            outcomes.append(way(chosen, disk))
    lost, doubled, corrupt = (sum(outcome[place] for outcome in outcomes) for place in (1, 2, 3))
    late, wrong, unrecovered, faults = (
        sum(getattr(outcome[0], what) for outcome in outcomes) for what in ("late", "wrong", "unrecovered", "count"))
    print(f"faults={faults} lost={lost} doubled={doubled} late={late} wrong={wrong + corrupt} unrecovered={unrecovered}", flush=True)
    if lost or doubled or late or wrong or corrupt or unrecovered:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
