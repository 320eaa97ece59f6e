"""Reading, framing and encoding side by side, results in order.

On a CPU every core takes whole batches from file to vector with one thread of its own: nobody waits for a
decoder, and no forward pass waits for its other half at a barrier. With a GPU all cores read and frame, and
the caller's thread feeds the GPU.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from galcore.model.preprocessing import stack_frames
from galcore.types import GalcoreError, LeftOut

if TYPE_CHECKING:
    from galcore.images.image import SkyImage
    from galcore.model.encoder import Encoder

LoadImage = Callable[[str], "SkyImage"]
_WAITING_PER_WORKER = 2


@dataclass(frozen=True, slots=True)
class EncodedBatch:
    """Vectors of some galaxies.

    Attributes:
        galaxy_ids: Those that could be read.
        vectors: (n, D) float32, theirs.
        unreadable: The others, and why.
    """

    galaxy_ids: tuple[str, ...]
    vectors: NDArray[np.float32]
    unreadable: tuple[LeftOut, ...]


@dataclass(frozen=True, slots=True)
class _FramedBatch:
    galaxy_ids: tuple[str, ...]
    images: torch.Tensor  # (n, 3, H, W) uint8
    unreadable: tuple[LeftOut, ...]


def encode_in_parallel(
    galaxy_ids: Sequence[str],
    load_image: LoadImage,
    encoder: Encoder,
    *,
    batch_size: int,
    workers: int | None = None,
) -> Generator[EncodedBatch, None, None]:
    """Vectors of galaxies, batch by batch in the order given.

    At most two batches a worker lie ready or half ready, however slowly the caller takes them. A caller who
    stops early waits only for the batches that are being worked on.

    Args:
        galaxy_ids: Galaxies wanted.
        load_image: Reads the stamp of one galaxy; called from several threads. ``GalcoreError``,
            ``OSError`` and ``ValueError`` leave that galaxy out; anything else ends the run.
        encoder: The model.
        batch_size: Stamps per pass at most.
        workers: Threads; by default as many as torch has.
    """
    workers = workers or torch.get_num_threads()
    batch_size = min(batch_size, max(1, math.ceil(len(galaxy_ids) / workers)))
    groups = deque(galaxy_ids[start : start + batch_size] for start in range(0, len(galaxy_ids), batch_size))
    on_gpu = encoder.device.type != "cpu"

    def work(group: Sequence[str]) -> EncodedBatch | _FramedBatch:
        framed = _frame_batch(group, load_image, encoder)
        return framed if on_gpu else _encode_batch(framed, encoder)

    with one_thread_each(workers) as pool:
        waiting: deque[Future[EncodedBatch | _FramedBatch]] = deque()
        while groups or waiting:
            while groups and len(waiting) < workers * _WAITING_PER_WORKER:
                waiting.append(pool.submit(work, groups.popleft()))
            batch = waiting.popleft().result()
            yield batch if isinstance(batch, EncodedBatch) else _encode_batch(batch, encoder)


def _frame_batch(group: Sequence[str], load_image: LoadImage, encoder: Encoder) -> _FramedBatch:
    framed: dict[str, NDArray[np.uint8]] = {}
    unreadable: list[LeftOut] = []
    for galaxy_id in group:
        try:
            framed[galaxy_id] = encoder.preprocessing.frame(load_image(galaxy_id))
        except (GalcoreError, OSError, ValueError) as error:
            unreadable.append(LeftOut(source=galaxy_id, reason=str(error)))
    images = stack_frames(list(framed.values())) if framed else torch.empty(0)
    return _FramedBatch(tuple(framed), images, tuple(unreadable))


def _encode_batch(batch: _FramedBatch, encoder: Encoder) -> EncodedBatch:
    if not batch.galaxy_ids:
        empty = np.empty((0, encoder.embedding_dim), dtype=np.float32)
        return EncodedBatch((), empty, batch.unreadable)
    return EncodedBatch(batch.galaxy_ids, encoder.encode(batch.images).numpy(), batch.unreadable)


@contextmanager
def one_thread_each(workers: int) -> Iterator[ThreadPoolExecutor]:
    """Threads in which torch computes with one core each; the caller's number of cores comes back after."""
    before = torch.get_num_threads()
    pool = ThreadPoolExecutor(
        workers, thread_name_prefix="embed", initializer=torch.set_num_threads, initargs=(1,)
    )
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)
        torch.set_num_threads(before)
