"""Every metric, file and check is in the docs, and what deploy/ asks for exists."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from crawler.upkeep.metrics import Metrics

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs/operations.md").read_text("utf-8")
DEPLOY = ROOT / "deploy"
FAMILIES = [family for family in Metrics().registry.collect() if family.name.startswith("tocsin")]
NAMES = {family.name + {"counter": "_total", "info": "_info"}.get(family.type, "") for family in FAMILIES}
LISTED = set(re.findall(r"^\| `(tocsin_\w+)", PAGE, re.MULTILINE))
SUFFIXES = ("_bucket", "_sum", "_count")
PROCESS = {"process_resident_memory_bytes", "process_start_time_seconds"}


def asked(expressions: list[str]) -> set[str]:
    """Return the metrics that queries ask for."""
    found = {name for one in expressions for name in re.findall(r"\b(?:tocsin|process)_\w+", one)}
    return {next((name.removesuffix(end) for end in SUFFIXES if name.endswith(end)), name) for name in found}


def test_every_metric_is_documented_and_no_other() -> None:
    assert LISTED == NAMES


def test_metrics_are_named_as_prometheus_asks() -> None:
    for family in FAMILIES:
        assert family.documentation.endswith(".")
        assert re.fullmatch(r"tocsin_[a-z_]+", family.name)
        assert not re.search(r"_(milliseconds|ms|kb|minutes)\b", family.name), "base units only"


def test_the_dashboard_and_the_alert_rules_ask_for_metrics_that_exist() -> None:
    board = json.loads((DEPLOY / "grafana-dashboard.json").read_text())
    shown = asked([target["expr"] for panel in board["panels"] for target in panel["targets"]])
    rules = yaml.safe_load((DEPLOY / "prometheus-alerts.yaml").read_text())["groups"][0]["rules"]
    watched = asked([rule["expr"] for rule in rules])
    assert (shown | watched) - PROCESS <= NAMES
    assert NAMES - shown - watched <= {"tocsin_build_info"}, "what nobody looks at need not be counted"
    assert all(rule["annotations"]["summary"] for rule in rules)
    for rule in rules:
        assert f"`{rule['alert']}`" in PAGE


@pytest.mark.parametrize("alert", ["TocsinBackupOld", "TocsinCanarySilent"])
def test_an_alert_on_what_never_succeeded_counts_from_the_start_of_the_process(alert: str) -> None:
    rules = yaml.safe_load((DEPLOY / "prometheus-alerts.yaml").read_text())["groups"][0]["rules"]
    (expression,) = [rule["expr"] for rule in rules if rule["alert"] == alert]
    # A number that is not known yet is NaN, which no comparison finds: it is left out first.
    fallback = r'\(tocsin_\w+_last_success_timestamp_seconds > 0 or process_start_time_seconds\{job="tocsin"\}\)'
    assert re.search(r"time\(\) - " + fallback, expression)


@pytest.mark.parametrize("file", [*sorted(path.name for path in DEPLOY.iterdir())])
def test_every_file_of_deploy_is_named(file: str) -> None:
    assert f"deploy/{file}" in (ROOT / "docs/deploy.md").read_text() + PAGE


def test_the_unit_feeds_a_watchdog_and_changes_nothing_but_its_state() -> None:
    lines = (DEPLOY / "tocsin.service").read_text().splitlines()
    for line in (
        "Type=notify",
        "WatchdogSec=60",
        "ProtectSystem=strict",
        "NoNewPrivileges=yes",
        "StateDirectory=tocsin",
    ):
        assert line in lines


def test_the_container_runs_as_nobody_special_on_a_root_that_cannot_be_written() -> None:
    service = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]["tocsin"]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "USER 10001:10001" in (DEPLOY / "Containerfile").read_text()


def test_a_container_is_built_of_what_its_ignore_file_lets_through_and_of_no_more() -> None:
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (DEPLOY / "Containerfile").read_text(), re.MULTILINE)
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert ignored[1] == "*"
    assert {line[1:] for line in ignored if line.startswith("!")} == {
        source.partition("/")[0] for line in copied for source in line.split()
    }


def test_a_command_beside_the_service_runs_as_the_service_does() -> None:
    unit = dict(line.split("=", 1) for line in (DEPLOY / "tocsin.service").read_text().splitlines() if "=" in line)
    program, _, config, _ = unit["ExecStart"].split()
    words = (DEPLOY / "tocsin.sh").read_text().split()
    same = ("StateDirectory", "StateDirectoryMode", "UMask", "WorkingDirectory", "EnvironmentFile", "LimitNOFILE")
    assert {f"--property={name}={unit[name]}" for name in same} <= set(words)
    who = {f"--uid={unit['User']}", f"--gid={unit['Group']}"}
    assert who | {f"--setenv=TOCSIN_CONFIG={config}", program} <= set(words)
