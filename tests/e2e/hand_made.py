"""A client made by hand: speaks Streamlit's websocket without a browser, as somebody who means harm would."""

from __future__ import annotations

import json
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

WAIT_S = 30


class HandMadeClient:
    """One session at the server; sends whatever states of widgets it likes.

    Args:
        address: Of the server.
        cookie: Sent with the handshake.
        origin: Page that the websocket says it was opened by.
        headers: Further headers of the handshake.
    """

    def __init__(
        self,
        address: str,
        *,
        cookie: str = "",
        origin: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        self._address = address.replace("http", "ws", 1) + "/_stcore/stream"
        self._headers = {**({"Cookie": cookie} if cookie else {}), **(headers or {})}
        self._origin = origin
        self.received: list[ForwardMsg] = []
        self._fragments: list[str] = []

    def __enter__(self) -> HandMadeClient:
        self._connection = connect(
            self._address,
            origin=self._origin,  # type: ignore[arg-type]
            additional_headers=self._headers,
            subprotocols=[Subprotocol("streamlit")],
            max_size=None,
            proxy=None,
        )
        self._socket: ClientConnection = self._connection.__enter__()
        return self

    def __exit__(self, *told: object) -> None:
        self._connection.__exit__(*told)  # type: ignore[arg-type]

    def run(self, page: str, query: str = "", *, states: dict[str, object] | None = None) -> str:
        """Run a page with these states by widget id; all that came back, as text.

        A text is what was typed, ``True`` a pressed button, a dictionary the state of a component.
        """
        message = BackMsg()
        message.rerun_script.page_name = page
        message.rerun_script.query_string = query
        for widget_id, value in (states or {}).items():
            state = message.rerun_script.widget_states.widgets.add(id=widget_id)
            if value is True:
                state.trigger_value = True
            elif isinstance(value, str):
                state.string_value = value
            else:
                state.json_value = json.dumps(value)
        self._socket.send(message.SerializeToString())
        self.received = self._until_finished()
        return "\n".join(str(each) for each in self.received)

    def _until_finished(self) -> list[ForwardMsg]:
        """Messages up to the end of the run; a run that asks for another one ends with that one."""
        received = []
        while True:
            message = ForwardMsg()
            message.ParseFromString(self._socket.recv(timeout=WAIT_S))  # type: ignore[arg-type]
            received.append(message)
            ended = message.WhichOneof("type") == "script_finished"
            if ended and message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                return received

    def elements(self, kind: str) -> list[Any]:
        """Elements of one kind (``button``, ``text_input``, ``bidi_component``) of the last run."""
        news = [each.delta.new_element for each in self.received if each.HasField("delta")]
        return [getattr(each, kind) for each in news if each.WhichOneof("type") == kind]

    @property
    def session_id(self) -> str:
        """What the server calls this session."""
        news = [each.new_session for each in self.received if each.HasField("new_session")]
        return str(news[0].initialize.session_id)

    def widget_ids(self) -> set[str]:
        """Ids of everything in the last run that can be operated."""
        news = [each.delta.new_element for each in self.received if each.HasField("delta")]
        widgets = [getattr(each, str(each.WhichOneof("type")), None) for each in news]
        return {str(widget.id) for widget in widgets if getattr(widget, "id", "")}

    def field(self, label: str) -> str:
        """Id of the text field of this label."""
        return next(str(each.id) for each in self.elements("text_input") if each.label == label)

    def buttons(self) -> dict[str, str]:
        """Ids of all buttons by label."""
        return {each.label: str(each.id) for each in self.elements("button")}

    def component(self, name: str) -> Any:
        """The component of this name."""
        return next(each for each in self.elements("bidi_component") if each.component_name.endswith(name))
