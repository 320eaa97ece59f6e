"""Files for hosting, as far as they can be read without a container."""

from __future__ import annotations

import re
import tomllib

import yaml

from galcore.settings import ROOT
from galcore.web.gate import METRICS_ROUTES
from galcore.web.metrics import METRICS_ROUTE
from galcore.web.routes import HEALTH_ROUTE

DEPLOY = ROOT / "deploy"


def _dockerfile() -> str:
    return (DEPLOY / "Dockerfile").read_text(encoding="utf-8")


def test_the_container_runs_without_root_and_is_asked_for_its_health() -> None:
    text = _dockerfile()
    assert text.index("USER galcore") < text.index("CMD [")
    assert HEALTH_ROUTE in text
    assert "STOPSIGNAL SIGTERM" in text


def test_what_the_container_copies_is_there_and_the_rest_is_kept_out() -> None:
    for source in re.findall(r"^COPY (?:--\S+ )?(\S+) ", _dockerfile(), re.MULTILINE):
        assert (ROOT / source).exists(), source
    kept_out = (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8").split()
    assert {".git", ".streamlit/secrets.toml", "deploy/.env", "workspaces"} <= set(kept_out)


def test_the_services_start_in_order_and_only_the_proxy_is_reachable() -> None:
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]
    assert "ports" not in services["galcore"]
    assert services["caddy"]["depends_on"]["galcore"]["condition"] == "service_healthy"
    assert (DEPLOY / "Caddyfile").is_file()


def test_the_proxy_leads_to_the_port_of_the_container_and_hides_the_metrics() -> None:
    caddy = (DEPLOY / "Caddyfile").read_text(encoding="utf-8")
    port = re.search(r"EXPOSE (\d+)", _dockerfile())
    assert port
    assert f"galcore:{port[1]}" in caddy
    assert METRICS_ROUTE in caddy
    assert caddy.count("{") == caddy.count("}")


def test_both_proxies_pass_websockets_say_who_asks_and_take_the_largest_upload() -> None:
    nginx = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    for header in ("Upgrade $http_upgrade", "Host $http_host", "X-Forwarded-For $remote_addr"):
        assert f"proxy_set_header {header};" in nginx  # a passphrase could be guessed freely without the last
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    largest_mb = config["server"]["maxUploadSize"]
    caddy = (DEPLOY / "Caddyfile").read_text(encoding="utf-8")
    assert f"client_max_body_size {largest_mb}m;" in nginx
    assert f"max_size {largest_mb}MB" in caddy
    for route in METRICS_ROUTES:
        assert f"location {route} {{" in nginx
        assert route in caddy
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]
    assert services["galcore"]["environment"]["FORWARDED_ALLOW_IPS"]


def test_the_examples_hold_no_secret_and_can_be_read() -> None:
    example = (ROOT / ".streamlit" / "secrets.toml.example").read_text(encoding="utf-8")
    secrets = tomllib.loads(example)
    assert secrets["galcore"]["passphrase"] == ""
    assert "auth" not in secrets  # a section there would turn accounts on
    uncommented = "\n".join(line.removeprefix("# ") for line in example.splitlines()[12:])
    assert set(tomllib.loads(uncommented)["auth"]) >= {"redirect_uri", "cookie_secret", "client_id"}
    environment = (DEPLOY / "env.example").read_text(encoding="utf-8").splitlines()
    given = dict(line.split("=", 1) for line in environment if line and not line.startswith("#"))
    assert [given[f"GALCORE_{name}"] for name in ("PASSPHRASE", "OWNER", "SECRET")] == ["", "", ""]


def test_settings_named_in_the_guide_to_hosting_exist() -> None:
    named = set(re.findall(r"GALCORE_[A-Z]+", (ROOT / "docs" / "hosting.md").read_text(encoding="utf-8")))
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "galcore").rglob("*.py"))
    prefixed = {f"GALCORE_{name.upper()}" for name in ("passphrase", "owner", "hosted")}
    missing = {name for name in named if name not in code} - prefixed
    assert not missing
