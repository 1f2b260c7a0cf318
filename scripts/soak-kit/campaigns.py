"""People in sales campaigns while everything breaks: due e-mails, replies, bounces, unsubscribes, stops, edits, tasks ticked off
here and in Salesforce, a day that turns, and kill -9 in random order. What counts is what the mailbox received, and when a stop
was acknowledged.

No clock is bent. The day turns because the fleet gets a time zone of its own, an ordinary file of zone data, in which it is
midnight in the middle of the run."""

import argparse
import collections
import os
import random
import struct
import tempfile
import threading
import time
import uuid

from fleet import Fleet, call

SETTLE, LEASE = 4, 4
MAILS = 4
EVENTS = ["nothing", "stop", "unsubscribe", "bounce", "reply", "away", "task", "task there", "late task", "stop while queued"]
WEIGHTS = [3, 4, 3, 2, 4, 1, 2, 2, 1, 3]
ZONE = "Soak/Turn"


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--runs", type=int)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    chosen = parser.parse_args()
    chosen.runs = chosen.runs or (110 if chosen.short else 1000)
    # Things break for so long; then everything must come to its end.
    chosen.chaos = 16 if chosen.short else 240
    # So long after the work has begun it is midnight.
    chosen.turn = 13 if chosen.short else 130
    return chosen


def zone(folder, midnight):
    """Writes zone data (TZif) in which it is midnight at a time given in seconds since the epoch."""
    east = -midnight % 86_400
    east = east if east < 43_200 else east - 86_400
    part = lambda size: b"TZif2" + bytes(15) + struct.pack(">6L", 0, 0, 0, 0, 1, 5) + struct.pack(">lBB", east, 0, 0) + b"SOAK\0"
    hours, rest = divmod(abs(east), 3_600)
    rule = f"<SOAK>{'-' if east >= 0 else ''}{hours}:{rest // 60:02}:{rest % 60:02}"
    path = os.path.join(folder, *ZONE.split("/"))
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(part(4) + part(8) + f"\n{rule}\n".encode())


class Mailbox(threading.Thread):
    """Keeps all mails of campaigns: address, subject, when they came in. The emulated mailbox keeps the last ones only."""

    def __init__(self, fleet):
        super().__init__(daemon=True)
        self.fleet, self.mails, self.over = fleet, {}, False

    def look(self):
        for mail in call(self.fleet.sandbox, "GET", "/mail/messages.json")[2]:
            if (mail["subject"] or "").startswith("step "):
                self.mails[mail["number"]] = (mail["to"][0].strip("<>").lower(), mail["subject"], mail["received"])

    def run(self):
        while not self.over:
            try:
                self.look()
            except OSError:
                pass
            time.sleep(0.4)


class Work:
    """The reps and the recipients: one campaign for a few people each, something happens to each person at some time."""

    def __init__(self, fleet, member, chosen, people, dice):
        self.fleet, self.member, self.chosen, self.dice = fleet, member, chosen, dice
        self.lock = threading.Lock()
        self.stopped = {}      # address -> when the stop was acknowledged, in ms
        self.midnight = None   # in ms
        self.turning = set()   # addresses whose last step waits for the day to turn
        self.turning_steps = {}  # campaign -> the step that was moved to the next day
        self.replies = {}      # address -> campaign and record of somebody who answers
        self.heard = set()     # addresses whose answer had its effect
        self.away = set()      # addresses of which only a program answers
        self.by_record = {record[:15]: address for _, record, address in people}
        self.events = collections.Counter()
        self.campaigns = []
        queues = [people[which::6] for which in range(6)]
        self.threads = [threading.Thread(target=self.work, args=(which, queue)) for which, queue in enumerate(queues)]

    def ask(self, method, path, body=None, wanted=()):
        """Asks until there is an answer: the account may be down just now."""
        key = uuid.uuid4().hex
        while True:
            try:
                status, _, answer = self.fleet.ask(self.member, method, path, body if body is not None or method == "GET" else {}, key, timeout=12)
                if status < 300 or status in wanted:
                    return answer
                if status < 500 and status != 429:
                    raise SystemExit(f"{method} {path}: {status} {answer}")
            except OSError:
                pass
            except Exception as error:  # an answer that broke off
                if isinstance(error, SystemExit):
                    raise
            time.sleep(0.15)

    def campaign(self, name, with_task):
        """Gives the campaign and its last step."""
        made = self.ask("POST", "/v1/sales-campaigns", {"name": name, "skip_weekends": False})
        steps = [{"type": "email", "subject": f"step {number}", "text": "Dear {{first_name}}"} for number in range(MAILS)]
        if with_task:
            steps.insert(2, {"type": "call", "name": "Ring up"})
        for step in steps:
            shown = self.ask("POST", f"/v1/sales-campaigns/{made['id']}/steps", step)
        with self.lock:
            self.campaigns.append(made["id"])
        return made["id"], shown["steps"][-1]["id"]

    def work(self, which, queue):
        dice = random.Random(self.chosen.seed * 31 + which)
        rest = self.chosen.chaos * 0.7 / max(1, len(queue))
        for at in range(0, len(queue), 6):
            group = queue[at:at + 6]
            events = [("bounce" if address.startswith("bounce") else dice.choices(EVENTS, WEIGHTS)[0]) for _, _, address in group]
            # As long as there is time before midnight, every third campaign has its last step moved to the next day.
            turns = (at // 6) % 3 == 0 and self.midnight - time.time() * 1000 > 6_000
            tasks = not turns and any("task" in event for event in events)
            name = f"c{which}-{at}"
            campaign, last = self.campaign(name, tasks)
            self.ask("POST", f"/v1/sales-campaigns/{campaign}/launches",
                     {"sfdc_ids": [record for _, record, _ in group], "time_zone": ZONE if turns else "UTC"})
            if turns:
                self.put_off(campaign, last)
            runs = {}
            while len(runs) < len(group):
                for run in self.ask("GET", f"/v1/sales-campaigns/{campaign}/people?limit=50")["items"]:
                    runs[run["sfdc_id"][:15]] = run
                if len(runs) < len(group):
                    time.sleep(0.1)
            todo = list(zip(group, events))
            dice.shuffle(todo)
            for (_, record, address), event in todo:
                time.sleep(rest * dice.uniform(0.2, 1.8))
                with self.lock:
                    self.events[event] += 1
                run = runs[record[:15]]
                if event.startswith("stop"):
                    answer = self.ask("POST", f"/v1/sales-runs/{run['id']}/stop")
                    if answer["in_flight"] == 0:
                        with self.lock:
                            self.stopped[address] = time.time() * 1000
                elif event == "unsubscribe":
                    self.ask("POST", "/v1/unsubscribes", {"sfdc_id": record, "why": "soak"})
                    with self.lock:
                        self.stopped[address] = time.time() * 1000
                elif event in ("reply", "away"):
                    with self.lock:
                        self.replies[address] = (event, campaign, record)
                elif event == "task":
                    self.complete(campaign, record)
                elif event == "task there":
                    self.tick_off(name, record)
            if dice.random() < 0.5 and not turns:
                self.edit(campaign, dice)

    def put_off(self, campaign, step):
        """The last step moves to the next day, as early as that begins; whose step was not queued by then waits for midnight."""
        self.events["to the next day"] += 1
        moved = {"day": 2, "type": "email", "subject": f"step {MAILS - 1}", "text": "Dear {{first_name}}", "send": "at", "at": "00:00"}
        path = f"/v1/sales-campaigns/{campaign}"
        self.ask("PUT", f"{path}/steps/{step}", {**moved, "applies_to": "everybody"}, (409,))
        people = self.ask("GET", f"{path}/people?limit=50")["items"]
        with self.lock:
            self.turning_steps[campaign] = (step, {**moved, "day": 1, "send": "same_time", "at": None})
            # Steps count from 1: whoever has not reached the last one is put off with it.
            self.turning |= {self.by_record[run["sfdc_id"][:15]] for run in people if run["state"] == "running" and run["number"] < MAILS}

    def tick_off(self, campaign, record):
        """The rep does it in Salesforce, where the task is."""
        for task in self.fleet.control("GET", "/written")["salesforce"]:
            if task["MSE_Campaign__c"] == campaign and task["WhoId"][:15] == record[:15] and task["Subject"].startswith("Ring up"):
                self.fleet.control("POST", f"/salesforce/tasks/{task['Id']}", {"status": "Completed"})

    def complete(self, campaign, record):
        for run in self.ask("GET", f"/v1/sales-campaigns/{campaign}/people?limit=50")["items"]:
            if run["sfdc_id"][:15] == record[:15] and run["task_id"]:
                self.ask("POST", f"/v1/tasks/{run['task_id']}/complete")

    def edit(self, campaign, dice):
        """Steps change places under the feet of those who are on their way; a step more for everybody."""
        self.events["edit"] += 1
        steps = self.ask("GET", f"/v1/sales-campaigns/{campaign}")["steps"]
        # The last one is not moved down: that is the way to the next day, for which nobody here has the time.
        step, to = dice.choice([(step["id"], "up") for step in steps] + [(step["id"], "down") for step in steps[:-1]])
        path = f"/v1/sales-campaigns/{campaign}/steps"
        self.ask("POST", f"{path}/{step}/move", {"to": to, "applies_to": "everybody"}, (409,))
        self.ask("POST", path, {"type": "email", "day": 1, "subject": f"step {MAILS}", "text": "More", "applies_to": "everybody"}, (409,))


class Recipients(threading.Thread):
    """Those who answer: as soon as they have a mail, and once. An answer counts when the campaign says so."""

    def __init__(self, work, mailbox):
        super().__init__(daemon=True)
        self.work, self.mailbox, self.over, self.sent = work, mailbox, False, {}

    def look(self):
        with self.work.lock:
            waiting = dict(self.work.replies)
        for address, (kind, campaign, record) in waiting.items():
            if address in self.work.heard or address in self.work.away:
                continue
            mine = [number for number, mail in list(self.mailbox.mails.items()) if mail[0] == address]
            if not mine:
                continue
            if address not in self.sent:
                what = "reply" if kind == "reply" else "out-of-office"
                if call(self.work.fleet.sandbox, "POST", f"/mail/{max(mine)}/{what}", b"")[0] == 303:
                    self.sent[address] = time.time()
                continue
            if kind == "away":
                self.work.away.add(address)
                continue
            for run in self.work.ask("GET", f"/v1/sales-campaigns/{campaign}/people?limit=50")["items"]:
                if run["sfdc_id"][:15] == record[:15] and run["ended_at"] and run["state"] != "finished":
                    with self.work.lock:
                        self.work.heard.add(address)
                        self.work.stopped.setdefault(address, time.time() * 1000)

    def run(self):
        while not self.over:
            try:
                self.look()
            except OSError:
                pass
            time.sleep(0.3)


class Chaos(threading.Thread):
    def __init__(self, fleet, seconds, dice):
        super().__init__(daemon=True)
        self.fleet, self.seconds, self.dice, self.kills = fleet, seconds, dice, 0

    def run(self):
        until = time.time() + self.seconds
        roles = {"account": "account", "worker-1": "worker", "worker-2": "worker"}
        while time.time() < until:
            time.sleep(self.dice.uniform(0.8, 2.0))
            name = self.dice.choices(list(roles), [1, 4, 4])[0]
            self.fleet.kill(name)
            self.kills += 1
            time.sleep(self.dice.uniform(0, 0.4))
            self.fleet.start(name, roles[name])


def settle(work, patience):
    """Mends what waits for somebody, until everybody is at an end; gives those who are not although nothing moves any more."""
    before, moved = None, time.time()
    while True:
        left = []
        for campaign in work.campaigns:
            for run in work.ask("GET", f"/v1/sales-campaigns/{campaign}/people?state=under_way&limit=50")["items"]:
                left.append(run)
                if run["state"] == "running" and (run["due_at"] or 0) > max(work.midnight, time.time() * 1000) + 60_000:
                    # Reached its day after the day had turned, and so is put off until tomorrow: the step comes back to today.
                    step, today = work.turning_steps[campaign]
                    work.turning.discard(work.by_record[run["sfdc_id"][:15]])
                    work.ask("PUT", f"/v1/sales-campaigns/{campaign}/steps/{step}", {**today, "applies_to": "everybody"}, (409,))
                elif run["task_id"]:
                    work.ask("POST", f"/v1/tasks/{run['task_id']}/complete")
                elif run["state"] == "blocked":
                    # A mail of which nobody knows whether it is out: somebody looked, and has the person go on.
                    if run["reason"] != "mail_failed":
                        raise SystemExit(f"blocked: {run}")
                    work.ask("POST", f"/v1/sales-runs/{run['id']}/resume", None, (409,))
        places = [(run["id"], run["state"], run["number"]) for run in left]
        if places != before:
            before, moved = places, time.time()
        if not left or time.time() - moved > patience:
            return left
        time.sleep(0.5)


def main():
    chosen = arguments()
    dice = random.Random(chosen.seed)
    begun = time.time()
    zones = tempfile.TemporaryDirectory()
    zone(zones.name, int(begun))
    fleet = Fleet(chosen.runs * 3, SETTLE, LEASE, {
        "TZDIR": zones.name, "MSI__CAMPAIGNS__TASK_LOOK_SECONDS": "1", "MSI__MAIL__POLL_SECONDS": "1",
        "MSI__CAMPAIGNS__LAUNCHES_PER_DAY": "100000", "MSI__CAMPAIGNS__RUNNING_LAUNCHES": "100000",
        "MSI__CAMPAIGNS__SENDS_PER_DAY": "1000000", "MSI__MARKETO__POLL_SECONDS": "600"})
    try:
        for number, _ in fleet.records(chosen.runs)[::12]:
            fleet.control("PATCH", f"/people/{number}", {"email": f"bounce.{number}@soak.example"})
        fleet.start("account", "account")
        fleet.ready()
        fleet.start("worker-1", "worker")
        member = fleet.settle_in()
        fleet.start("worker-2", "worker")
        settings = fleet.done(member, "GET", "/v1/acting-settings")
        fleet.done(member, "PUT", "/v1/acting-settings", {**settings, "marketo_check": False, "throttle_mails": 1000, "throttle_seconds": 1})
        people, seen = [], set()
        for number, record in fleet.records(chosen.runs):
            address = (fleet.control("GET", f"/people/{number}").get("email") or "").lower()
            if address and address not in seen:
                seen.add(address)
                people.append((number, record, address))
        fleet.use_mailbox(member, "ops@brightwater.example")
        print(f"  seed {chosen.seed}: {len(people)} people; ready after {time.time() - begun:.0f} s", flush=True)
        mailbox = Mailbox(fleet)
        mailbox.start()
        work = Work(fleet, member, chosen, people, dice)
        midnight = int(time.time()) + chosen.turn
        zone(zones.name, midnight)
        work.midnight = midnight * 1000
        recipients = Recipients(work, mailbox)
        recipients.start()
        chaos = Chaos(fleet, chosen.chaos, dice)
        chaos.start()
        for thread in work.threads:
            thread.start()
        for thread in work.threads:
            thread.join()
        chaos.join()
        fleet.ready()
        stuck = settle(work, 30 if chosen.short else 60)
        # Somebody may answer when they are through: that counts, too.
        wanted = {address for address in recipients.sent if work.replies[address][0] == "reply"}
        deadline = time.time() + 20
        while wanted - work.heard and time.time() < deadline:
            time.sleep(0.3)
        recipients.over = True
        recipients.join()
        time.sleep(1)
        mailbox.over = True
        mailbox.join()
        mailbox.look()
        counted = collections.Counter((address, subject) for address, subject, _ in mailbox.mails.values())
        # A step that was added by an edit is there once; the others have numbers of their own.
        doubled = sum(count - 1 for count in counted.values())
        late = [mail for mail in mailbox.mails.values() if mail[2] > work.stopped.get(mail[0], float("inf"))]
        last = f"step {MAILS - 1}"
        turned = [mail for mail in mailbox.mails.values() if mail[0] in work.turning and mail[1] == last]
        early = [mail for mail in turned if mail[2] < work.midnight]
        unheard = wanted - work.heard
        ends = collections.Counter()
        for campaign in work.campaigns:
            for run in work.ask("GET", f"/v1/sales-campaigns/{campaign}/people?limit=50")["items"]:
                ends[f"{run['state']} {run['reason'] or ''}".strip()] += 1
        print(f"  {dict(work.events)}; kills {chaos.kills}; {len(work.stopped)} stops acknowledged")
        print(f"  {dict(ends)} after {time.time() - begun:.0f} s")
        for run in stuck[:5]:
            print(f"  stuck: {run}")
        for mail in late[:5]:
            print(f"  late: {mail} after {work.stopped[mail[0]]:.0f}")
        for address in sorted(unheard)[:5]:
            print(f"  unheard: {address} {work.replies[address]}")
        for mail in early[:5]:
            print(f"  early: {mail} before {work.midnight}")
        print(f"sends={len(mailbox.mails)} late_sends={len(late)} doubled={doubled} stuck={len(stuck)} "
              f"replies={len(work.heard)} unheard={len(unheard)} turned={len(turned)} early={len(early)}", flush=True)
        if late or doubled or stuck or unheard or early or not mailbox.mails or not turned or not work.heard:
            raise SystemExit(1)
        if len(work.stopped) < len(people) / 8:
            raise SystemExit(1)
    finally:
        fleet.stop()
        zones.cleanup()


main()
