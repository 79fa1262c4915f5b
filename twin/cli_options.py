"""What commands of the command line share: options, words on standard error, how errors end them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

import twin
from twin.errors import InputError, TwinError
from twin.files.paths import AtomicFile

Source = Annotated[
    str, typer.Argument(help="Table: a csv, parquet or arrow path, or - for csv on standard input.")
]
Subject = Annotated[str | None, typer.Option(help="Column that names the person.")]
Target = Annotated[str | None, typer.Option(help="Column that a model trained on the twin should predict.")]
Seed = Annotated[int, typer.Option(min=0, help="The same seed gives the same result.")]
Threshold = Annotated[
    int | None, typer.Option(help="Values held by fewer subjects are suppressed; 11 unless given.")
]
ModelName = Annotated[
    str,
    typer.Option(
        help="auto, trees, marginals, copula, independent, network, ctgan; trees goes without --epsilon only."
    ),
]
SchemaFile = Annotated[Path | None, typer.Option(help="Schema as JSON, from twin.infer(table).to_json().")]
Epsilon = Annotated[
    float | None,
    typer.Option(help="Privacy budget, above 0: what is learned is then differentially private."),
]
Delta = Annotated[float, typer.Option(help="With --epsilon: chance that the budget does not hold.")]
Public = Annotated[
    str | None,
    typer.Option(help="With --epsilon: a table without secrets that tells kinds, levels and bounds."),
]
Cap = Annotated[
    int | None,
    typer.Option(
        "--rows-per-subject", help="With --epsilon: most rows of a subject that count; 1 unless given."
    ),
]
Html = Annotated[
    Path | None, typer.Option("--report", help="Where to write the HTML report, which is for internal use.")
]
JsonFile = Annotated[Path | None, typer.Option("--json", help="Where to write the report as JSON.")]
PolicyFile = Annotated[
    Path | None, typer.Option("--policy", help="Limits for the twin, as YAML or JSON; see twin policy.")
]
JUnit = Annotated[
    Path | None, typer.Option("--junit", help="Where to write the verdicts as JUnit XML, for build servers.")
]
Pdf = Annotated[Path | None, typer.Option("--pdf", help="Where to write the report as PDF.")]
PublicReport = Annotated[
    Path | None,
    typer.Option("--public-report", help="Where to write, as HTML, the part that may be released."),
]
OutDir = Annotated[
    Path | None,
    typer.Option(
        "--out-dir", help="Instead: new folder for table, twin, reports and evidence.json, all or nothing."
    ),
]
Rows = Annotated[
    int | None,
    typer.Option("-n", min=0, help="Rows; if left out as many as the source, or as were learned from."),
]
SigningKey = Annotated[
    Path | None,
    typer.Option("--key", help="With --out-dir: private key to sign with; or set TWIN_SIGNING_KEY to it."),
]
Sensitive = Annotated[
    str | None, typer.Option(help="Column that names groups of people who should be treated alike.")
]
Deep = Annotated[
    bool, typer.Option("--deep", help="Also fit the model again around the people who stand alone; slow.")
]


def say(text: str) -> None:
    """Words for people, which never go where data go."""
    typer.echo(text, err=True)


Given = Annotated[
    list[str] | None,
    typer.Option(
        metavar="COLUMN=VALUE",
        help="What all rows have: a value, LOW..HIGH, or nothing for a missing cell. May be repeated: "
        "several of one column are alternatives.",
    ),
]
GivenTable = Annotated[
    str | None, typer.Option(help="Table of which row i says what row i of the sample has in its columns.")
]


@contextmanager
def errors() -> Iterator[None]:
    """Errors that are meant for people end the command with their message and code 1."""
    try:
        yield
    except TwinError as error:
        say(f"error: {error}")
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        say("stopped: nothing was written")
        raise typer.Exit(1) from None
    except BrokenPipeError:
        raise typer.Exit(0) from None


def read_schema(path: Path | None) -> twin.Schema | None:
    """A schema from its file, or None where none is named."""
    if path is None:
        return None
    if not path.is_file():
        raise InputError(f"{path}: there is no such file")
    return twin.Schema.from_json(path.read_text(encoding="utf-8"))


def read_given(fitted: twin.Twin, texts: list[str] | None, table: str | None) -> Any:
    """Conditions from words such as "age=30..40", or a table from its file, or None where neither is given.

    Raises:
        InputError: If both are given, or a word names no column.
    """
    if table is not None:
        if texts:
            raise InputError("given: give conditions or a table of them, not both")
        return twin.read_table(table)
    conditions: dict[Any, list[Any]] = {}
    for text in texts or ():
        held = [name for name in fitted.schema.names if text.startswith(f"{name}=")]
        if not held:
            raise InputError(
                f"given: {text.partition('=')[0]!r} is no column of the twin; write --given COLUMN=VALUE"
            )
        name = max(held, key=lambda name: len(str(name)))
        value = text.removeprefix(f"{name}=")
        low, dots, high = value.partition("..")
        ordered = any(field.ordered for field in fitted.columns.fields_of(name))
        part: Any = (low or None, high or None) if dots and ordered else value or None
        conditions.setdefault(name, []).append(part)
    return conditions or None


def write(path: Path, text: str) -> None:
    """A file of text, whole or not at all."""
    with AtomicFile(path) as file:
        file.stream.write(text.encode())


def read_public(path: str | None) -> object:
    """A public table from its file, or None where none is named."""
    return None if path is None else twin.read_table(path)


def warn_of_csv(source: str, epsilon: float | None, schema: Path | None) -> None:
    """In csv the cells decide the types, so that under a budget a schema has to declare them."""
    if epsilon is not None and schema is None and (source == "-" or source.endswith((".csv", ".csv.gz"))):
        say(
            "note: csv carries no types, so they come from its cells, which the budget does not cover; "
            "give --schema, or a parquet or arrow file"
        )


def check_folders(*paths: Path | None) -> None:
    """Refuse places to write to that are not there, before any work."""
    for path in paths:
        if path is not None and not path.absolute().parent.is_dir():
            raise InputError(f"{path}: there is no such folder to write to; make it first")
