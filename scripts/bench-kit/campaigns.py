"""Measures sales campaigns: how long the due steps of a minute take, by how many people are under way beside them."""

import argparse
import json
import os
import sqlite3
import sys
import time
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "soak-kit"))
from fleet import Fleet  # noqa: E402

SCALES = [10_000, 100_000]


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--due", type=int, default=2_000, help="steps that fall due in one minute")
    return parser.parse_args()


def fill(path, upto, campaign):
    """Puts people on their way whose time has not come: copies of a run that was started by the ordinary way."""
    database = sqlite3.connect(path, timeout=30)
    database.row_factory = sqlite3.Row
    template = dict(database.execute("select * from sales_runs where campaign_id = ? limit 1", (campaign,)).fetchone())
    there = database.execute("select count(*) from sales_runs where state = 'running'").fetchone()[0]
    columns = list(template)
    soon = int(time.time() * 1000) + 86_400_000

    def rows():
        for number in range(there, upto):
            row = {**template, "id": uuid.uuid4().hex, "person_id": f"somebody-{number}", "lead_id": 10_000_000 + number, "state": "running",
                   "email_key": f"s{number}@example.com", "due_at": soon + number * 1_000, "turn": 1, "waits_for": None}
            yield tuple(row[column] for column in columns)

    with database:
        database.executemany(f"insert into sales_runs ({','.join(columns)}) values ({','.join('?' * len(columns))})", rows())
    database.close()


def make_due(path, campaign, most):
    """People whose step falls due now, each with a person of their own, as a minute of a busy day has them."""
    database = sqlite3.connect(path, timeout=30)
    database.row_factory = sqlite3.Row
    template = dict(database.execute("select * from sales_runs where campaign_id = ? limit 1", (campaign,)).fetchone())
    people = database.execute("select id, lead_id, sfdc_type, sfdc_id, email from people where email is not null limit ?", (most,)).fetchall()
    columns, now = list(template), int(time.time() * 1000)
    ids = []
    with database:
        for person in people:
            row = {**template, "id": uuid.uuid4().hex, "campaign_id": template["campaign_id"], "person_id": person["id"], "lead_id": person["lead_id"],
                   "sfdc_type": person["sfdc_type"], "sfdc_id": person["sfdc_id"], "email_key": person["email"].lower(), "state": "running",
                   "reason": None, "problem": None, "step": 0, "reached": "", "due_at": now, "waits_for": None, "turn": 0, "ended_at": None}
            database.execute("delete from sales_runs where campaign_id = ? and person_id = ?", (row["campaign_id"], row["person_id"]))
            database.execute(f"insert into sales_runs ({','.join(columns)}) values ({','.join('?' * len(columns))})", tuple(row[column] for column in columns))
            ids.append(row["id"])
    database.close()
    return ids


def main():
    chosen = arguments()
    fleet = Fleet(chosen.due * 2, 30, 20, {
        "MSI__MARKETO__POLL_SECONDS": "600", "MSI__CAMPAIGNS__SENDS_PER_DAY": "1000000", "MSI__CAMPAIGNS__LAUNCHES_PER_DAY": "1000"})
    try:
        fleet.start("account", "account")
        fleet.ready()
        fleet.start("worker", "worker")
        member = fleet.settle_in()
        fleet.kill("worker")
        # The mails are queued and stay so: what is measured is finding and queueing.
        settings = fleet.done(member, "GET", "/v1/acting-settings")
        fleet.done(member, "PUT", "/v1/acting-settings", {**settings, "throttle_mails": 1, "throttle_seconds": 3600})
        steps = [{"day": day, "type": "email", "subject": f"Day {day}", "text": "Dear {{first_name}}, about {{company}}"} for day in (1, 3, 5)]
        record = fleet.records(1)[0][1]
        figures, path = {}, f"{fleet.folder.name}/soak.db"
        for scale in SCALES:
            campaign = fleet.done(member, "POST", "/v1/sales-campaigns", {"name": f"Scale {scale}", "skip_weekends": False})["id"]
            for step in steps:
                fleet.done(member, "POST", f"/v1/sales-campaigns/{campaign}/steps", step)
            later = time.strftime("%Y-%m-%dT%H:%M", time.gmtime(time.time() + 7 * 86_400))
            fleet.done(member, "POST", f"/v1/sales-campaigns/{campaign}/launches", {"sfdc_ids": [record], "start_on": later, "time_zone": "UTC"})
            fill(path, scale, campaign)
            ids = make_due(path, campaign, chosen.due)
            database = sqlite3.connect(path, timeout=30)
            begun = time.time()
            fleet.start("worker", "worker")
            first = None
            while True:
                left = database.execute("select count(*) from sales_runs where state = 'running' and step = 0 and due_at <= ?", (int(begun * 1000),)).fetchone()[0]
                if first is None and left < len(ids):
                    first = time.time()
                if left == 0:
                    break
                if time.time() - begun > 300:
                    raise SystemExit(f"{left} are left")
                time.sleep(0.02)
            # From the first turn on: a worker's start is not what is measured.
            seconds = time.time() - (first or begun)
            fleet.kill("worker")
            queued = database.execute("select count(*) from sales_deeds where campaign_id = ?", (campaign,)).fetchone()[0]
            plan = database.execute("explain query plan select 1 from sales_runs r where r.state = 'running' and r.due_at is not null and r.due_at <= 1 and r.account_id = 'a' order by r.due_at limit 100").fetchall()
            database.close()
            figures[scale] = seconds
            print(f"  {scale:7d} under way: {len(ids)} due steps in {seconds:6.2f} s, {queued} mails queued; {plan[0][3]}", flush=True)
            if queued < len(ids):
                raise SystemExit("not every due step was done")
            if "due_at" not in plan[0][3]:
                raise SystemExit("the due steps are not found by their time")
        small, large = (figures[scale] for scale in SCALES)
        print(json.dumps({"due": chosen.due, **{str(scale): round(seconds, 2) for scale, seconds in figures.items()}}))
        print(f"due={chosen.due} seconds_with_10000={small:.2f} seconds_with_100000={large:.2f} ratio={large / max(small, 0.01):.2f}")
        if large > 5:
            raise SystemExit(1)
    finally:
        fleet.stop()


main()
