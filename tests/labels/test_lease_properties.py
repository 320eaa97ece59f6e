"""The store against a model in plain Python: people, leases, answers, undo, pauses, expiry, reopening."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from galcore.labels import CampaignNotOpenError, LabelStore
from galcore.types import Campaign, CampaignState, EventKind, Grid, LabelEvent, Reason, ShownItem

LEASE_S = 10.0
OVERLAP = 2
people = st.sampled_from(["ada", "bob", "eve"])
galaxies = st.sampled_from(["g1", "g2", "g3"])
CAMPAIGN = Campaign("c1", "Spirals", "?", ("spiral", "other"), overlap=OVERLAP)


class StoreOfAFewPeople(RuleBasedStateMachine):
    """Every rule does the same to the store and to three small collections."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.now_s = 0.0
        self.store = self.open()
        self.store.create_campaign(CAMPAIGN)
        self.state: CampaignState = "open"
        self.said: dict[str, LabelEvent] = {}  # labels and skips that stand
        self.held: set[tuple[str, str]] = set()
        self.signs: dict[str, float] = {}
        self.late: list[LabelEvent] = []
        self.grids: dict[str, str] = {}  # person to a grid that was given
        self.count = 0

    def open(self) -> LabelStore:
        path = Path(self.folder.name) / "labels.duckdb"
        return LabelStore.open(path, lease_s=LEASE_S, clock=lambda: self.now_s)

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()

    def next_id(self) -> str:
        self.count += 1
        return f"id-{self.count}"

    def voters(self, galaxy_id: str) -> set[str]:
        return {
            event.annotator
            for event in self.said.values()
            if (event.galaxy_id, event.kind) == (galaxy_id, EventKind.LABEL)
            and event.reason not in (Reason.GOLD, Reason.REASK)
        }

    def load(self, galaxy_id: str) -> int:
        return len(self.voters(galaxy_id) | {who for held, who in self.held if held == galaxy_id})

    def expire(self) -> None:
        self.held = {(g, who) for g, who in self.held if self.now_s - self.signs[who] <= LEASE_S}

    def grant(self, who: str, wanted: list[str]) -> list[str]:
        self.expire()
        granted = []
        for galaxy_id in dict.fromkeys(wanted):
            mine = (galaxy_id, who) in self.held
            if mine or (who not in self.voters(galaxy_id) and self.load(galaxy_id) < OVERLAP):
                self.held.add((galaxy_id, who))
                granted.append(galaxy_id)
        self.signs[who] = self.now_s
        return granted

    def take(self, event: LabelEvent) -> None:
        self.signs[event.annotator] = self.now_s
        if event.kind == EventKind.UNDO:
            gone = self.said.pop(event.undoes)
            back = gone.kind == EventKind.LABEL and gone.reason not in (Reason.GOLD, Reason.REASK)
            if back and gone.annotator not in self.voters(gone.galaxy_id):
                self.held.add((gone.galaxy_id, gone.annotator))
            return
        self.said[event.event_id] = event
        if event.reason not in (Reason.GOLD, Reason.REASK):
            self.held.discard((event.galaxy_id, event.annotator))

    def send(self, event: LabelEvent) -> None:
        if self.state == "open":
            assert self.store.append([event, event]) == 1
            assert self.store.append([event]) == 0
            self.take(event)
            return
        try:
            self.store.append([event])
        except CampaignNotOpenError:
            if event.grid_id:
                self.late.append(event)
        else:
            raise AssertionError(f"a {self.state} campaign took a label")

    @rule(who=people, wanted=st.lists(galaxies, min_size=1, max_size=3))
    @precondition(lambda self: self.state == "open")
    def lease(self, who: str, wanted: list[str]) -> None:
        assert list(self.store.lease("c1", who, wanted)) == self.grant(who, wanted)

    @rule(who=people, wanted=st.lists(galaxies, min_size=1, max_size=2, unique=True))
    @precondition(lambda self: self.state == "open")
    def give_grid(self, who: str, wanted: list[str]) -> None:
        items = tuple(ShownItem(galaxy_id, Reason.TOP) for galaxy_id in wanted)
        given = self.store.give_grid(Grid(self.next_id(), "c1", who, 1, items, ""))
        assert [item.galaxy_id for item in given.items] == self.grant(who, wanted)
        if given.items:
            self.grids[who] = given.grid_id

    @rule(
        who=people,
        galaxy_id=galaxies,
        answer=st.sampled_from(CAMPAIGN.answers),
        reason=st.sampled_from([Reason.TOP, Reason.TOP, Reason.GOLD, Reason.REASK]),
    )
    def answer(self, who: str, galaxy_id: str, answer: str, reason: Reason) -> None:
        grid_id = self.grids.get(who, "")
        self.send(
            LabelEvent(
                self.next_id(),
                "c1",
                galaxy_id,
                who,
                EventKind.LABEL,
                answer,
                reason=reason,
                grid_id=grid_id,
            )
        )

    @rule(who=people, galaxy_id=galaxies)
    @precondition(lambda self: self.state == "open")
    def skip(self, who: str, galaxy_id: str) -> None:
        self.send(LabelEvent(self.next_id(), "c1", galaxy_id, who, EventKind.SKIP))

    @rule(which=st.integers(0, 99))
    @precondition(lambda self: self.state == "open" and self.said)
    def undo(self, which: int) -> None:
        event = list(self.said.values())[which % len(self.said)]
        names = ("c1", event.galaxy_id, event.annotator)
        self.send(LabelEvent(self.next_id(), *names, EventKind.UNDO, undoes=event.event_id))

    @rule(who=people)
    def leave(self, who: str) -> None:
        self.store.release("c1", who)
        self.held = {(galaxy_id, holder) for galaxy_id, holder in self.held if holder != who}

    @rule(who=people, seconds=st.sampled_from([1.0, LEASE_S, LEASE_S + 1]))
    def time_passes_with_a_sign_of_one(self, who: str, seconds: float) -> None:
        self.now_s += seconds
        self.store.touch("c1", who)
        self.signs[who] = self.now_s

    @rule(state=st.sampled_from(["open", "open", "paused", "closed"]))
    def change_state(self, state: CampaignState) -> None:
        self.store.update_campaign(replace(CAMPAIGN, state=state))
        if state == "open":
            for event in self.late:
                self.take(event)
            self.late = []
        self.state = state

    @rule()
    def reopen_the_file(self) -> None:
        self.store.close()
        self.store = self.open()
        self.signs = {who: self.now_s for _, who in self.held}

    @invariant()
    def the_store_says_the_same(self) -> None:
        loads = {galaxy_id: load for galaxy_id, load in self.store.loads("c1")[0].items() if load}
        self.expire()
        assert loads == {g: self.load(g) for g in ("g1", "g2", "g3") if self.load(g)}
        for who in ("ada", "bob", "eve"):
            assert self.store.leased("c1", who) == {g for g, holder in self.held if holder == who}
        assert self.store.late("c1").event_id.tolist() == [event.event_id for event in self.late]
        voted = {(g, who) for g in ("g1", "g2", "g3") for who in self.voters(g)}
        current = self.store.current("c1")
        assert set(zip(current.galaxy_id, current.annotator, strict=True)) == voted


TestStoreOfAFewPeople = StoreOfAFewPeople.TestCase
TestStoreOfAFewPeople.settings = settings(max_examples=12, stateful_step_count=25, deadline=None)
