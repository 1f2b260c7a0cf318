"""Actions of reps while everything breaks. What counts is what the emulated systems wrote down themselves."""

import argparse
import collections
import os
import random
import threading
import time
import uuid

from fleet import Fleet

# Late commits (1.6 s after the call came in) and unseen writes (1 s) together must stay below the settle time.
SETTLE, LEASE = 6, 4
MARKETO_WRITE, SALESFORCE_WRITE = "/marketo/rest/v1/activities/external.json", "/salesforce/services/data/v62.0/composite/sobjects"
CAMPAIGN, CAMPAIGN_WRITE = 1401, "/marketo/rest/v1/campaigns/1401/trigger.json"


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--actions", type=int)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    chosen = parser.parse_args()
    chosen.actions = chosen.actions or (500 if chosen.short else 10000)
    chosen.persons = 120 if chosen.short else 400
    chosen.pause = 1.2 if chosen.short else 1.0
    # Faults end after this, so that the queue can drain; but not before there were so many kills.
    chosen.chaos = 24 if chosen.short else 330
    chosen.kills = 1 if chosen.short else 200
    return chosen


def break_writes(fleet):
    """Each write suffers one of these by chance."""
    for path in (MARKETO_WRITE, SALESFORCE_WRITE, CAMPAIGN_WRITE):
        for fault in (
            {"drop_after_bytes": 0, "percent": 12},          # done, but the answer is lost
            {"commit_after_ms": 1600, "percent": 10},        # done after the caller gave up (at 1 s)
            {"http": 503, "percent": 6},
            {"latency_ms": 1300, "percent": 4},
        ):
            fleet.control("POST", "/faults", {"prefix": path, **fault})
    for code in ("602", "611"):
        fleet.control("POST", "/faults", {"prefix": "/marketo/rest/v1/activities", "marketo": code, "percent": 3})
    fleet.control("PUT", "/lags", {"marketo_ms": 1000, "salesforce_ms": 1000})


class Work:
    """The reps: each person's actions one after the other, those of different people at once."""

    def __init__(self, fleet, member, records, total, seconds, dice):
        self.fleet, self.member = fleet, member
        self.expected = []
        self.accepted = collections.Counter()
        self.lock = threading.Lock()
        queues = [[] for _ in range(8)]
        for number in range(total):
            lead, record = records[dice.randrange(len(records))]
            kind = dice.choices(["call", "task", "campaign"], [80, 15, 5])[0]
            queues[lead % 8].append((number, lead, record, kind))
        # The work goes on for as long as things break.
        self.rest = seconds * 0.8 * 8 / total
        self.threads = [threading.Thread(target=self.work, args=(queue,)) for queue in queues]

    def work(self, queue):
        for number, lead, record, kind in queue:
            paths = {
                "call": ("/v1/calls", {"sfdc_id": record, "outcome": f"n{number}", "notes": "soak", "duration_seconds": 60}),
                "task": ("/v1/tasks", {"sfdc_id": record, "name": f"n{number}", "type": "call"}),
                "campaign": (f"/v1/marketo-campaigns/{CAMPAIGN}/members", {"sfdc_ids": [record]}),
            }
            path, body = paths[kind]
            key = uuid.uuid4().hex
            while True:
                try:
                    status, _, answer = self.fleet.ask(self.member, "POST", path, body, key, timeout=5)
                    if status < 300:
                        break
                    if status < 500 and status not in (429,):
                        raise SystemExit(f"{path}: {status} {answer}")
                except OSError:
                    pass
                except Exception as error:  # an answer that broke off
                    if isinstance(error, SystemExit):
                        raise
                time.sleep(0.15)
            with self.lock:
                self.expected.append((number, lead, record, kind))
                self.accepted[kind] += 1
            time.sleep(self.rest)


class Chaos(threading.Thread):
    def __init__(self, fleet, chosen, dice):
        super().__init__(daemon=True)
        self.fleet, self.pause, self.seconds, self.dice = fleet, chosen.pause, chosen.chaos, dice
        self.least, self.kills, self.restarts, self.database_restarts = chosen.kills, 0, 0, 0

    def run(self):
        until = time.time() + self.seconds
        roles = {"account": "account", "worker-1": "worker", "worker-2": "worker"}
        # Work that is left goes on as well: a slow machine kills less often.
        while time.time() < until or self.kills < self.least:
            time.sleep(self.pause * self.dice.uniform(0.5, 1.5))
            deed = self.dice.random()
            if deed < 0.12:
                self.fleet.restart_redis()
                self.restarts += 1
                continue
            if deed < 0.2 and os.environ.get("POSTGRES_DATA"):
                self.fleet.restart_postgres()
                self.database_restarts += 1
                continue
            name = self.dice.choices(list(roles), [2, 4, 4])[0]
            self.fleet.kill(name)
            self.kills += 1
            time.sleep(self.dice.uniform(0, 0.5))
            self.fleet.start(name, roles[name])


def verdict(fleet, expected):
    """For each system: what was to be there, what is, how much is missing, there twice, or overtook something else of the person."""
    written = fleet.control("GET", "/written")
    calls = [one for one in written["marketo"] if one["type_name"].startswith("Received Sales Call")]
    requests = collections.Counter(one["lead"] for one in written["marketo"] if one["type_id"] == 47)
    tasks = sorted(written["salesforce"], key=lambda one: one["Id"])
    in_marketo = [(one["lead"], one["attributes"]["Sales Call Subject"]) for one in calls]
    in_salesforce = []
    for one in tasks:
        name = one.get("mktosales_call_outcome__c") or one["Subject"]
        in_salesforce.append((one["WhoId"], name))
    rows = []
    for what, there, wanted in (
        ("calls in Marketo", in_marketo, [(lead, f"n{number}") for number, lead, _, kind in expected if kind == "call"]),
        ("tasks in Salesforce", in_salesforce, [(record, f"n{number}") for number, _, record, kind in expected if kind != "campaign"]),
    ):
        counted, known = collections.Counter(there), set(wanted)
        lost = sum(1 for one in wanted if counted[one] == 0)
        doubled = sum(count - 1 for count in counted.values()) + sum(1 for one in counted if one not in known)
        last, out_of_order = {}, 0
        for person, name in there:
            number = int(name[1:])
            if number < last.get(person, -1):
                out_of_order += 1
            last[person] = max(number, last.get(person, -1))
        rows.append((what, len(wanted), len(there), lost, doubled, out_of_order))
    wanted = collections.Counter(lead for _, lead, _, kind in expected if kind == "campaign")
    missing, doubled = wanted - requests, sum((requests - wanted).values())
    rows.append(("requests of campaigns", sum(wanted.values()), sum(requests.values()), sum(missing.values()), doubled, 0))
    return rows


def main():
    chosen = arguments()
    dice = random.Random(chosen.seed)
    begun = time.time()
    fleet = Fleet(chosen.persons * 2, SETTLE, LEASE, {
        "MSI__DELIVERY__CALL_SECONDS": "1", "MSI__SALESFORCE__TIMEOUT_SECONDS": "1", "MSI__MARKETO__POLL_SECONDS": "600"})
    try:
        # Nobody is impatient before things break.
        fleet.start("account", "account", {"MSI__SALESFORCE__TIMEOUT_SECONDS": "10"})
        fleet.ready()
        fleet.start("worker-1", "worker")
        member = fleet.settle_in()
        fleet.own.pop("account")
        fleet.start("worker-2", "worker")
        records = fleet.records(chosen.persons)
        print(f"  seed {chosen.seed}: {chosen.actions} actions of {len(records)} people; ready after {time.time() - begun:.0f} s", flush=True)
        break_writes(fleet)
        work = Work(fleet, member, records, chosen.actions, chosen.chaos, dice)
        chaos = Chaos(fleet, chosen, dice)
        chaos.start()
        for thread in work.threads:
            thread.start()
        for thread in work.threads:
            thread.join()
        accepted_after = time.time() - begun
        chaos.join()
        fleet.control("DELETE", "/faults")
        fleet.ready()
        open_ones, deadline = -1, time.time() + (60 if chosen.short else 300)
        while open_ones != 0 and time.time() < deadline:
            time.sleep(0.5)
            targets = fleet.done(member, "GET", "/v1/deliveries?limit=1")["targets"]
            open_ones = sum(target["open"] for target in targets)
        failed = sum(target["failed"] for target in targets)
        # What was committed after everybody gave up comes in late.
        time.sleep(2)
        for target in targets:
            if target["open"]:
                print(f"  {target}")
        rows = verdict(fleet, work.expected)
        lost, doubled, out_of_order = (sum(row[place] for row in rows) for place in (3, 4, 5))
        print(f"  accepted {dict(work.accepted)} after {accepted_after:.0f} s; drained after {time.time() - begun:.0f} s")
        print(f"  Redis restarts {chaos.restarts}, PostgreSQL restarts {chaos.database_restarts}; still open {open_ones}; failed {failed}")
        print("                           wanted   there    lost  doubled  out of order")
        for what, *figures in rows:
            print(f"  {what:22} {figures[0]:8} {figures[1]:7} {figures[2]:7} {figures[3]:8} {figures[4]:13}")
        print(f"actions={len(work.expected)} kills={chaos.kills} lost={lost} doubled={doubled} out_of_order={out_of_order}", flush=True)
        if lost or doubled or out_of_order or open_ones or failed or len(work.expected) != chosen.actions:
            raise SystemExit(1)
    finally:
        fleet.stop()


if __name__ == "__main__":
    main()
