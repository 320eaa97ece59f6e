"""Looking a label file over, and setting aside what is wrong in it: nothing is ever deleted.

Rows that are set aside go into a Parquet file beside the label file, with what is wrong with each, before
they leave the table; a file that cannot be read gets another name and stays where it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from galcore.labels.records import campaign_from_json
from galcore.labels.schema import connect, migrate
from galcore.questions import questions_of
from galcore.types import Campaign, EventKind, GalcoreError, Reason
from galcore.whole_files import write_whole

QUARANTINE_FOLDER = "labels.quarantine"
FUTURE = timedelta(hours=1)  # clocks of two machines differ, though hardly by an hour
EXAMPLES = 5
RETURNED = ".returned.parquet"


@dataclass(frozen=True, slots=True)
class LabelProblem:
    """One kind of thing that is wrong.

    Attributes:
        kind: Short name.
        n_events: Events it concerns; 0 where it is the file as a whole.
        detail: In words, with examples.
    """

    kind: str
    n_events: int
    detail: str


@dataclass(frozen=True, slots=True)
class LabelCheck:
    """What a look at a label file found.

    Attributes:
        path: File or copy that was looked at.
        readable: Whether it could be read at all.
        n_events: Events in it.
        problems: What is wrong.
        set_aside: Files that hold what was set aside; empty if nothing was.
    """

    path: Path
    readable: bool
    n_events: int
    problems: tuple[LabelProblem, ...]
    set_aside: tuple[Path, ...] = ()

    @property
    def healthy(self) -> bool:
        """Whether nothing is wrong."""
        return self.readable and not self.problems


# Each finds the sequence numbers of events with one fault; parameters by name.
_FAULTS: dict[str, tuple[str, str]] = {
    "duplicate": (
        "an event id that is stored before (the first one stays)",
        "SELECT seq FROM label_events QUALIFY row_number() OVER (PARTITION BY event_id ORDER BY seq) > 1",
    ),
    "incomplete": (
        "no event id, galaxy or person, or a label without an answer",
        "SELECT seq FROM label_events WHERE trim(event_id) = '' OR trim(galaxy_id) = '' "
        "OR trim(annotator) = '' OR (kind = 'label' AND answer = '')",
    ),
    "unknown word": (
        "a kind or a reason that Galcore does not know",
        "SELECT seq FROM label_events WHERE NOT list_contains($kinds, kind) "
        "OR NOT list_contains($reasons, reason)",
    ),
    "unknown campaign": (
        "of a campaign that is not there",
        "SELECT seq FROM label_events WHERE campaign_id NOT IN (SELECT campaign_id FROM campaign_versions)",
    ),
    "orphan undo": (
        "takes back an event that is not there",
        "SELECT u.seq FROM label_events u WHERE u.kind = 'undo' AND NOT EXISTS (SELECT 1 FROM label_events e "
        "WHERE e.event_id = u.undoes AND e.campaign_id = u.campaign_id AND e.annotator = u.annotator)",
    ),
    "future": (
        "later than now",
        "SELECT seq FROM label_events WHERE created_at > $latest",
    ),
}
_NOT_ALLOWED = "not allowed"
_RETURN = """
INSERT INTO label_events BY NAME
SELECT q.* EXCLUDE (problem) REPLACE (CASE WHEN q.seq IN (SELECT seq FROM label_events)
    THEN (SELECT max(seq) FROM label_events) + row_number() OVER (ORDER BY q.seq) ELSE q.seq END AS seq)
FROM read_parquet(?) q
"""


def check_workspace_labels(path: Path, *, snapshot: Path) -> LabelCheck | None:
    """Look over the labels of a workspace; ``None`` when there are none.

    Args:
        path: Its label file.
        snapshot: Its copy of the labels, looked at while another process holds the file.
    """
    if not path.exists():
        return None
    try:
        return check_labels(path)
    except GalcoreError:
        return check_copy(snapshot)


def check_labels(path: Path) -> LabelCheck:
    """Look a label file over without changing it.

    Raises:
        GalcoreError: If it is not there, or another process holds it.
    """
    if not path.exists():
        raise GalcoreError(f"{path} is not there: nobody has labelled in this workspace yet.")
    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            return _look(connection, path)
    except duckdb.Error as error:
        _require_free(path, error)
        return _unreadable(path, error)


def check_copy(snapshot: Path) -> LabelCheck:
    """Look over the newest generation of a snapshot, for when another process holds the label file.

    Raises:
        GalcoreError: If there is no snapshot.
    """
    from galcore.labels.parquet import load_tables
    from galcore.labels.snapshot import current_generation

    generation = current_generation(snapshot)
    with duckdb.connect(":memory:") as connection:
        try:
            load_tables(connection, generation)
        except GalcoreError as error:
            return _unreadable(generation, error)
        return _look(connection, generation)


def quarantine_labels(path: Path) -> LabelCheck:
    """Look a label file over and set aside what is wrong; a file that cannot be read is moved aside whole.

    Returns:
        What was found, and in ``set_aside`` the files that hold it now.

    Raises:
        GalcoreError: If it is not there, another process holds it, or the disk refuses.
    """
    found = check_labels(path)
    if not found.readable:
        return LabelCheck(path, False, 0, found.problems, move_aside(path, why="unreadable"))
    set_aside = []
    with connect(path) as connection:
        migrate(connection)
        while faults := _faults(connection):  # an undo may lose its event by the first round
            set_aside.append(_set_aside(connection, path, faults))
    return LabelCheck(path, True, found.n_events, found.problems, tuple(set_aside))


def return_quarantined(path: Path, file: Path) -> int:
    """Put rows that were set aside back into a label file; returns their number.

    They keep their place in the order unless something new has it. ``file`` gets a name that says so.

    Raises:
        GalcoreError: If another process holds the label file, or ``file`` is none of quarantined rows.
    """
    if file.name.endswith(RETURNED):
        raise GalcoreError(f"{file} was put back already: move it away, or keep it as it is.")
    try:
        with connect(path) as connection:
            migrate(connection)
            before = _count(connection)
            connection.execute(_RETURN, [str(file)])
            n_back = _count(connection) - before
    except duckdb.Error as error:
        _require_free(path, error)
        raise GalcoreError(f"{file} cannot be read as quarantined labels: {error}") from error
    file.rename(file.with_name(file.stem + RETURNED))
    return n_back


def move_aside(path: Path, *, why: str) -> tuple[Path, ...]:
    """Give a label file and its write-ahead log another name beside the old one; returns the new paths.

    Raises:
        GalcoreError: If it cannot be renamed.
    """
    moved = []
    suffix = f".{why}-{_stamp()}"
    for file in (path, path.with_name(path.name + ".wal")):
        if file.exists():
            try:
                moved.append(file.rename(file.with_name(file.name + suffix)))
            except OSError as error:
                raise GalcoreError(f"{file} cannot be moved aside ({error}); move it by hand.") from error
    return tuple(moved)


def _look(connection: duckdb.DuckDBPyConnection, path: Path) -> LabelCheck:
    faults = _faults(connection)
    problems = tuple(
        LabelProblem(kind, len(rows), _tell(connection, kind, rows)) for kind, rows in faults.items()
    )
    return LabelCheck(path, True, _count(connection), problems)


def _faults(connection: duckdb.DuckDBPyConnection) -> dict[str, list[int]]:
    """Sequence numbers per fault; an event with several faults counts under the first."""
    parameters = {
        "kinds": [str(kind) for kind in EventKind],
        "reasons": [str(reason) for reason in Reason],
        "latest": datetime.now(UTC).replace(tzinfo=None) + FUTURE,
    }
    taken: set[int] = set()
    faults: dict[str, list[int]] = {}
    for kind, (_, sql) in _FAULTS.items():
        used = {name: value for name, value in parameters.items() if f"${name}" in sql}
        rows = [seq for (seq,) in connection.execute(sql, used).fetchall() if seq not in taken]
        faults[kind] = rows
        taken.update(rows)
    faults[_NOT_ALLOWED] = [seq for seq in _not_allowed(connection) if seq not in taken]
    return {kind: rows for kind, rows in faults.items() if rows}


def _not_allowed(connection: duckdb.DuckDBPyConnection) -> list[int]:
    """Labels with an answer that no version of their campaign knows."""
    columns = {row[0] for row in connection.execute("DESCRIBE label_events").fetchall()}
    question = (
        "question" if "question" in columns else "''"
    )  # a file of an older layout is looked at as it is
    allowed: dict[str, set[tuple[str, str]]] = {}
    for (settings,) in connection.execute("SELECT settings FROM campaign_versions").fetchall():
        campaign = campaign_from_json(settings)
        allowed.setdefault(campaign.campaign_id, set()).update(allowed_answers(campaign))
    said = connection.execute(
        f"SELECT campaign_id, {question} AS question, answer, list(seq) FROM label_events "
        "WHERE kind = 'label' GROUP BY ALL"
    ).fetchall()
    return [
        seq
        for campaign_id, asked, answer, rows in said
        if (asked, answer) not in allowed.get(campaign_id, {(asked, answer)})
        for seq in rows
    ]


def allowed_answers(campaign: Campaign) -> set[tuple[str, str]]:
    """Every question of a campaign with each of its answers."""
    return {(question.name, answer) for question in questions_of(campaign) for answer in question.answers}


def _tell(connection: duckdb.DuckDBPyConnection, kind: str, rows: list[int]) -> str:
    what = _FAULTS[kind][0] if kind in _FAULTS else "an answer that the campaign does not have"
    examples = connection.execute(
        "SELECT event_id, galaxy_id, answer FROM label_events WHERE list_contains($rows, seq) ORDER BY seq",
        {"rows": rows[:EXAMPLES]},
    ).fetchall()
    shown = ", ".join(f"{event_id} (galaxy {galaxy}, {answer!r})" for event_id, galaxy, answer in examples)
    return f"{what}: {shown}" + (" …" if len(rows) > EXAMPLES else "")


def _set_aside(connection: duckdb.DuckDBPyConnection, path: Path, faults: dict[str, list[int]]) -> Path:
    folder = path.parent / QUARANTINE_FOLDER
    folder.mkdir(exist_ok=True)
    target = folder / f"events-{_stamp()}.parquet"
    rows = {"seq": [seq for each in faults.values() for seq in each]}
    kinds = [kind for kind, each in faults.items() for _ in each]
    connection.begin()
    try:
        wrong = connection.sql(
            "SELECT e.*, w.problem FROM label_events e JOIN "
            "(SELECT unnest($seq::BIGINT[]) AS seq, unnest($kinds::VARCHAR[]) AS problem) w USING (seq)",
            params={**rows, "kinds": kinds},
        )
        with write_whole(target, durable=True) as unfinished:
            wrong.write_parquet(str(unfinished), compression="zstd")
        connection.execute("DELETE FROM label_events WHERE list_contains($seq::BIGINT[], seq)", rows)
        connection.commit()
    except BaseException:
        connection.rollback()
        raise
    return target


def _count(connection: duckdb.DuckDBPyConnection) -> int:
    ((n_events,),) = connection.execute("SELECT count(*) FROM label_events").fetchall()
    return int(n_events)


def _unreadable(path: Path, error: Exception) -> LabelCheck:
    return LabelCheck(path, False, 0, (LabelProblem("unreadable", 0, f"cannot be read: {error}"),))


def _require_free(path: Path, error: duckdb.Error) -> None:
    if "lock" in str(error) or "different configuration" in str(error):
        raise GalcoreError(
            f"{path} is in use by another process: stop that Galcore, or look at its snapshot."
        ) from error


def _stamp() -> str:
    return f"{datetime.now(UTC):%Y-%m-%dT%H%M%S.%fZ}"
