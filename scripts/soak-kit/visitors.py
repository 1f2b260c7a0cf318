"""Reps and programs who come at a steady rate, whatever becomes of their requests, and write down how they were answered."""

import collections
import http.client
import json
import random
import socket
import threading
import time
import urllib.parse
import uuid

# Longest that an answer may take, by what is asked: the face's own deadlines (8 s and 25 s) and what goes before them.
DEADLINES = {"write": 27.0}
DEADLINE = 11.0


class Visitor(threading.Thread):
    """One connection, kept as long as the other side keeps it."""

    def __init__(self, crowd, number):
        super().__init__(daemon=True)
        self.crowd, self.dice = crowd, random.Random(number)
        # Everybody comes from an address of their own, as reps do.
        self.source = (f"127.0.2.{number % 250 + 1}", 0)
        self.connection, self.hung_up = None, 0
        self.panel = None
        self.next = time.monotonic() + number * crowd.pause / crowd.size

    def run(self):
        while not self.crowd.over.is_set():
            wait = self.next - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            # Whoever waited for an answer does not catch up: it is the others who keep the rate.
            self.next = max(self.next + self.crowd.pause, time.monotonic() - self.crowd.pause)
            self.visit()

    def visit(self):
        crowd = self.crowd
        chance = self.dice.random()
        if self.panel is None or chance < 0.06:
            record = self.dice.choice(crowd.records)
            body = urllib.parse.urlencode({"signed_request": crowd.fleet.signed_request(record[1])})
            kind = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"}
            status, text = self.ask("canvas", "POST", "/canvas", body, kind)
            if status == 200:
                island = text.split('id="panel-config">')[1].split("</script>")[0]
                self.panel = (json.loads(island)["token"], record)
            return
        token, record = self.panel
        panel = {"Authorization": f"Bearer {token}", "Accept": "text/html"}
        if chance < 0.12 and crowd.api_token:
            headers = {"Authorization": f"Bearer {crowd.api_token}", "Content-Type": "application/json", "Idempotency-Key": uuid.uuid4().hex}
            name = f"n{next(crowd.numbers)}"
            body = json.dumps({"sfdc_id": record[1], "outcome": name, "notes": "soak", "duration_seconds": 60})
            status, _ = self.ask("write", "POST", "/api/v1/calls", body, headers)
            if status < 300:
                crowd.acknowledged.append((record[0], name))
        elif chance < 0.3:
            self.ask("tab", "GET", "/panel/tab/moments", None, panel)
        else:
            status, text = self.ask("person", "GET", "/panel/person", None, panel)
            if status == 200 and record[2] and record[2] not in text:
                crowd.note("person", status, 0, wrong="another person")
        if status_ends_session(crowd.last_status(self)):
            self.panel = None

    def ask(self, kind, method, path, body, headers):
        begun = time.monotonic()
        deadline = DEADLINES.get(kind, DEADLINE)
        try:
            status, text = self.exchange(method, path, body, headers, deadline)
        except socket.timeout:
            self.leave()
            self.crowd.note(kind, 0, time.monotonic() - begun, late=True, who=self)
            return 0, ""
        except (OSError, http.client.HTTPException) as error:
            self.leave()
            self.crowd.note(kind, 0, time.monotonic() - begun, wrong=type(error).__name__, who=self)
            return 0, ""
        taken = time.monotonic() - begun
        self.crowd.note(kind, status, taken, late=taken > deadline, who=self, text=text)
        return status, text

    def exchange(self, method, path, body, headers, deadline):
        if self.hung_up != self.crowd.hung_up:
            self.hung_up = self.crowd.hung_up
            self.leave()
        fresh = self.connection is None
        if fresh:
            url = urllib.parse.urlsplit(self.crowd.base)
            self.connection = http.client.HTTPConnection(url.hostname, url.port, timeout=deadline + 2, source_address=self.source)
        # A kept connection was made for another kind of question.
        self.connection.timeout = deadline + 2
        if self.connection.sock:
            self.connection.sock.settimeout(deadline + 2)
        try:
            self.connection.request(method, path, body, headers)
            answer = self.connection.getresponse()
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            # A kept connection may be closed before a request comes; every browser tries another one then.
            self.leave()
            if fresh:
                raise
            return self.exchange(method, path, body, headers, deadline)
        text = answer.read().decode("utf-8", "replace")
        if answer.will_close:
            self.leave()
        if answer.status in (429, 503) and not answer.headers.get("Retry-After"):
            self.crowd.note_odd(method, "nobody says when to try again")
        return answer.status, text

    def leave(self):
        if self.connection:
            self.connection.close()
        self.connection = None


def status_ends_session(status):
    return status == 401


class Crowd:
    def __init__(self, fleet, base, records, rate, size=20, api_token=None):
        self.fleet, self.base, self.api_token = fleet, base, api_token
        self.records = records
        self.size, self.pause = size, size / rate
        self.over = threading.Event()
        self.lock = threading.Lock()
        self.numbers = iter(range(10**9))
        # Grows whenever everybody is to come by a connection of their own anew.
        self.hung_up = 0
        self.clear()
        self.visitors = [Visitor(self, number) for number in range(size)]

    def clear(self):
        self.requests = self.late = 0
        self.taken, self.statuses, self.odd = [], collections.Counter(), collections.Counter()
        self.acknowledged = []
        self.latest = {}
        # One answer of each kind that was no success.
        self.examples = {}

    def note(self, kind, status, taken, late=False, wrong=None, who=None, text=None):
        with self.lock:
            if text and not 200 <= status < 300:
                self.examples.setdefault((kind, status), " ".join(text.split())[:200])
            self.latest[who] = status
            if wrong == "another person":
                self.odd[(kind, wrong)] += 1
                return
            self.requests += 1
            self.taken.append(taken)
            self.statuses[(kind, status)] += 1
            self.late += late
            if wrong:
                self.odd[(kind, wrong)] += 1

    def note_odd(self, kind, what):
        with self.lock:
            self.odd[(kind, what)] += 1

    def last_status(self, who):
        return self.latest.get(who, 200)

    def start(self):
        for visitor in self.visitors:
            visitor.start()

    def stop(self):
        self.over.set()
        for visitor in self.visitors:
            visitor.join(40)

    def quantile(self, share):
        with self.lock:
            ordered = sorted(self.taken)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0

    def refused(self):
        """Answers that were no success, by kind and status."""
        with self.lock:
            return {key: count for key, count in self.statuses.items() if not 200 <= key[1] < 300}
