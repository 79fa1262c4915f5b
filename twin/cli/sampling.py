"""The part of the command line that draws rows."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import twin
from twin.cli.options import (
    Balance,
    FairBy,
    Given,
    GivenTable,
    RequestName,
    Source,
    Subject,
    check_folders,
    errors,
    read_balance,
    read_given,
    read_parity,
    read_request,
    say,
    write,
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
    request: RequestName = None,
    escape_formulas: Annotated[
        bool, typer.Option(help="In csv, defuse text that a spreadsheet would run as a formula.")
    ] = False,
) -> None:
    """Sample rows of a saved twin, in blocks, so that any number of rows fits in memory."""
    with errors():
        loaded = twin.load(file)
        asked = {
            "given": read_given(loaded, given, given_table),
            "request": read_request(
                loaded, request, read_balance(loaded, balance), read_parity(loaded, parity)
            ),
        }
        rows = 0
        with twin.open_writer(out, escape_formulas=escape_formulas) as writer:
            for block in loaded.stream(n, seed=seed, **asked):
                writer.write(block)
                rows += len(block)
        say(f"{out}: {rows:,} rows")


def impute(
    file: Annotated[Path, typer.Argument(help="A saved twin.")],
    source: Source,
    out: Annotated[
        list[str],
        typer.Option("-o", "--out", help="Table to write; repeat it for several imputations of the table."),
    ],
    seed: Annotated[int | None, typer.Option(min=0, help="The same seed gives the same cells.")] = None,
) -> None:
    """Fill the missing cells of a table from a saved twin, once for each table that is named to write.

    What it writes holds the rows of the table, so it is as real as that was.
    """
    with errors():
        filled = twin.load(file).impute(twin.read_table(source), m=len(out), seed=seed)
        for path, table in zip(out, filled, strict=True):
            twin.write_table(table, path)
        say(f"{', '.join(out)}: {sum(filled.filled.values()):,} cells filled; the rows are real ones")


def suggest(
    source: Source,
    subject: Subject = None,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", help="Where to write the rules, to edit before a fit."),
    ] = None,
) -> None:
    """Print rules that a table seems to keep, to choose from and give to twin fit --constraints."""
    with errors():
        check_folders(out)
        found = twin.suggest_constraints(twin.read_table(source), subject=subject)
        if out is not None:
            write(out, found.to_json())
        typer.echo(str(found))


def add_sampling(app: typer.Typer) -> None:
    """Adds these commands to the command line."""
    for name, command in (("sample", sample), ("impute", impute), ("suggest", suggest)):
        app.command(name)(command)
