"""The command line. No logic of its own: each command is a call of the public functions.

Data go to standard output, everything else to standard error. Exit codes: 0 done, 1 error, 2 wrong usage,
3 the leak test found a leak, 4 a limit of privacy was not kept or could not be told, 5 only ones of fidelity.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import twin
from twin.cli.evidence import add_commands, now, place_of, stop_at, write_reports
from twin.cli.options import (
    Cap,
    ConstraintsFile,
    Deep,
    Delta,
    Epsilon,
    Html,
    JsonFile,
    JUnit,
    ModelName,
    OutDir,
    Pdf,
    PolicyFile,
    Public,
    PublicReport,
    RequestName,
    Rows,
    SchemaFile,
    Seed,
    Sensitive,
    SigningKey,
    Source,
    Subject,
    Target,
    Threshold,
    check_folders,
    errors,
    privacy_from,
    read_public,
    read_request,
    read_rules,
    read_schema,
    say,
    warn_of_csv,
    write,
)
from twin.cli.sampling import add_sampling
from twin.core.privacy import K
from twin.errors import InputError

app = typer.Typer(
    help="Learn a table about people and make a twin of it: rows that are alike and belong to nobody.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


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
    from twin.cli.demo import run

    with errors():
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
    with errors():
        check_folders(json, html, schema)
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
    epsilon: Epsilon = None,
    delta: Delta = 1e-6,
    public: Public = None,
    rows_per_subject: Cap = None,
    constraints: ConstraintsFile = None,
) -> None:
    """Learn a table and save its twin."""
    with errors():
        check_folders(out)
        declared = read_schema(schema)
        fitted = twin.fit(
            twin.read_table(source),
            subject=subject,
            model=model,
            schema=declared,
            constraints=read_rules(constraints),
            privacy=privacy_from(
                k=k,
                quasi_identifiers=quasi_identifier or None,
                epsilon=epsilon,
                delta=delta,
                public=public,
                rows_per_subject=rows_per_subject,
            ),
            seed=seed,
        )
        fitted.save(out)
        if fitted.ledger is None:
            say(f"{out}: {fitted!r}; {len(fitted.suppressed)} kinds of facts suppressed")
        else:
            say(f"{out}: {fitted!r}\n{fitted.ledger.sentence}")
            warn_of_csv(source, epsilon, schema)


@app.command()
def plan(
    source: Annotated[
        str, typer.Argument(help="A schema (.json), or a table, of which names and types alone are read.")
    ],
    epsilon: Annotated[float, typer.Option(help="Privacy budget, above 0.")],
    n: Annotated[int, typer.Option("-n", min=1, help="Rows that the table is expected to have.")],
    delta: Annotated[float, typer.Option(help="Chance that the budget does not hold.")] = 1e-6,
    schema: SchemaFile = None,
    subject: Subject = None,
    public: Public = None,
    rows_per_subject: Cap = None,
    model: ModelName = "auto",
    json: Annotated[Path | None, typer.Option("--json", help="Where to write the plan as JSON.")] = None,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", help="Where to write the schema, to edit and give to twin fit --schema."),
    ] = None,
) -> None:
    """Print what a privacy budget will buy, column by column; nothing is learned and nothing spent."""
    with errors():
        check_folders(json, out)
        declared = read_schema(Path(source) if source.endswith(".json") else schema)
        if declared is None:
            table = twin.read_table(source)
            declared = twin.infer(table, subject=subject, names_only=True, public=read_public(public))
        elif public is not None:
            raise InputError("public: give a schema or a public table, not both")
        told = twin.plan(
            declared,
            n=n,
            privacy=twin.Budget(epsilon, delta=delta, rows_per_subject=rows_per_subject or 1),
            subject=subject,
            model=model,
        )
        if json is not None:
            write(json, told.to_json())
        if out is not None:
            write(out, declared.to_json())
        typer.echo(str(told))
        if not source.endswith(".json"):
            warn_of_csv(source, epsilon, schema)


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
    sensitive: Sensitive = None,
    policy: PolicyFile = None,
    deep: Deep = False,
    json: JsonFile = None,
    junit: JUnit = None,
    pdf: Pdf = None,
    public_report: PublicReport = None,
    request: RequestName = None,
    seed: Seed = 0,
) -> None:
    """Score a synthetic table against its source, attack it, and hold it against limits."""
    with errors():
        check_folders(out, json, junit, pdf, public_report)
        fitted = None if model is None else twin.load(model)
        if request is not None and fitted is None:
            raise InputError("request: give the twin that it was drawn from as --twin")
        told = twin.report(
            twin.read_table(synthetic),
            train=twin.read_table(train),
            holdout=None if holdout is None else twin.read_table(holdout),
            twin=fitted,
            target=target,
            subject=subject,
            policy=policy,
            attacks="deep" if deep else "default",
            options=twin.ReportOptions(
                sensitive=sensitive, request=None if fitted is None else read_request(fitted, request)
            ),
            seed=seed,
        )
        write_reports(told, html=out, json=json, junit=junit, pdf=pdf, public=public_report)
        say(str(told))
        if policy is not None:
            stop_at(told.judgement, "not passed")


@app.command()
def release(
    source: Source,
    out: Annotated[
        str | None, typer.Argument(help="Synthetic table to write, or - for csv on standard output.")
    ] = None,
    out_dir: OutDir = None,
    subject: Subject = None,
    n: Rows = None,
    policy: PolicyFile = None,
    deep: Deep = False,
    key: SigningKey = None,
    html: Html = None,
    public_report: PublicReport = None,
    json: JsonFile = None,
    junit: JUnit = None,
    pdf: Pdf = None,
    target: Target = None,
    sensitive: Sensitive = None,
    model: ModelName = "auto",
    k: Threshold = None,
    schema: SchemaFile = None,
    seed: Seed = 0,
    epsilon: Epsilon = None,
    delta: Delta = 1e-6,
    public: Public = None,
    rows_per_subject: Cap = None,
    constraints: ConstraintsFile = None,
) -> None:
    """Split a table by subject, fit, sample, attack, and write the data only if the limits are kept."""
    with errors():
        check_folders(html, json, junit, pdf, public_report)
        declared = read_schema(schema)
        with place_of(out, out_dir, key) as put:
            done = twin.release(
                twin.read_table(source),
                subject=subject,
                n=n,
                policy=policy,
                attacks="deep" if deep else "default",
                seed=seed,
                target=target,
                options=twin.ReportOptions(sensitive=sensitive),
                model=model,
                schema=declared,
                constraints=read_rules(constraints),
                privacy=privacy_from(
                    k=k, epsilon=epsilon, delta=delta, public=public, rows_per_subject=rows_per_subject
                ),
                created=now(),
            )
            write_reports(done.report, html=html, json=json, junit=junit, pdf=pdf, public=public_report)
            put(done)
            # Under a budget no figure that was computed from real data goes to a log.
            ledger = done.twin.ledger
            say(str(done.report) if ledger is None else f"{out or out_dir}: {done.twin!r}\n{ledger.sentence}")
            warn_of_csv(source, epsilon, schema)
            stop_at(done.report.judgement, "not released")


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
    with errors():
        check_folders(json)
        tested = twin.leak_test(
            twin.read_table(source),
            subject=subject,
            models=model or None,
            schema=read_schema(schema),
            privacy=twin.Suppression(k=k or K, quasi_identifiers=quasi_identifier or "auto"),
            rows=rows,
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
    with errors():
        typer.echo(twin.load(file).inspect())


add_commands(app)
add_sampling(app)


def main() -> None:
    """Entry point of the command `twin`."""
    app(prog_name="twin")


if __name__ == "__main__":
    main()
