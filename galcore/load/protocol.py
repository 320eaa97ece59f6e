"""One browser tab as the Streamlit server sees it: what it sends and what it understands, as bytes.

The messages are Streamlit's own (``streamlit/proto``): ``BackMsg`` asks for a run of the script, of the whole
page or of one fragment of it, with the state of the components; ``ForwardMsg`` brings what is to be drawn.
Large messages are kept by their hash, as the browser keeps them, and come again as a reference.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

STREAM_PATH = "/_stcore/stream"
GRID_COMPONENT = "galcore_annotation_grid"
_NO_TOKEN = "PLACEHOLDER_AUTH_TOKEN"  # what Streamlit's page sends where there is no XSRF cookie
_RUNS_KEPT = 2  # a message that was not used in so many runs is dropped from the browser's cache


@dataclass(slots=True)
class Tab:
    """What a browser tab on the grid page remembers between messages.

    Attributes:
        query: Query of the address.
        session_id: Given by the server; sent again when the tab connects again.
        component_id: Of the annotation grid; empty until it was drawn.
        fragment_id: Fragment that draws it.
        intervals_s: Fragments that the page asks for again by itself, with their intervals.
        finished: Runs of the script that ended.
    """

    query: str
    session_id: str = ""
    component_id: str = ""
    fragment_id: str = ""
    intervals_s: dict[str, float] = field(default_factory=dict)
    finished: int = 0
    _page_hash: str = ""
    _kept: OrderedDict[str, tuple[int, ForwardMsg]] = field(default_factory=OrderedDict)

    def subprotocols(self) -> list[str]:
        """What the browser offers when it opens the websocket: the token and the session ride along."""
        return ["streamlit", _NO_TOKEN, *([self.session_id] if self.session_id else [])]

    def ask_page(self, state: dict[str, Any] | None) -> bytes:
        """Ask for a run of the whole page, with the state of the grid if there is one."""
        self.intervals_s.clear()
        return self._ask(state, fragment_id="", by_itself=False)

    def ask_fragment(
        self, fragment_id: str, state: dict[str, Any] | None, *, by_itself: bool = False
    ) -> bytes:
        """Ask for a run of one fragment: because a component changed, or by itself at its interval."""
        return self._ask(state, fragment_id=fragment_id, by_itself=by_itself)

    def receive(self, payload: bytes) -> dict[str, Any] | None:
        """Take in one message; what the annotation grid is told by it, if anything."""
        message = ForwardMsg.FromString(payload)
        kind = message.WhichOneof("type")
        if kind == "ref_hash":
            kept = self._kept.get(message.ref_hash)
            if kept is None:
                return None
            self._kept[message.ref_hash] = (self.finished, kept[1])
            message, kind = kept[1], "delta"
        elif message.metadata.cacheable:
            self._kept[message.hash] = (self.finished, message)
        if kind == "delta":
            return self._read_delta(message)
        if kind == "new_session":
            self.session_id = message.new_session.initialize.session_id
        elif kind == "auto_rerun":
            self.intervals_s[message.auto_rerun.fragment_id] = message.auto_rerun.interval
        elif kind == "script_finished":
            self._finish()
        return None

    def _read_delta(self, message: ForwardMsg) -> dict[str, Any] | None:
        element = message.delta.new_element
        if element.bidi_component.component_name != GRID_COMPONENT:
            return None
        self.component_id = element.bidi_component.id
        self.fragment_id = message.delta.fragment_id
        self._page_hash = message.metadata.active_script_hash
        return dict(json.loads(element.bidi_component.json))

    def _finish(self) -> None:
        self.finished += 1
        old = [key for key, (run, _) in self._kept.items() if run < self.finished - _RUNS_KEPT]
        for key in old:
            del self._kept[key]

    def _ask(self, state: dict[str, Any] | None, *, fragment_id: str, by_itself: bool) -> bytes:
        asked = ClientState(
            query_string=self.query,
            page_name="" if self._page_hash else "grid",
            page_script_hash=self._page_hash,
            fragment_id=fragment_id,
            is_auto_rerun=by_itself,
            cached_message_hashes=list(self._kept),
        )
        if state is not None and self.component_id:
            asked.widget_states.widgets.add(id=self.component_id, json_value=json.dumps(state))
        asked.context_info.timezone = "UTC"
        asked.context_info.locale = "en-US"
        return BackMsg(rerun_script=asked).SerializeToString()
