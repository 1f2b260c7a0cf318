"""A link between two programs that can be cut: what goes in on one side comes out on the other, unless it is told otherwise."""

import asyncio
import socket
import struct
import threading

# What can happen to a link:
#   pass       nothing
#   delay      every piece waits a moment
#   drop       nothing goes through, in neither direction; what was sent comes through afterwards, as TCP sends it again
#   half-open  connections that stand are dead for good, and nobody is told; new ones are good
#   reset      connections that stand are broken off, and so are new ones
#   refuse     connections that stand are broken off, and nobody listens
FAULTS = ["delay", "drop", "half-open", "reset", "refuse"]
DELAY = 0.3


class Pair:
    def __init__(self, *writers):
        self.writers, self.dead = writers, False

    def break_off(self):
        for writer in self.writers:
            try:
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            except OSError:
                pass
            writer.transport.abort()


class Link:
    loop = None

    def __init__(self, name, target):
        self.name = name
        self.host, port = target.rsplit(":", 1)
        self.target_port = int(port)
        self.mode, self.pairs, self.server = "pass", set(), None
        if Link.loop is None:
            Link.loop = asyncio.new_event_loop()
            threading.Thread(target=Link.loop.run_forever, daemon=True).start()
        self.port = 0
        self.flows = self.within(self.make_flow())
        self.within(self.listen())

    @staticmethod
    def within(work):
        return asyncio.run_coroutine_threadsafe(work, Link.loop).result(10)

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    async def make_flow(self):
        flow = asyncio.Event()
        flow.set()
        return flow

    async def listen(self):
        self.server = await asyncio.start_server(self.accept, "127.0.0.1", self.port, backlog=512)
        self.port = self.server.sockets[0].getsockname()[1]

    def set(self, mode):
        self.within(self.change(mode))

    async def change(self, mode):
        was, self.mode = self.mode, mode
        if was == "refuse":
            await self.listen()
        if mode in ("reset", "refuse"):
            for pair in list(self.pairs):
                pair.break_off()
        if mode == "half-open":
            for pair in self.pairs:
                pair.dead = True
        if mode == "refuse":
            self.server.close()
        if mode == "drop":
            self.flows.clear()
        else:
            self.flows.set()

    async def accept(self, reader, writer):
        if self.mode == "reset":
            Pair(writer).break_off()
            return
        try:
            onward_reader, onward = await asyncio.open_connection(self.host, self.target_port)
        except OSError:
            writer.transport.abort()
            return
        pair = Pair(writer, onward)
        self.pairs.add(pair)
        try:
            await asyncio.gather(self.pump(pair, reader, onward), self.pump(pair, onward_reader, writer))
        finally:
            self.pairs.discard(pair)
            for end in pair.writers:
                end.close()

    async def pump(self, pair, reader, writer):
        try:
            while data := await reader.read(65536):
                if self.mode == "delay":
                    await asyncio.sleep(DELAY)
                await self.flows.wait()
                while pair.dead:
                    await asyncio.sleep(3600)
                writer.write(data)
                await writer.drain()
            await self.flows.wait()
            while pair.dead:
                await asyncio.sleep(3600)
            if writer.can_write_eof():
                writer.write_eof()
        except OSError:
            pair.break_off()
