"""One simulated annotator: a browser tab on the grid page, without the browser."""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import suppress
from typing import Any
from urllib.parse import quote

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from galcore.load.answers import Answers
from galcore.load.protocol import STREAM_PATH, Tab
from galcore.people.tokens import PLAIN_COOKIE

RESEND_S = 4.0  # RETRY_MS of page.js
_TICK_S = 0.7  # TICK_MS of page.js
_RECONNECT_S = (0.5, 2.0)
_LARGEST_MESSAGE = 64 * 1024 * 1024


class Annotator:
    """Opens the page, answers a grid every ``pace_s`` seconds, sends again what is not acknowledged.

    Like a person, it does not wait for the acknowledgement: the grid behind is there. Where no grid is left,
    it waits for one, and that time is counted.

    Args:
        name: Under which it annotates.
        address: Host and port of the server.
        answers: What it says, and when that came back.
        pace_s: Seconds between two submissions.
    """

    def __init__(self, name: str, address: str, answers: Answers, *, pace_s: float) -> None:
        self.name = name
        self.answers = answers
        self.connections = 0
        self.without_grid_s = 0.0
        self._address = address
        self._pace_s = pace_s
        self._rng = random.Random(name)
        self._tab = Tab(query=f"campaign={answers.campaign_id}")
        self._grids: list[dict[str, Any]] = []
        self._submitted: set[str] = set()
        self._opened = asyncio.Event()
        self._data_came = asyncio.Event()
        self._socket: ClientConnection | None = None
        self._last_sent_at = 0.0

    def open_page(self) -> None:
        """Open the page; it stays open, whatever happens to the server."""
        self._opened.set()

    async def work(self, begin: asyncio.Event, end: asyncio.Event, drain_s: float) -> None:
        """Wait for ``begin``, annotate until ``end``, then stay until everything is acknowledged.

        Args:
            begin: Set when everybody's page is open.
            end: Set when no more grids are to be submitted.
            drain_s: Longest time to wait for acknowledgements afterwards.
        """
        tab = asyncio.create_task(self._keep_open())
        try:
            await begin.wait()
            await self._click(end)
            give_up_at = time.monotonic() + drain_s
            while self.answers.waiting and time.monotonic() < give_up_at:
                await asyncio.sleep(0.05)
        finally:
            tab.cancel()
            await asyncio.gather(tab, return_exceptions=True)

    @property
    def is_open(self) -> bool:
        """Whether the grid was drawn in the present connection."""
        return self._socket is not None and bool(self._grids)

    # --- the person ---

    async def _click(self, end: asyncio.Event) -> None:
        due = time.monotonic() + self._rng.uniform(0, self._pace_s)
        while not end.is_set():
            if due > time.monotonic():
                await asyncio.sleep(min(due - time.monotonic(), _TICK_S))
                continue
            grid = await self._next_grid(end)
            if grid is None:
                return
            now = time.monotonic()
            known = frozenset(each["grid_id"] for each in self._grids) | self._submitted
            self._submitted.add(grid["grid_id"])
            self.answers.submit(grid, now, known)
            await self._send_outbox()
            due = max(due, now - self._pace_s) + self._pace_s * self._rng.uniform(0.8, 1.2)

    async def _next_grid(self, end: asyncio.Event) -> dict[str, Any] | None:
        asked_at = time.monotonic()
        while not end.is_set():
            fresh = [grid for grid in self._grids if grid["grid_id"] not in self._submitted]
            if fresh:
                break
            self._data_came.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._data_came.wait(), timeout=1.0)
        self.without_grid_s += time.monotonic() - asked_at
        return None if end.is_set() else fresh[0]

    # --- the tab ---

    async def _keep_open(self) -> None:
        await self._opened.wait()
        wait_s = _RECONNECT_S[0]
        while True:
            try:
                await self._run_tab()
                wait_s = _RECONNECT_S[0]
            except (OSError, WebSocketException, TimeoutError):
                wait_s = min(wait_s * 1.5, _RECONNECT_S[1])
            self._socket = None
            await asyncio.sleep(wait_s * self._rng.uniform(0.7, 1.3))

    async def _run_tab(self) -> None:
        async with connect(
            f"ws://{self._address}{STREAM_PATH}",
            subprotocols=self._tab.subprotocols(),  # type: ignore[arg-type]
            additional_headers={"Cookie": f"{PLAIN_COOKIE}={quote(self.name)}"},
            max_size=_LARGEST_MESSAGE,
            open_timeout=60,
        ) as socket:
            self._socket = socket
            self.connections += 1
            await self._send(self._tab.ask_page(self.answers.state()))
            timers = asyncio.create_task(self._poll())
            try:
                async for payload in socket:
                    self._receive(payload if isinstance(payload, bytes) else payload.encode())
            finally:
                timers.cancel()

    def _receive(self, payload: bytes) -> None:
        data = self._tab.receive(payload)
        if data is None:
            return
        self._grids = data["grids"]
        self.answers.hear(data, time.monotonic())
        self._data_came.set()

    async def _poll(self) -> None:
        """What the page does by itself: fragments ask again at their interval, the outbox while it waits."""
        last: dict[str, float] = {}
        while True:
            await asyncio.sleep(_TICK_S * self._rng.uniform(0.9, 1.1))
            now = time.monotonic()
            for fragment_id, interval_s in list(self._tab.intervals_s.items()):
                if now - last.setdefault(fragment_id, now) >= interval_s:
                    last[fragment_id] = now
                    state = self.answers.state()
                    await self._send(self._tab.ask_fragment(fragment_id, state, by_itself=True))
            if self.answers.waiting and now - self._last_sent_at > RESEND_S:
                await self._send_outbox()

    async def _send_outbox(self) -> None:
        self._last_sent_at = time.monotonic()
        if self._tab.fragment_id:
            await self._send(self._tab.ask_fragment(self._tab.fragment_id, self.answers.state()))

    async def _send(self, payload: bytes) -> None:
        if self._socket is None:
            return
        try:
            await self._socket.send(payload)
        except WebSocketException:
            return  # the tab notices by itself and connects again; the outbox keeps what was not acknowledged
