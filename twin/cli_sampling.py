"""The part of the command line that draws rows."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import twin
from twin.cli_options import (
    Balance,
    FairBy,
    Given,
    GivenTable,
    ScenarioName,
    errors,
    read_balance,
    read_given,
    read_parity,
    read_scenario,
    say,
)


def sample(
    file: Annotated[Path, typer.Argument(help="A saved twin.")],
    out: Annotated[str, typer.Option("-o", "--out", help="Table to write, or - for csv on standard output.")],
    n: Annotated[
        int | None,
        typer.Option("-n", min=0, help="Rows; as many as the source had, or --given-table, if left out."),
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="The same seed gives the same rows.")] = None,
    given: Given = None,
    given_table: GivenTable = None,
    balance: Balance = None,
    parity: FairBy = None,
    scenario: ScenarioName = None,
    escape_formulas: Annotated[
        bool, typer.Option(help="In csv, defuse text that a spreadsheet would run as a formula.")
    ] = False,
) -> None:
    """Sample rows of a saved twin, in blocks, so that any number of rows fits in memory."""
    with errors():
        loaded = twin.load(file)
        asked = {
            "given": read_given(loaded, given, given_table),
            "balance": read_balance(loaded, balance),
            "fair": read_parity(loaded, parity),
            "scenario": read_scenario(loaded, scenario),
        }
        rows = 0
        with twin.open_writer(out, escape_formulas=escape_formulas) as writer:
            for block in loaded.stream(n, seed=seed, **asked):
                writer.write(block)
                rows += len(block)
        say(f"{out}: {rows:,} rows")


def add_sampling(app: typer.Typer) -> None:
    """Add the commands to an app."""
    for command in (sample,):
        app.command()(command)
