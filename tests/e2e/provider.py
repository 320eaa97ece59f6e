"""A small OpenID Connect provider: asks who you are and believes it. Keys are made at the start."""

from __future__ import annotations

import base64
import json
import secrets
import socket
import threading
import time
from html import escape
from urllib.parse import urlencode

import uvicorn
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

CLIENT, CLIENT_SECRET = "galcore", "the client's secret"
PEOPLE = {"vera": True, "ana": True, "mallory": False}  # whether the mail address is verified


class Provider:
    """Runs on a port of its own while it is entered.

    Attributes:
        address: Issuer.
        logouts: How often somebody was sent here to sign out.
    """

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._codes: dict[str, tuple[str, str]] = {}
        self.logouts = 0
        with socket.socket() as free:
            free.bind(("localhost", 0))
            port = free.getsockname()[1]
        self.address = f"http://localhost:{port}"
        routes = [
            Route("/.well-known/openid-configuration", self._metadata),
            Route("/keys", self._keys),
            Route("/authorize", self._authorize),
            Route("/token", self._token, methods=["POST"]),
            Route("/end", self._end),
        ]
        config = uvicorn.Config(Starlette(routes=routes), host="localhost", port=port, log_level="error")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    def __enter__(self) -> Provider:
        self._thread.start()
        while not self._server.started:
            time.sleep(0.02)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=10)

    def secrets_toml(self, redirect_uri: str) -> str:
        """What the dashboard's configuration says of this provider."""
        return (
            f'[auth]\nredirect_uri = "{redirect_uri}"\ncookie_secret = "{secrets.token_hex(16)}"\n'
            f'client_id = "{CLIENT}"\nclient_secret = "{CLIENT_SECRET}"\n'
            f'server_metadata_url = "{self.address}/.well-known/openid-configuration"\n'
        )

    def _metadata(self, _request: Request) -> Response:
        return JSONResponse(
            {
                "issuer": self.address,
                "authorization_endpoint": f"{self.address}/authorize",
                "token_endpoint": f"{self.address}/token",
                "jwks_uri": f"{self.address}/keys",
                "end_session_endpoint": f"{self.address}/end",
                "id_token_signing_alg_values_supported": ["RS256"],
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
            }
        )

    def _keys(self, _request: Request) -> Response:
        numbers = self._key.public_key().public_numbers()
        key = {"kty": "RSA", "kid": "1", "use": "sig", "alg": "RS256", "e": "AQAB"}
        return JSONResponse({"keys": [key | {"n": encode(numbers.n.to_bytes(256, "big"))}]})

    def _authorize(self, request: Request) -> Response:
        """Who are you? One link a person."""
        asked = request.query_params
        links = []
        for name in PEOPLE:
            code = secrets.token_hex(8)
            self._codes[code] = (name, asked.get("nonce", ""))
            back = f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"
            links.append(f'<p><a href="{escape(back)}">{name}</a></p>')
        return HTMLResponse("".join(links))

    async def _token(self, request: Request) -> Response:
        form = await request.form()
        name, nonce = self._codes.pop(str(form["code"]))
        now = int(time.time())
        claims = {
            "iss": self.address, "aud": CLIENT, "sub": f"id of {name}", "iat": now, "exp": now + 600,
            "nonce": nonce, "email": f"{name}@obs.example", "email_verified": PEOPLE[name],
        }  # fmt: skip
        return JSONResponse(
            {"access_token": secrets.token_hex(8), "token_type": "Bearer", "id_token": self._sign(claims)}
        )

    def _end(self, request: Request) -> Response:
        self.logouts += 1
        return RedirectResponse(request.query_params["post_logout_redirect_uri"])

    def _sign(self, claims: dict[str, object]) -> str:
        head = {"alg": "RS256", "kid": "1", "typ": "JWT"}
        text = ".".join(encode(json.dumps(each).encode()) for each in (head, claims))
        return f"{text}.{encode(self._key.sign(text.encode(), padding.PKCS1v15(), SHA256()))}"


def encode(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
