"""The command line. No logic of its own: each command is a call of the public functions.

Data go to standard output, everything else to standard error. Exit codes: 0 done, 1 error, 2 wrong usage,
3 the leak test found a leak.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

import twin
from twin.errors import InputError, TwinError

app = typer.Typer(
    help="Learn a table about people and make a twin of it: rows that are alike and belong to nobody.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)

Source = Annotated[
    str, typer.Argument(help="Table: a csv, parquet or arrow path, or - for csv on standard input.")
]
Subject = Annotated[str | None, typer.Option(help="Column that names the person.")]
Target = Annotated[str | None, typer.Option(help="Column that a model trained on the twin should predict.")]
Seed = Annotated[int, typer.Option(min=0, help="The same seed gives the same result.")]
Threshold = Annotated[
    int | None, typer.Option(help="Values held by fewer subjects are suppressed; 11 unless given.")
]
ModelName = Annotated[str, typer.Option(help="auto, trees, copula or independent.")]
SchemaFile = Annotated[Path | None, typer.Option(help="Schema as JSON, from twin.infer(table).to_json().")]
Html = Annotated[Path | None, typer.Option("--report", help="Where to write the HTML report.")]
JsonFile = Annotated[Path | None, typer.Option("--json", help="Where to write the report as JSON.")]


def _say(text: str) -> None:
    typer.echo(text, err=True)


@contextmanager
def _errors() -> Iterator[None]:
    """Errors that are meant for people end the command with their message and code 1."""
    try:
        yield
    except TwinError as error:
        _say(f"error: {error}")
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        _say("stopped: nothing was written")
        raise typer.Exit(1) from None
    except BrokenPipeError:
        raise typer.Exit(0) from None


def _schema(path: Path | None) -> twin.Schema | None:
    if path is None:
        return None
    if not path.is_file():
        raise InputError(f"{path}: there is no such file")
    return twin.Schema.from_json(path.read_text(encoding="utf-8"))


def _check_folders(*paths: Path | None) -> None:
    """Refuse places to write to that are not there, before any work."""
    for path in paths:
        if path is not None and not path.absolute().parent.is_dir():
            raise InputError(f"{path}: there is no such folder to write to; make it first")


@app.callback(invoke_without_command=True)
def _main(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    if version:
        typer.echo(twin.__version__)
        raise typer.Exit


@app.command()
def demo(
    folder: Annotated[Path, typer.Option("-o", "--out", help="Folder for what it writes.")] = Path(
        "twin-demo"
    ),
    seed: Seed = 0,
) -> None:
    """Fit, sample and report on a real table that ships with twin."""
    from twin.demo import run

    with _errors():
        run(folder, seed=seed, say=typer.echo)


@app.command()
def scan(
    source: Source,
    subject: Subject = None,
    k: Annotated[int | None, typer.Option(help="Fewer persons make a small group; 11 unless given.")] = None,
    json: Annotated[Path | None, typer.Option("--json", help="Where to write the scan as JSON.")] = None,
    html: Annotated[
        Path | None, typer.Option("-o", "--html", help="Where to write the scan as HTML.")
    ] = None,
    schema: Annotated[
        Path | None, typer.Option(help="Where to write the schema, to edit and give to twin fit --schema.")
    ] = None,
    show_values: Annotated[
        bool, typer.Option("--show-values", help="Show values of the data, rare ones among them.")
    ] = False,
) -> None:
    """Print what in a table could identify someone, and what is missing."""
    with _errors():
        _check_folders(json, html, schema)
        found = twin.scan(twin.read_table(source), subject=subject, k=k, show_values=show_values)
        if json is not None:
            found.to_json(json)
        if html is not None:
            found.to_html(html)
        if schema is not None:
            found.to_schema(schema)
        typer.echo(found.to_text(), nl=False)


@app.command()
def fit(
    source: Source,
    out: Annotated[Path, typer.Option("-o", "--out", help="Where to write the twin.")],
    model: ModelName = "auto",
    subject: Subject = None,
    k: Threshold = None,
    schema: SchemaFile = None,
    quasi_identifier: Annotated[
        list[str] | None,
        typer.Option(help="Column that others may know of a person, may be repeated; see twin scan."),
    ] = None,
    seed: Seed = 0,
    epsilon: Annotated[float | None, typer.Option(help="Privacy budget; not in this version.")] = None,
    delta: Annotated[float, typer.Option(help="Chance that the budget does not hold.")] = 1e-6,
) -> None:
    """Learn a table and save its twin."""
    with _errors():
        _check_folders(out)
        declared = _schema(schema)
        table = twin.read_table(source)
        fitted = twin.fit(
            table,
            subject=subject,
            model=model,
            k=k,
            schema=declared,
            quasi_identifiers=quasi_identifier,
            seed=seed,
            epsilon=epsilon,
            delta=delta,
        )
        fitted.save(out)
        _say(f"{out}: {fitted!r}; {len(fitted.suppressed)} kinds of facts suppressed")


@app.command()
def sample(
    file: Annotated[Path, typer.Argument(help="A saved twin.")],
    out: Annotated[str, typer.Option("-o", "--out", help="Table to write, or - for csv on standard output.")],
    n: Annotated[
        int | None, typer.Option("-n", min=0, help="Rows; as many as the source had if left out.")
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="The same seed gives the same rows.")] = None,
    escape_formulas: Annotated[
        bool, typer.Option(help="In csv, defuse text that a spreadsheet would run as a formula.")
    ] = False,
) -> None:
    """Sample rows of a saved twin, in blocks, so that any number of rows fits in memory."""
    with _errors():
        loaded = twin.load(file)
        rows = loaded.facts.rows if n is None else n
        with twin.open_writer(out, escape_formulas=escape_formulas) as writer:
            for block in loaded.stream(rows, seed=seed):
                writer.write(block)
        _say(f"{out}: {rows:,} rows")


@app.command()
def report(
    synthetic: Annotated[str, typer.Option(help="The synthetic table.")],
    train: Annotated[str, typer.Option(help="The real table that the twin was fitted to.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Where to write the HTML report.")],
    holdout: Annotated[
        str | None, typer.Option(help="Real rows of other people, kept away from the fit.")
    ] = None,
    model: Annotated[
        Path | None, typer.Option("--twin", help="The saved twin, for its suppression log.")
    ] = None,
    target: Target = None,
    subject: Subject = None,
    json: JsonFile = None,
    seed: Seed = 0,
) -> None:
    """Score a synthetic table against its source."""
    with _errors():
        _check_folders(out, json)
        told = twin.report(
            twin.read_table(synthetic),
            train=twin.read_table(train),
            holdout=None if holdout is None else twin.read_table(holdout),
            twin=None if model is None else twin.load(model),
            target=target,
            subject=subject,
            seed=seed,
        )
        told.to_html(out)
        if json is not None:
            told.to_json(json)
        _say(str(told))


@app.command()
def release(
    source: Source,
    out: Annotated[str, typer.Argument(help="Synthetic table to write, or - for csv on standard output.")],
    subject: Subject = None,
    n: Annotated[
        int | None, typer.Option("-n", min=0, help="Rows; as many as the source if left out.")
    ] = None,
    html: Html = None,
    json: JsonFile = None,
    target: Target = None,
    model: ModelName = "auto",
    k: Threshold = None,
    schema: SchemaFile = None,
    seed: Seed = 0,
) -> None:
    """Split a table by subject, fit, sample, and report beside the people kept away."""
    with _errors():
        _check_folders(html, json)
        declared = _schema(schema)
        with twin.open_writer(out) as writer:
            done = twin.release(
                twin.read_table(source),
                subject=subject,
                n=n,
                seed=seed,
                target=target,
                model=model,
                k=k,
                schema=declared,
            )
            if html is not None:
                done.report.to_html(html)
            if json is not None:
                done.report.to_json(json)
            writer.write(done.data)
        _say(str(done.report))


@app.command("leak-test")
def leak_test(
    source: Source,
    subject: Subject = None,
    model: Annotated[
        list[str] | None, typer.Option(help="Model to fit, may be repeated; all of them if left out.")
    ] = None,
    k: Threshold = None,
    rows: Annotated[int, typer.Option(min=1, help="Rows to sample from each model.")] = 1_000_000,
    schema: SchemaFile = None,
    quasi_identifier: Annotated[
        list[str] | None,
        typer.Option(help="Column whose combinations are planted too, may be repeated."),
    ] = None,
    seed: Seed = 0,
    guard: Annotated[
        bool, typer.Option(help="Without the guard the canaries pass, and the test must find them.")
    ] = True,
    json: Annotated[Path | None, typer.Option(help="Where to write the result as JSON.")] = None,
) -> None:
    """Plant unusual values that few people hold in a copy of a table, and look for them in its twins."""
    with _errors():
        _check_folders(json)
        tested = twin.leak_test(
            twin.read_table(source),
            subject=subject,
            models=model or None,
            k=k,
            rows=rows,
            schema=_schema(schema),
            quasi_identifiers=tuple(quasi_identifier or ()),
            seed=seed,
            guard=guard,
        )
        if json is not None:
            tested.to_json(json)
        typer.echo(str(tested))
        if not tested.passed:
            raise typer.Exit(3)


@app.command()
def inspect(file: Annotated[Path, typer.Argument(help="A saved twin.")]) -> None:
    """Print what a saved twin is and knows."""
    with _errors():
        typer.echo(twin.load(file).inspect())


def main() -> None:
    """Entry point of the command `twin`."""
    app(prog_name="twin")


if __name__ == "__main__":
    main()
