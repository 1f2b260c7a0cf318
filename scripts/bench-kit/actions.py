"""Measures acting: how many actions a second are accepted, how they are carried on, and how long that takes at 50 a second."""

import collections
import os
import statistics
import sys
import threading
import time
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "soak-kit"))
from fleet import Fleet  # noqa: E402

SECONDS = int(os.environ.get("SECONDS", "10"))
PACE = 50


def post(fleet, member, record, name):
    status, _, answer = fleet.ask(member, "POST", "/v1/calls", {"sfdc_id": record, "outcome": name}, uuid.uuid4().hex)
    if status != 201:
        raise SystemExit(f"{status} {answer}")


def drained(fleet, member):
    while True:
        targets = fleet.done(member, "GET", "/v1/deliveries?limit=1")["targets"]
        if sum(target["open"] for target in targets) == 0:
            return targets
        time.sleep(0.2)


def calls_of(fleet):
    counts = fleet.control("GET", "/journal")["counts"]
    return sum(count for path, count in counts.items() if path.endswith("/activities/external.json") or path.endswith("/composite/sobjects"))


def flood(fleet, member, records):
    """Accepts as many as it can while nobody delivers, then delivers them."""
    until, accepted = time.time() + SECONDS, collections.Counter()

    def work(which):
        number = 0
        while time.time() < until:
            post(fleet, member, records[(which * 97 + number) % len(records)][1], f"f{which}-{number}"[:50])
            number += 1
        accepted[which] = number

    threads = [threading.Thread(target=work, args=(which,)) for which in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    total = sum(accepted.values())
    fleet.control("DELETE", "/journal")
    begun = time.time()
    fleet.start("worker", "worker")
    drained(fleet, member)
    took = time.time() - begun
    return total / SECONDS, 2 * total / took, 2 * total / max(1, calls_of(fleet))


def steadily(fleet, member, records):
    """At an even pace: when was each accepted, and when did Marketo and Salesforce have it?"""
    sent = {}

    def one(number):
        post(fleet, member, records[number % len(records)][1], f"s{number}")
        sent[f"s{number}"] = time.time() * 1000

    threads, begun = [], time.time()
    for number in range(PACE * SECONDS):
        threads.append(threading.Thread(target=one, args=(number,)))
        threads[-1].start()
        time.sleep(max(0.0, begun + (number + 1) / PACE - time.time()))
    for thread in threads:
        thread.join()
    drained(fleet, member)
    written = fleet.control("GET", "/written")["marketo"]
    there = {one["attributes"].get("Sales Call Subject"): one["committed"] for one in written}
    lags = sorted(there[name] - at for name, at in sent.items() if name in there)
    if len(lags) != len(sent):
        raise SystemExit(f"{len(sent) - len(lags)} never arrived")
    return statistics.median(lags), lags[int(len(lags) * 0.99)]


def main():
    fleet = Fleet(1200, 30, 20, {"MSI__MARKETO__POLL_SECONDS": "600", "MSI__DELIVERY__CALL_SECONDS": "10"})
    try:
        fleet.start("account", "account")
        fleet.ready()
        fleet.start("worker", "worker")
        member = fleet.settle_in()
        records = fleet.records(600)
        median, high = steadily(fleet, member, records)
        fleet.kill("worker")
        accepted, delivered, per_call = flood(fleet, member, records)
        print(f"  accepted                    {accepted:10.0f} actions/s")
        print(f"  delivered                   {delivered:10.0f} deliveries/s, {per_call:.0f} in each call")
        print(f"  at {PACE} actions/s, to Marketo  {median:8.0f} ms (median), {high:.0f} ms (99 %)")
        print(f"accepted_per_second={accepted:.0f} deliveries_per_second={delivered:.0f} deliveries_per_call={per_call:.1f} lag_ms_median={median:.0f} lag_ms_p99={high:.0f}")
    finally:
        fleet.stop()


main()
