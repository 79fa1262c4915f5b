"""What the documentation says works: its Python runs, its commands parse, its names exist."""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
import re
import shlex
import types
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest import mock

import click
import pandas as pd
import pytest
import typer

import twin
from twin.attacks.registry import ATTACKS
from twin.cli.main import app
from twin.files import formats as table_formats
from twin.metrics.registry import METRICS
from twin.reporting.formats import FORMATS as REPORT_FORMATS

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
PAGES = sorted(p for p in (ROOT / "docs").rglob("*.md") if not {"_build", "_generated"} & set(p.parts))
COMMANDS = typer.main.get_command(app)


def blocks(page: Path, *languages: str) -> list[str]:
    """Fenced blocks of these languages, in order."""
    found = re.findall(r"^```(\w+)\n(.*?)^```", page.read_text(encoding="utf-8"), re.M | re.S)
    return [body for language, body in found if language in languages]


def code(page: Path) -> str:
    """All Python of a page, each line where it stands in the page, so that errors point at it."""
    lines = page.read_text(encoding="utf-8").splitlines()
    out, inside = [], False
    for line in lines:
        if line.startswith("```"):
            inside = not inside and line.strip() == "```python"
            out.append("")
        else:
            out.append(line if inside else "")
    return "\n".join(out)


def commands(page: Path) -> list[list[str]]:
    """Every `twin …` of a page, in blocks of shell or in the text, as lists of words."""
    shell = (
        "\n".join(blocks(page, "sh", "make"))
        .replace("\\\n", " ")
        .replace("$<", "in.csv")
        .replace("$@", "out.csv")
    )
    inline = re.findall(r"`(twin [a-z]+ [^`]+)`", page.read_text(encoding="utf-8"))
    found = []
    for line in [*shell.splitlines(), *inline]:
        for part in re.split(r"[|;]", line):
            match = re.match(r"\s*(?:\.venv/bin/)?twin\s+(.*)", part)
            if match:
                found.append(shlex.split(match[1], comments=True))
    return found


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.fixture(autouse=True)
def registers(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a page registers goes with it."""
    monkeypatch.setattr(table_formats, "FORMATS", table_formats.FORMATS)
    with ExitStack() as kept:
        for register in (twin.MODELS, ATTACKS, METRICS, REPORT_FORMATS):
            kept.enter_context(mock.patch.dict(register))
        yield


PAGES_WITH_PYTHON = [p for p in [README, *PAGES] if blocks(p, "python")]
SLOW = {
    "README.md",
    "docs/howto/deep_mode.md",
    "docs/howto/leak_test.md",
    "docs/howto/networks.md",
    "docs/howto/choose_a_model.md",
    "docs/howto/compare.md",
    "docs/howto/privacy_budget.md",
    "docs/howto/read_the_report.md",
    "docs/howto/release.md",
}


@pytest.fixture(scope="module")
def fit_once() -> Callable[..., twin.Twin]:
    """`twin.fit`, which keeps a twin where pages fit the same table in the same way: five do."""
    fit, kept = twin.fit, {}

    @functools.wraps(fit)
    def fitted(table: pd.DataFrame, **how: Any) -> twin.Twin:
        if set(how) - {"subject", "seed"} or not isinstance(table, pd.DataFrame):
            return fit(table, **how)
        cells = pd.util.hash_pandas_object(table).to_numpy().tobytes()
        key = (cells, str(dict(table.dtypes)), how.get("subject"), how.get("seed", 0))
        if key not in kept:
            kept[key] = fit(table, **how)
        return kept[key]

    return fitted


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(
    "page",
    [pytest.param(p, id=name(p), marks=[pytest.mark.slow] * (name(p) in SLOW)) for p in PAGES_WITH_PYTHON],
)
@pytest.mark.usefixtures("kinds")
def test_python_of_a_page_runs(
    page: Path, fit_once: Callable[..., twin.Twin], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(twin, "fit", fit_once)
    table = twin.datasets.load_rand_hie()
    few = table[table["person"].isin(table["person"].unique()[::5])].reset_index(drop=True)
    monkeypatch.setattr(twin.datasets, "load_rand_hie", few.copy)  # a fifth of the persons, to be quick
    exec(compile(code(page), str(page), "exec", dont_inherit=True), {"__name__": "__main__"})


def resolved(node: ast.expr) -> Any:
    """What a dotted name that begins with `twin` stands for; None for other names."""
    if isinstance(node, ast.Name):
        return twin if node.id == "twin" else None
    if not isinstance(node, ast.Attribute):
        return None
    held = resolved(node.value)
    # What a module lacks is an error; values are not followed.
    return getattr(held, node.attr) if isinstance(held, types.ModuleType | type) else None


@pytest.mark.parametrize("page", [pytest.param(p, id=name(p)) for p in PAGES_WITH_PYTHON])
def test_names_and_arguments_of_a_page_exist(page: Path) -> None:
    """Of slow pages too."""
    for node in ast.walk(ast.parse(code(page))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "twin":
            module = importlib.import_module(node.module or "")
            assert not [alias.name for alias in node.names if not hasattr(module, alias.name)]
        elif isinstance(node, ast.Attribute):
            resolved(node)
        elif isinstance(node, ast.Call) and callable(function := resolved(node.func)):
            takes = inspect.signature(function).parameters.values()
            names = {p.name for p in takes if p.kind not in (p.POSITIONAL_ONLY, p.VAR_POSITIONAL)}
            named = {keyword.arg for keyword in node.keywords if keyword.arg}
            if not any(p.kind == p.VAR_KEYWORD for p in takes):
                assert named <= names, f"{ast.unparse(node.func)} takes no {sorted(named - names)}"


@pytest.mark.parametrize("page", [pytest.param(p, id=name(p)) for p in [README, *PAGES] if commands(p)])
def test_commands_of_a_page_parse(page: Path) -> None:
    for words in commands(page):
        try:
            COMMANDS.make_context("twin", list(words), resilient_parsing=False)
            _, command, rest = COMMANDS.resolve_command(click.Context(COMMANDS), list(words))  # type: ignore[attr-defined]
            command.make_context(words[0], rest)
        except click.UsageError as error:
            pytest.fail(f"{name(page)}: twin {' '.join(words)}: {error.format_message()}")


def test_there_are_commands_to_check() -> None:
    assert sum(len(commands(page)) for page in PAGES) >= 10


def test_names_of_the_readme_exist() -> None:
    text = README.read_text(encoding="utf-8")
    for dotted in set(re.findall(r"\btwin\.([a-z_]+(?:\.[a-z_]+)?)\(", text)):
        held: object = twin
        for part in dotted.split("."):
            assert hasattr(held, part), f"README.md: twin.{dotted} does not exist"
            held = getattr(held, part)


def test_tests_that_a_page_names_exist() -> None:
    there = set(
        re.findall(
            r"def (test_\w+)", "".join(p.read_text("utf-8") for p in Path(__file__).parent.glob("*.py"))
        )
    )
    for page in PAGES:
        named = set(re.findall(r"`(test_\w+)`", page.read_text(encoding="utf-8")))
        assert named <= there, f"{name(page)}: there is no {sorted(named - there)}"


def test_rooms_do_not_hide_functions_of_the_same_name() -> None:
    for room in ("twin.reporting.html", "twin.releasing.release", "twin.cli.demo"):
        importlib.import_module(room)
    assert all(callable(getattr(twin, f)) for f in ("fit", "infer", "load", "release", "report"))


def test_public_names_are_in_the_reference() -> None:
    page = (ROOT / "docs" / "reference" / "api.md").read_text(encoding="utf-8")
    told = set(re.findall(r"^\.\. \w+:: (?:twin\.)?(\w+)", page, re.M))
    wanted = {n for n in twin.__all__ if not n.startswith("__") and n != "datasets"}
    assert wanted <= told, f"not in docs/reference/api.md: {sorted(wanted - told)}"


def test_links_between_pages_lead_somewhere() -> None:
    for page in [README, *PAGES]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            if "_generated" not in target:
                assert (page.parent / target).exists(), f"{name(page)}: {target} does not exist"


def test_paths_of_the_page_on_the_layout_exist() -> None:
    """Whole, or from the rooms that a line of a table begins with."""
    seen, gone = 0, []
    for line in (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").splitlines():
        paths = re.findall(r"`([\w*./]+(?:/|\.py|\.md|\.toml))`", line)
        rooms = re.findall(r"`([\w/]+/)`", line.split("|")[1]) if line.startswith("|") else []
        inside = [ROOT, ROOT / "twin", *(ROOT / "twin" / room for room in rooms)]
        named = [path for path in paths if "/" in path or (rooms and path not in line.split("|")[2])]
        gone += [path for path in named if not any(any(folder.glob(path)) for folder in inside)]
        seen += len(named)
    assert seen > 50
    assert not gone, f"docs/architecture.md: there is no {sorted(set(gone))}"
