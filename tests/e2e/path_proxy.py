"""A reverse proxy that shows a server under a path, as institutes and hosting services do."""

from __future__ import annotations

import asyncio
import re
import threading
from contextlib import closing, suppress

PATH = "/observatory/galaxies"


class PathProxy:
    """Passes requests under :data:`PATH` on to a server with the path taken off; answers 404 to all others.

    One request a connection, but for websockets, which stay open: so only the first head is to be read.

    Args:
        port: Of the server on this machine.
    """

    def __init__(self, port: int) -> None:
        self._to = port
        self.strays: list[str] = []
        self._ready, self._loop, self._stop = threading.Event(), asyncio.new_event_loop(), asyncio.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    @property
    def address(self) -> str:
        """Where people find the dashboard."""
        return f"http://localhost:{self._port}{PATH}"

    def __enter__(self) -> PathProxy:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._listen())

    async def _listen(self) -> None:
        server = await asyncio.start_server(self._serve, "localhost", 0)
        self._port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()

    async def _serve(self, browser: asyncio.StreamReader, to_browser: asyncio.StreamWriter) -> None:
        with closing(to_browser), suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            head = (await browser.readuntil(b"\r\n\r\n")).decode("latin-1")
            asked = head.split(" ", 2)[1]
            if not asked.startswith(f"{PATH}/"):
                self.strays.append(asked)
                to_browser.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                return
            server, to_server = await asyncio.open_connection("localhost", self._to)
            with closing(to_server):
                to_server.write(self._passed_on(head).encode("latin-1"))
                await asyncio.gather(_copy(browser, to_server), _copy(server, to_browser))

    @staticmethod
    def _passed_on(head: str) -> str:
        head = head.replace(f" {PATH}/", " /", 1)
        if "upgrade: websocket" in head.lower():
            return head
        return re.sub(r"(?i)\r\nconnection:[^\r]*", "", head)[:-4] + "\r\nConnection: close\r\n\r\n"


async def _copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while piece := await source.read(65536):
            sink.write(piece)
            await sink.drain()
        sink.close()
