"""Slow clients in numbers, beside reps who want to be answered: with the project's proxy in front, and straight at the face."""

import argparse
import asyncio
import collections
import time

from edge import Edge
from fleet import Fleet, free_port
from visitors import Crowd

# Addresses from which the slow ones come, so that a limit of connections by address has something to count.
ADDRESSES = 10


class Slow:
    """One kind of slow client: sends something, then a byte now and then, and begins anew whenever it is cut."""

    def __init__(self, name, count, port, first, trickle, answer_first=False):
        self.name, self.count, self.port = name, count, port
        self.first, self.trickle, self.answer_first = first, trickle, answer_first
        self.cut = self.refused = 0
        self.longest = 0.0
        # When those that stand just now were begun.
        self.standing = {}

    async def one(self, number, until):
        source = (f"127.0.1.{number % ADDRESSES + 1}", 0)
        while time.monotonic() < until:
            writer = None
            try:
                reader, writer = await asyncio.wait_for(asyncio.open_connection("127.0.0.1", self.port, local_addr=source), 5)
                if self.answer_first:
                    writer.write(b"GET /livez HTTP/1.1\r\nHost: soak\r\n\r\n")
                    await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
                begun = self.standing[number] = time.monotonic()
                writer.write(self.first)
                while time.monotonic() < until:
                    try:
                        # Whatever the other side says (408, 429, 503), it is over when it hangs up.
                        data = await asyncio.wait_for(reader.read(4096), 1)
                        if self.answer_first and data.startswith(b"{"):
                            continue
                        if not data or b"HTTP/1.1 4" in data or b"HTTP/1.1 5" in data:
                            self.cut += 1
                            self.longest = max(self.longest, time.monotonic() - begun)
                            break
                    except asyncio.TimeoutError:
                        writer.write(self.trickle)
                        await writer.drain()
            except (OSError, asyncio.TimeoutError, asyncio.IncompleteReadError):
                if number in self.standing:
                    self.cut += 1
                    self.longest = max(self.longest, time.monotonic() - self.standing[number])
                else:
                    self.refused += 1
            finally:
                self.standing.pop(number, None) if time.monotonic() < until else None
                if writer:
                    writer.close()
            await asyncio.sleep(0.5)

    def oldest(self):
        """Seconds for which the oldest one stands, be it cut by now or not."""
        now = time.monotonic()
        return max([self.longest] + [now - begun for begun in self.standing.values()])


def resident(process):
    with open(f"/proc/{process.pid}/status") as status:
        return next(int(line.split()[1]) // 1024 for line in status if line.startswith("VmRSS"))


async def attack(slow_ones, seconds, watch):
    until = time.monotonic() + seconds
    tasks = [asyncio.create_task(slow.one(number, until)) for slow in slow_ones for number in range(slow.count)]
    while time.monotonic() < until - 0.2:
        await asyncio.sleep(1)
        watch()
    # Before they go by themselves.
    oldest = {slow.name: slow.oldest() for slow in slow_ones}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return oldest


def round_of(fleet, chosen, label, port, process, most):
    heads, bodies, second = (200, 200, 50) if chosen.short else (1000, 1000, 200)
    seconds = 20 if chosen.short else chosen.seconds
    head = b"GET /panel/person HTTP/1.1\r\nHost: soak\r\nX-Slow: "
    body = (b"POST /canvas HTTP/1.1\r\nHost: soak\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            b"Content-Length: 9000\r\n\r\nsigned_request=")
    slow_ones = [
        Slow("heads", heads, port, head, b"a"),
        Slow("bodies", bodies, port, body, b"a"),
        Slow("second heads", second, port, b"GET /panel/person HT", b"", answer_first=True),
    ]
    crowd = Crowd(fleet, f"http://127.0.0.1:{port}", chosen.records, chosen.rate)
    before = resident(process)
    peak = [before]
    crowd.start()
    time.sleep(3)
    crowd.clear()
    oldest = asyncio.run(attack(slow_ones, seconds, lambda: peak.append(resident(process))))
    crowd.stop()
    p99 = crowd.quantile(0.99)
    failed = sum(crowd.refused().values()) + sum(crowd.odd.values())
    uncut = 0
    for slow in slow_ones:
        stands = oldest[slow.name]
        uncut += stands > most
        print(f"  {label}: {slow.count} slow {slow.name}: cut {slow.cut} times, the longest after {stands:.1f} s; turned away {slow.refused}")
    odd = collections.Counter({**crowd.refused(), **crowd.odd})
    print(f"  {label}: {crowd.requests} requests of reps, failed {failed} {dict(odd) if odd else ''}; p50 {crowd.quantile(0.5) * 1000:.0f} ms, "
          f"p99 {p99 * 1000:.0f} ms; memory of the face {before} MB, at most {max(peak)} MB", flush=True)
    return p99, failed, uncut


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--seconds", type=int, default=300)
    parser.add_argument("--rate", type=int)
    chosen = parser.parse_args()
    chosen.rate = chosen.rate or (50 if chosen.short else 100)
    fleet = Fleet(240, 6, 4, {
        "MSI__GATEWAY__WORKERS": "1", "MSI__GATEWAY__TRUSTED_PROXIES": "127.0.0.1", "MSI__MARKETO__POLL_SECONDS": "600"})
    edge = None
    try:
        face = f"127.0.0.1:{free_port()}"
        fleet.start("account", "account")
        fleet.ready()
        fleet.start("worker", "worker")
        fleet.settle_in()
        fleet.start("face", "gateway", {"MSI__GATEWAY__LISTEN": face})
        fleet.ready(f"http://{face}")
        edge = Edge(fleet.folder.name, [face], [fleet.account_address])
        edge.ready()
        chosen.records = fleet.named_records(40)
        process = fleet.processes["face"]
        # Seconds after which none may stand: five for a head and ten for a body, and what noticing takes.
        straight = round_of(fleet, chosen, "straight", int(face.split(":")[1]), process, 15)
        proxied = round_of(fleet, chosen, "behind the proxy", edge.port, process, 15)
        print(f"straight_p99_ms={straight[0] * 1000:.0f} proxied_p99_ms={proxied[0] * 1000:.0f} "
              f"failed={straight[1] + proxied[1]} uncut={straight[2] + proxied[2]}", flush=True)
        if straight[1] or proxied[1] or straight[2] or proxied[2] or max(straight[0], proxied[0]) > 1:
            raise SystemExit(1)
    finally:
        if edge:
            edge.stop()
        fleet.stop()


main()
