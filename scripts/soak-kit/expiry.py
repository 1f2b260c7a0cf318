"""The access token for Salesforce runs out while many need it, in several processes, and each refresh token is good for one use."""

import argparse
import collections
import http.client
import json
import threading
import time
import urllib.parse

from fleet import Fleet, free_port, visitor_token

PROCESSES, WORKERS = 3, 50
CHECK, TOKEN = "/v1/connections/salesforce/check", "/salesforce/services/oauth2/token"


def said(body):
    """What a refusal says of itself: its code and its sentence."""
    try:
        problem = json.loads(body)
        return f"{problem['code']}: {problem['detail']}" if "code" in problem else f"not connected: {problem}"
    except (ValueError, KeyError, TypeError):
        return "not connected, and no problem document"


class Worker(threading.Thread):
    """Needs the token once for each time that it ran out."""

    def __init__(self, storm, base):
        super().__init__(daemon=True)
        self.storm, url = storm, urllib.parse.urlsplit(base)
        self.connection = http.client.HTTPConnection(url.hostname, url.port, timeout=30)

    def run(self):
        for _ in range(self.storm.rounds):
            self.storm.begin.wait()
            try:
                self.connection.request("POST", CHECK, headers={"Authorization": f"Bearer {visitor_token(self.storm.member)}"})
                answer = self.connection.getresponse()
                body = answer.read()
                outcome = answer.status if b'"connected"' in body else f"{answer.status} {said(body)}"
            except OSError as error:
                self.connection.close()
                outcome = type(error).__name__
            with self.storm.lock:
                self.storm.outcomes[outcome] += 1
            self.storm.end.wait()


class Storm:
    def __init__(self, member, rounds):
        self.member, self.rounds = member, rounds
        self.begin, self.end = (threading.Barrier(PROCESSES * WORKERS + 1) for _ in range(2))
        self.lock, self.outcomes = threading.Lock(), collections.Counter()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--expiries", type=int)
    chosen = parser.parse_args()
    rounds = chosen.expiries or (60 if chosen.short else 1000)
    fleet = Fleet(60, 6, 4, {"MSI__GATEWAY__WORKERS": "1", "MSI__MARKETO__POLL_SECONDS": "600"})
    try:
        fleet.start("account", "account")
        fleet.ready()
        fleet.start("worker", "worker")
        member = fleet.settle_in()
        bases = [fleet.account]
        for number in range(2, PROCESSES + 1):
            address = f"127.0.0.1:{free_port()}"
            fleet.start(f"account-{number}", "account", {"MSI__ACCOUNT__LISTEN": address})
            bases.append(f"http://{address}")
            fleet.ready(bases[-1])
        storm = Storm(member, rounds)
        workers = [Worker(storm, base) for base in bases for _ in range(WORKERS)]
        for worker in workers:
            worker.start()
        fleet.control("DELETE", "/journal")
        refreshes = reused = twice = 0
        begun = time.time()
        for _ in range(rounds):
            fleet.control("POST", "/tokens/expire", {"salesforce": True})
            storm.begin.wait()
            storm.end.wait()
            # The journal keeps the last thousand calls, which are more than those of one round.
            calls = [call for call in fleet.control("GET", "/journal")["calls"] if call["path"] == TOKEN]
            fleet.control("DELETE", "/journal")
            refreshes += len(calls)
            twice += len(calls) != 1
            reused += sum(call["status"] == 400 for call in calls)
        needed = sum(storm.outcomes.values())
        others = {outcome: count for outcome, count in storm.outcomes.items() if outcome != 200}
        print(f"  {needed} requests of {PROCESSES} x {WORKERS} workers needed a token in {time.time() - begun:.0f} s; not answered: {others or 'none'}")
        print(f"expiries={rounds} refreshes={refreshes} refresh_reused={reused} failed={sum(others.values())}", flush=True)
        # In short it runs beside other tests, where the emulated Salesforce may be too slow for a moment.
        said = [outcome for outcome in others if not (chosen.short and str(outcome).startswith("503 upstream.unavailable"))]
        if refreshes != rounds or reused or twice or said:
            raise SystemExit(1)
    finally:
        fleet.stop()


main()
