"""The one thread that writes: it takes what is queued, commits it as one transaction, then answers.

A commit costs a flush to disk (~1-2 ms on an SSD), whatever its size; under load many callers share one.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

import duckdb

from galcore.types import GalcoreError

T = TypeVar("T")
Work = Callable[[duckdb.DuckDBPyConnection], T]
LARGEST_GROUP = 256


class LabelWriteError(GalcoreError, OSError):
    """The disk did not take a write; nothing of it is stored."""


@dataclass(slots=True)
class _Job:
    work: Work[Any]
    future: Future[Any]


class Writer:
    """Runs functions that write, one after the other, on a thread of its own.

    Args:
        connection: Used by this thread only, from now on.
        label: What is written, for messages (the path of the file).
        on_end: Called on the writer's thread when a transaction has ended, with whether it was committed,
            before the callers are answered; must be quick and must not raise.
    """

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, *, label: str, on_end: Callable[[bool], None]
    ) -> None:
        self._connection = connection
        self._label = label
        self._on_end = on_end
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._door = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="galcore-label-writer", daemon=True)
        self._thread.start()

    def write(self, work: Work[T]) -> T:
        """What ``work(connection)`` returns, after it is committed.

        ``work`` runs a second time if another function of the same group failed, so what it changes besides
        the database has to be taken back in ``on_end``.

        Raises:
            GalcoreError: If the writer is closed, or whatever ``work`` raises; nothing is stored then.
            LabelWriteError: If the disk refuses.
        """
        future: Future[T] = Future()
        with self._door:
            if self._closed:
                raise GalcoreError(f"The label store {self._label} is closed: open the workspace again.")
            self._jobs.put(_Job(work, future))
        return future.result()

    @property
    def n_waiting(self) -> int:
        """Functions that wait for their turn."""
        return self._jobs.qsize()

    def close(self) -> None:
        """Finish what is queued and stop; calling it again does nothing."""
        with self._door:
            if not self._closed:
                self._closed = True
                self._jobs.put(None)
        self._thread.join()
        self._connection.close()

    def _run(self) -> None:
        while True:
            jobs, last = self._take()
            if jobs:
                self._commit(jobs)
            if last:
                return

    def _take(self) -> tuple[list[_Job], bool]:
        """Everything that waits, at least one; and whether to stop afterwards."""
        jobs: list[_Job] = []
        job = self._jobs.get()
        while job is not None:
            jobs.append(job)
            if len(jobs) >= LARGEST_GROUP:
                return jobs, False
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                return jobs, False
        return jobs, True

    def _commit(self, jobs: list[_Job]) -> None:
        try:
            results = self._transact(jobs)
        except Exception as error:
            if len(jobs) == 1:
                jobs[0].future.set_exception(self._explain(error))
                return
            # One of them spoilt the transaction of all: each alone, so that only that one hears of it.
            for job in jobs:
                self._commit([job])
            return
        for job, result in zip(jobs, results, strict=True):
            job.future.set_result(result)

    def _transact(self, jobs: list[_Job]) -> list[Any]:
        self._connection.begin()
        try:
            results = [job.work(self._connection) for job in jobs]
            self._flush()
        except Exception:
            self._rollback()
            self._on_end(False)
            raise
        self._on_end(True)
        return results

    def _flush(self) -> None:
        try:
            self._connection.commit()
        except duckdb.Error as error:  # with one writer there are no conflicts: only the disk can refuse
            raise self._disk_refused(error) from error

    def _rollback(self) -> None:
        try:
            self._connection.rollback()
        except duckdb.Error:
            return  # a failed commit has rolled back already; the first error is the one to tell

    def _explain(self, error: Exception) -> Exception:
        if isinstance(error, duckdb.IOException | duckdb.FatalException | OSError):
            return self._disk_refused(error)
        return error

    def _disk_refused(self, error: Exception) -> LabelWriteError:
        if isinstance(error, LabelWriteError):
            return error
        return LabelWriteError(
            f"Labels could not be written to {self._label} and are not stored: {error}. "
            "Check that the disk is there and has room, then submit again; restart Galcore if it goes on."
        )
