"""scripts/bench sync: the first load, changes and views against the emulated Marketo, beside the floors in the same run."""

import argparse
import concurrent.futures
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request

import measure
from measure import House, call, children, envelope, signed

INGEST = f"{measure.BUILT}/examples/ingest"
HZ = os.sysconf("SC_CLK_TCK")
# The emulated Marketo's pace is set aside: how many calls there are is measured, and how fast the house is, not how long it waits.
UNHURRIED = {"calls_per_window": 100_000, "in_flight": 100, "calls_per_day": 10_000_000, "export_bytes_per_day": 50_000_000_000, "job_ms": 300}
HURRIED = {"MSI__MARKETO__CALLS_PER_WINDOW": "50000", "MSI__MARKETO__CONCURRENT_CALLS": "10", "MSI__MARKETO__DAILY_CALLS": "1000000",
           "MSI__MARKETO__BULK_POLL_SECONDS": "1", "MSI__MARKETO__HISTORY_DAYS": "1", "MSI__REDIS__URL": ""}


def post(url, body, method="POST"):
    request = urllib.request.Request(url, data=json.dumps(body).encode(), headers={"Content-Type": "application/json"}, method=method)
    return urllib.request.urlopen(request, timeout=120).read().decode()


class Database:
    """An empty database of the wanted engine, looked into from outside."""

    def __init__(self, engine, folder, name):
        self.engine = engine
        if engine == "sqlite":
            self.file = os.path.join(folder, f"{name}.db")
            self.url = f"sqlite://{self.file}"
        else:
            self.psql = ["psql", "-X", "-q", "-A", "-t", "-d"]
            self.server = engine.rsplit("/", 1)[0]
            subprocess.run([*self.psql, engine, "-c", f"create database {name}"], check=True)
            self.url = f"{self.server}/{name}"

    def one(self, query):
        if self.engine == "sqlite":
            connection = sqlite3.connect(f"file:{self.file}?mode=ro", uri=True, timeout=10)
            try:
                row = connection.execute(query).fetchone()
            except sqlite3.OperationalError:
                row = None
            connection.close()
            return row
        out = subprocess.run([*self.psql, self.url, "-F", "\x1f", "-c", query], capture_output=True, text=True).stdout.strip("\n")
        return out.split("\x1f") if out else None


def process(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as status:
        peak = int(re.search(r"VmHWM:\s+(\d+)", status.read()).group(1)) / 1024
    with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
        fields = stat.read().rsplit(") ", 1)[1].split(" ")
    return peak, (int(fields[11]) + int(fields[12])) / HZ


def calls_of(sandbox, *prefixes):
    counts = json.loads(call(f"{sandbox}/_control/journal"))["counts"]
    return sum(count for path, count in counts.items() if any(f"/marketo/{prefix}" in path for prefix in prefixes))


def load(house, database, name):
    """The first load. Its rate is told by the house itself: rows of files by the time in which they were read and stored."""
    house.connect()
    # Trying the credentials was the admin's doing; the load begins here.
    urllib.request.urlopen(urllib.request.Request(f"{house.sandbox}/_control/journal", method="DELETE"))
    began = time.perf_counter()
    house.serve("serve")
    while True:
        time.sleep(0.1)
        peak, cpu = process(house.process.pid)
        job = database.one("select state, progress from sync_jobs where job = 'field_sync'")
        if job and job[0] == "done":
            break
        if time.perf_counter() - began > 1_500:
            sys.exit(f"not loaded in time: {job}")
    seconds = time.perf_counter() - began
    run = database.one("select progress from sync_jobs where job = 'field_sync'")
    figures = json.loads(run[0])
    result = {
        "seconds": seconds, "peak_mb": peak, "cpu": cpu, "kept": int(database.one("select count(*) from people")[0]),
        "calls": calls_of(house.sandbox, "bulk/v1/leads", "rest/v1/leads"), "windows": calls_of(house.sandbox, "bulk/v1/leads/export/create"),
        "rate": figures.get("reading_per_second") or 0, "figures": figures,
    }
    skipped = ", ".join(f"{count} {reason}" for reason, count in figures["skipped"].items())
    print(f"  {name:<22} {result['rate']:>9.0f} people/s from the file to the store; {seconds:.1f} s in all, {result['calls']} calls ({result['windows']} extracts), "
          f"peak {peak:.1f} MB, {cpu:.1f} s CPU, {result['kept']} kept, {skipped}")
    return result


def changes(house, database, count):
    post(f"{house.sandbox}/_control/people/touch", {"first": 1001, "count": count, "title": "Changed by the bench"})
    before = calls_of(house.sandbox, "rest/v1")
    began = time.perf_counter()
    expected = None
    while True:
        done = int(database.one("select count(*) from people where title = 'Changed by the bench'")[0])
        if expected is None:
            expected = int(database.one(f"select count(*) from people where lead_id >= 1001 and lead_id < {1001 + count}")[0])
        if done >= expected:
            break
        if time.perf_counter() - began > 300:
            sys.exit(f"only {done} of {expected} changes after five minutes")
        time.sleep(0.1)
    seconds, calls = time.perf_counter() - began, calls_of(house.sandbox, "rest/v1") - before
    print(f"  {count} changes applied   {seconds:>9.1f} s with {calls} calls; at Marketo's advised pace (50 calls in 20 s) {max(seconds, calls * 0.4):.0f} s")
    return seconds


def views(house, records, name):
    """Each record is opened once, as a rep does: the signed request, then what the panel asks for."""
    template = envelope(house.org, house.instance_url, "{record}")

    def view(record):
        text = template.replace("{record}", record).replace("{n}", record)
        page = call(f"{house.base}/canvas", signed(text), {"Accept": "text/html", "Content-Type": "application/x-www-form-urlencoded"})
        token = json.loads(page.split('id="panel-config">')[1].split("</script>")[0])["token"]
        return call(f"{house.base}/panel/person", headers={"Authorization": f"Bearer {token}", "Accept": "text/html"})

    paths = ("rest/v1/leads", "rest/v1/activities.json", "rest/v1/activities/pagingtoken")
    before = calls_of(house.sandbox, *paths)
    began = time.perf_counter()
    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        list(pool.map(view, records))
    took = time.perf_counter() - began
    settled, calls = time.perf_counter(), calls_of(house.sandbox, *paths)
    while time.perf_counter() - settled < 6:
        time.sleep(0.5)
        now = calls_of(house.sandbox, *paths)
        if now != calls:
            settled, calls = time.perf_counter(), now
    print(f"  {len(records)} {name:<17} {calls - before:>9} calls to Marketo, {took:.1f} s")
    return calls - before


def settle(house):
    """Waits until nothing is asked of Marketo any more: the history is loaded, the feeds wait for their next turn."""
    last, since = -1, time.perf_counter()
    while time.perf_counter() - since < 4:
        time.sleep(0.25)
        now = calls_of(house.sandbox, "rest/v1", "bulk/v1")
        if now != last:
            last, since = now, time.perf_counter()


def extract(sandbox, marketo, path):
    """The file that the sandbox has ready, as any client would get it."""
    token = json.loads(call(f"{marketo['url']}/identity/oauth/token?grant_type=client_credentials&client_id={marketo['client_id']}&client_secret={marketo['client_secret']}"))["access_token"]
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    fields = ["id", "sfdcType", "sfdcId", "sfdcLeadId", "sfdcContactId", "sfdcAccountId", "sfdcOpptyId", "sfdcLeadOwnerId", "firstName", "lastName", "company", "title", "email",
              "phone", "linkedInProfileUrl", "leadSource", "leadScore", "relativeScore", "relativeUrgency", "priority", "createdAt", "updatedAt"]
    bulk = f"{marketo['url']}/bulk/v1/leads/export"
    order = json.dumps({"format": "CSV", "fields": fields, "filter": {"smartListName": "Everybody"}}).encode()
    job = json.loads(call(f"{bulk}/create.json", order, headers))["result"][0]["exportId"]
    call(f"{bulk}/{job}/enqueue.json", b"", headers)
    while json.loads(call(f"{bulk}/{job}/status.json", headers=headers))["result"][0]["status"] != "Completed":
        time.sleep(0.2)
    request = urllib.request.Request(f"{bulk}/{job}/file.json", headers=headers)
    with urllib.request.urlopen(request, timeout=60) as answer, open(path, "wb") as file:
        while piece := answer.read(1 << 20):
            file.write(piece)


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench sync")
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--database", default="sqlite", help="sqlite, postgres, or the URL of a PostgreSQL database that may create others")
    parser.add_argument("--keep-file", help="where to leave the file that the sandbox made")
    parser.add_argument("--only", choices=["list", "floors"], help="only the load by list, or only the stage from file to store and its floors")
    options = parser.parse_args()
    engine = os.environ["POSTGRES_URL"] if options.database == "postgres" else options.database
    kind = "sqlite" if engine == "sqlite" else "postgres"
    print(f"{options.people} people in the emulated Marketo, {kind}, everything on this machine")
    folder = tempfile.TemporaryDirectory(prefix="bench-sync")
    measured(options, engine, kind, folder.name)
    folder.cleanup()


def measured(options, engine, kind, folder):

    def house(name, **environment):
        database = Database(engine, folder, name)
        made = House(options.people, {"MSI__DATABASE__URL": database.url, **HURRIED, **environment}, sandbox=house.sandbox)
        house.sandbox = made.sandbox
        return made, database

    house.sandbox = None
    # Marketo is looked at once a minute; here the sandbox has the file ready within a look, as a quick Marketo would.
    pace = str(max(3, options.people // 20_000))
    listed, database = house("listed", MSI__MARKETO__PEOPLE_LIST="smart:Everybody", MSI__MARKETO__POLL_SECONDS="1", MSI__MARKETO__BULK_POLL_SECONDS=pace)
    post(f"{listed.sandbox}/_control/limits", {**UNHURRIED, "list_filter": True})
    result = {}
    if options.only != "floors":
        by_list = load(listed, database, "by list, one extract")
        result |= {"people_per_second": round(by_list["rate"]), "peak_mb": round(by_list["peak_mb"], 1), "calls": by_list["calls"], "calls_minimum": 4,
                   "cpu_seconds_per_million": round(by_list["cpu"] * 1e6 / options.people, 1), "kept": by_list["kept"]}
        if options.only is None:
            result["changes_seconds"] = round(changes(listed, database, 10_000), 1)
        listed.stop()
    if options.only is None:
        windowed, database = house("windowed", MSI__MARKETO__POLL_SECONDS="3600")
        by_window = load(windowed, database, "window by window")
        windows = by_window["windows"]
        result |= {"windows": windows, "calls_windows": by_window["calls"], "calls_a_window": round(by_window["calls"] / max(windows, 1), 2),
                   "calls_windows_minimum": 3 * windows + -(-windows // 2), "peak_mb_windows": round(by_window["peak_mb"], 1), "people_per_second_windows": round(by_window["rate"])}
        settle(windowed)
        # Known leads with an owner, then others that came after the load.
        leads = []
        for number in range(1001, 1001 + options.people):
            person = json.loads(call(f"{windowed.sandbox}/_control/people/{number}"))
            if person["sfdcLeadId"] and person["sfdcLeadOwnerId"]:
                leads.append(person["sfdcLeadId"])
            if len(leads) == 1000:
                break
        result["calls_1000_warm_views"] = views(windowed, leads, "warm views")
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            made = list(pool.map(lambda number: json.loads(post(f"{windowed.sandbox}/_control/people", {"lastName": f"Cold-{number}"})), range(1000)))
        result["calls_1000_cold_views"] = views(windowed, [person["sfdcLeadId"] for person in made], "cold views")
        windowed.stop()
    path = os.path.join(folder, "people.csv")
    extract(listed.sandbox, listed.marketo, path)
    if options.keep_file:
        shutil.copy(path, options.keep_file)
    turns = []
    for turn in range(3):
        floors = Database(engine, folder, f"floors{turn}")
        line = subprocess.run([INGEST, path, floors.url], check=True, capture_output=True, text=True).stdout
        turns.append({key: float(value) for key, value in (pair.split("=") for pair in line.split())})
    stage = measure.median(turns)
    pipeline, split, insert = stage["pipeline_per_second"], stage["csv_split_per_second"], stage["bare_insert_per_second"]
    print(f"  file to store alone    {pipeline:>9.0f} people/s, {stage['cpu_seconds_per_million']:.1f} s CPU a million; again with nothing new {stage['again_per_second']:.0f} people/s")
    print(f"  floors of this machine {insert:>9.0f} rows/s into a bare table, {split:.0f} rows/s of CSV split and thrown away")
    print(f"  The store bounds the rate: {pipeline / insert:.2f} of bare insertion, {pipeline / split:.2f} of bare CSV.")
    result = {"people": options.people, "engine": kind, **result, "stage_people_per_second": round(pipeline), "stage_cpu_seconds_per_million": stage["cpu_seconds_per_million"],
              "csv_split_per_second": round(split), "bare_insert_per_second": round(insert), "share_of_bare_insert": round(pipeline / insert, 2)}
    print(" ".join(f"{key}={value}" for key, value in result.items()))


try:
    main()
finally:
    for child in children:
        child.terminate()
    for child in children:
        child.wait()
