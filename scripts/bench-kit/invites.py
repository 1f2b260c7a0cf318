"""A CSV of many rows, uploaded, checked and invited through the API: rows per second, peak memory; and again with kill -9 in between."""

import json
import os
import random
import re
import sqlite3
import sys
import threading
import time
import urllib.error
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "api-kit"))
import visitors  # noqa: E402

SETTINGS = {"MSI__REDIS__URL": "", "MSI__ACCOUNT__SEATS": "1000000"}


def memory(process, name):
    with open(f"/proc/{process.pid}/status", encoding="utf-8") as status:
        return int(re.search(rf"{name}:\s+(\d+)", status.read()).group(1)) / 1024


class Program:
    """Somebody's program with a personal token."""

    def __init__(self, house):
        self.house = house
        link = house.admin("member", "--email", "bench@example.com", "--role", "admin").strip().split("link=")[1]
        browser = visitors.Browser(house.base)
        path = link.removeprefix(house.base)
        browser.open(path)
        browser.send(path, first_name="Bench", last_name="Mark")
        self.token = visitors.token(browser)

    def call(self, method, path, body=None, kind="application/json"):
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": kind}
        request = urllib.request.Request(f"{self.house.base}/api/v1/{path}", data=body, headers=headers, method=method)
        with urllib.request.urlopen(request, timeout=180) as answer:
            return json.loads(answer.read() or b"null")

    def upload(self, file):
        return self.call("POST", "invitations/imports", file, "text/csv")["id"]

    def until(self, path, *states):
        while True:
            seen = self.call("GET", path)
            if seen["state"] in states:
                return seen
            time.sleep(0.2)


def file_of(rows):
    lines = (f"person.{n}@example.com,First {n},Last {n},user" for n in range(rows))
    return ("email,first name,last name,role\r\n" + "\r\n".join(lines) + "\r\n").encode()


def settled(house):
    """What the database says: rows by outcome, members, invitations, mails."""
    connection = sqlite3.connect(f"file:{house.folder.name}/bench.db?mode=ro", uri=True)
    one = lambda text: connection.execute(text).fetchone()[0]
    outcomes = dict(connection.execute("select outcome, count(*) from import_rows where import_id = (select max(id) from imports where state = 'done') group by outcome"))
    told = {
        "members": one("select count(*) from members where email like 'person.%'"),
        "invitations": one("select count(distinct member_id) from invitations where email like 'person.%'"),
        "mails": one("select count(distinct about) from mail_outbox where recipient like 'person.%'"),
    }
    connection.close()
    return outcomes, told


def undisturbed(make_house, rows):
    house = make_house(30, SETTINGS)
    house.serve("serve")
    program = Program(house)
    file = file_of(rows)
    program.call("GET", "members")
    time.sleep(2)
    idle = memory(house.process, "VmRSS")
    with open(f"/proc/{house.process.pid}/clear_refs", "w", encoding="utf-8") as peak:
        peak.write("5")
    began = time.perf_counter()
    path = f"invitations/imports/{program.upload(file)}"
    uploaded = time.perf_counter()
    program.call("POST", f"{path}/check", b"")
    checked = program.until(path, "checked")
    at_checked = time.perf_counter()
    assert checked["counts"] == {"will_invite": rows}, checked["counts"]
    program.call("POST", f"{path}/invite", b"")
    done = program.until(path, "done", "stopped")
    ended = time.perf_counter()
    peak = memory(house.process, "VmHWM")
    assert done["counts"] == {"invited": rows}, done["counts"]
    house.process.terminate()
    house.process.wait()
    return {"upload": uploaded - began, "check": at_checked - uploaded, "invite": ended - at_checked, "seconds": ended - began, "idle": idle, "peak": peak}


def killed(make_house, rows, kills):
    house = make_house(30, SETTINGS)
    house.serve("serve")
    program = Program(house)
    file = file_of(rows)
    over, died = threading.Event(), [0]

    def reaper():
        dice = random.Random(7)
        while died[0] < kills and not over.wait(dice.uniform(0.2, 0.9)):
            house.process.kill()
            house.process.wait()
            died[0] += 1
            house.serve("serve")

    thread = threading.Thread(target=reaper)
    thread.start()

    def persistent(deed):
        """What a program does whose server dies under it: asks again."""
        for _ in range(600):
            try:
                return deed()
            except urllib.error.HTTPError as error:
                if error.code < 500:
                    return json.loads(error.read())
            except (OSError, ValueError):
                pass
            time.sleep(0.2)
        sys.exit("the program gave up")

    path = None
    while path is None:
        sent = persistent(lambda: {"id": program.upload(file)})
        path = f"invitations/imports/{sent['id']}" if "id" in sent else None
    steps = {"uploaded": "check", "checked": "invite"}
    while True:
        state = persistent(lambda: program.call("GET", path)).get("state")
        if state in ("done", "stopped"):
            break
        if state in steps:
            persistent(lambda step=steps[state]: program.call("POST", f"{path}/{step}", b""))
        time.sleep(0.1)
    during = died[0]
    over.set()
    thread.join()
    outcomes, told = settled(house)
    assert outcomes == {"invited": rows} and set(told.values()) == {rows}, (during, outcomes, told)
    return during


def measure(make_house):
    rows = int(os.environ.get("ROWS", "100000"))
    calm = undisturbed(make_house, rows)
    print(f"  {rows} rows: upload {calm['upload']:.1f} s, check {calm['check']:.1f} s, invite {calm['invite']:.1f} s; {rows / calm['seconds']:.0f} rows/s")
    print(f"  memory: idle {calm['idle']:.0f} MB, peak {calm['peak']:.0f} MB, {calm['peak'] - calm['idle']:.0f} MB more")
    died = killed(make_house, rows, int(os.environ.get("KILLS", "20")))
    print(f"  killed {died} times before it was done: every row is settled once")
    print(f"rows={rows} seconds={calm['seconds']:.1f} rows_per_second={rows / calm['seconds']:.0f} upload_s={calm['upload']:.1f} check_s={calm['check']:.1f} "
          f"invite_s={calm['invite']:.1f} idle_mb={calm['idle']:.0f} peak_mb={calm['peak']:.0f} more_mb={calm['peak'] - calm['idle']:.0f} kills={died}")
