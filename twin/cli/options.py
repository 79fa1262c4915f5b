"""What commands of the command line share: options, words on standard error, how errors end them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

import twin
from twin.core.privacy import K
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


Balance = Annotated[
    list[str] | None,
    typer.Option(
        metavar="COLUMN=LEVEL:SHARE",
        help="Target share of a level, or of LOW..HIGH, of nothing for missing cells, of ... for the rest. "
        "Repeat it until the shares of a column add to 1.",
    ),
]
FairBy = Annotated[
    str | None,
    typer.Option(
        "--parity",
        metavar="SENSITIVE:OUTCOME",
        help="Give an outcome the same share in each group of a sensitive column.",
    ),
]
RequestName = Annotated[
    str | None,
    typer.Option("--request", help="Name of a request that the twin holds, or a JSON file of one."),
]


ConstraintsFile = Annotated[
    Path | None,
    typer.Option(help="JSON file of rules that all rows of a sample keep, as twin suggest writes it."),
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

    Args:
        fitted: The twin.
        texts: Words of an option, one for each time that it was given, or None.
        table: Path of a table of conditions, or None.

    Raises:
        InputError: If both are given, or a word names no column.
    """
    if table is not None:
        if texts:
            raise InputError("given: give conditions or a table of them, not both")
        return twin.read_table(table)
    conditions: dict[Any, list[Any]] = {}
    for text in texts or ():
        name, value = _column(fitted, text, "given", "VALUE")
        conditions.setdefault(name, []).append(_condition(fitted, name, value))
    return conditions or None


def read_balance(fitted: twin.Twin, texts: list[str] | None) -> Any:
    """Target shares from words such as "sex=F:0.5", or None where there are none.

    Args:
        fitted: The twin.
        texts: Words of an option, one for each time that it was given, or None.

    Raises:
        InputError: If a word names no column or no share.
    """
    shares: dict[Any, dict[Any, float]] = {}
    for text in texts or ():
        name, value = _column(fitted, text, "balance", "LEVEL:SHARE")
        level, _, share = value.rpartition(":")
        try:
            number = float(share)
        except ValueError:
            raise InputError(
                f"balance[{name!r}]: after the last colon stands no share; write --balance COLUMN=LEVEL:SHARE"
            ) from None
        shares.setdefault(name, {})[... if level == "..." else _condition(fitted, name, level)] = number
    return shares or None


def read_parity(fitted: twin.Twin, text: str | None) -> twin.Parity | None:
    """Parity from words such as "sex:income", or None.

    Args:
        fitted: The twin.
        text: Words of an option, or None.

    Raises:
        InputError: If they do not name two columns.
    """
    if text is None:
        return None
    names = fitted.schema.names
    for sensitive in names:
        outcome = text.removeprefix(f"{sensitive}:")
        found = [name for name in names if outcome != text and str(name) == outcome]
        if found:
            return twin.Parity(sensitive=sensitive, outcome=found[0])
    raise InputError("parity: it does not name two columns of the twin; write --parity SENSITIVE:OUTCOME")


def read_request(
    fitted: twin.Twin, asked: str | None, balance: Any = None, fair: twin.Parity | None = None
) -> twin.Request | str | None:
    """A request that a twin holds, or one from its JSON file, or one of target shares and parity, or None.

    Args:
        fitted: The twin.
        asked: Name or file of a request, or None.
        balance: Target shares, or None.
        fair: Parity, or None.

    Raises:
        InputError: If there is neither a name nor a file, or other things are asked beside it.
        FileFormatError: If the file holds something else.
    """
    if asked is None:
        plain = balance is None and fair is None
        return None if plain else twin.Request(balance=balance or {}, fair=fair)
    if balance is not None or fair is not None:
        raise InputError("request: it says what is asked; put --balance and --parity into it")
    if asked in fitted.requests:
        return asked
    path = Path(asked)
    if not path.is_file():
        raise InputError(f"request: the twin holds none named {asked!r}, and there is no such file")
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        raise twin.FileFormatError(f"{path}: it is no JSON") from None
    return twin.Request.from_json(document)


def privacy_from(
    *,
    k: int | None = None,
    quasi_identifiers: list[str] | None = None,
    epsilon: float | None = None,
    delta: float = 1e-6,
    public: str | None = None,
    rows_per_subject: int | None = None,
) -> twin.Suppression | twin.Budget:
    """The regime that the options of a command ask for.

    Args:
        k: Threshold, or None for the usual.
        quasi_identifiers: Columns that others may know of a person, or None for those of the schema.
        epsilon: Privacy budget, or None for suppression.
        delta: Chance that the budget does not hold.
        public: Path of a table without secrets, or None.
        rows_per_subject: Most rows of a subject that count, or None for one.

    Raises:
        InputError: If options do not go together.
    """
    if epsilon is None:
        for option, value in (("public", public), ("rows_per_subject", rows_per_subject)):
            if value is not None:
                raise InputError(
                    f"{option}: goes with a privacy budget alone; give --epsilon, or leave it out"
                )
        named = "auto" if quasi_identifiers is None else quasi_identifiers
        return twin.Suppression(k=K if k is None else k, quasi_identifiers=named)
    if k is not None:
        raise InputError("k: cannot be given together with epsilon, whose private thresholds replace it")
    if quasi_identifiers is not None:
        raise InputError("quasi_identifiers: a budget covers all combinations; leave it out with epsilon")
    cap = 1 if rows_per_subject is None else rows_per_subject
    return twin.Budget(epsilon, delta=delta, rows_per_subject=cap, public=read_public(public))


def _column(fitted: twin.Twin, text: str, option: str, form: str) -> tuple[Any, str]:
    """The column that a word names, and what follows."""
    held = [name for name in fitted.schema.names if text.startswith(f"{name}=")]
    if not held:
        raise InputError(
            f"{option}: {text.partition('=')[0]!r} is no column of the twin; write --{option} COLUMN={form}"
        )
    name = max(held, key=lambda name: len(str(name)))
    return name, text.removeprefix(f"{name}=")


def _condition(fitted: twin.Twin, name: Any, value: str) -> Any:
    """A value, a range "LOW..HIGH", or nothing for a missing cell."""
    low, dots, high = value.partition("..")
    ordered = any(field.ordered for field in fitted.columns.fields_of(name))
    return (low or None, high or None) if dots and ordered else value or None


def read_rules(path: Path | None) -> twin.Rules | None:
    """Rules from their file, or from one of suggestions, or None where none is named.

    Raises:
        InputError: If there is no such file.
        FileFormatError: If it holds no rules.
    """
    if path is None:
        return None
    if not path.is_file():
        raise InputError(f"{path}: there is no such file")
    try:
        text = path.read_text(encoding="utf-8")
        told = json.loads(text)
        if isinstance(told, dict) and "suggestions" in told:
            text = json.dumps({"rules": [item["rule"] for item in told["suggestions"]]})
    except (ValueError, KeyError, TypeError):
        raise twin.FileFormatError(f"{path}: it holds no rules as twin suggest writes them") from None
    return twin.Rules.from_json(text)


def write(path: Path, text: str) -> None:
    """A file of text, whole or not at all.

    Args:
        path: Where to write it.
        text: The text.
    """
    with AtomicFile(path) as file:
        file.stream.write(text.encode())


def read_public(path: str | None) -> object:
    """A public table from its file, or None where none is named."""
    return None if path is None else twin.read_table(path)


def warn_of_csv(source: str, epsilon: float | None, schema: Path | None) -> None:
    """In csv the cells decide the types, so that under a budget a schema has to declare them.

    Args:
        source: Path of the table, or - for standard input.
        epsilon: The budget, or None where there is none.
        schema: File of the schema, or None.
    """
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
