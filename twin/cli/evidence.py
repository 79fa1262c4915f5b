"""The part of the command line that judges, signs and checks releases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import twin
from twin.cli.options import JsonFile, PolicyFile, check_folders, errors, say
from twin.errors import InputError

if TYPE_CHECKING:
    from twin.policy.verdict import Judgement
    from twin.reporting.document import Report

PRIVACY, FIDELITY = 4, 5
"""Exit codes where a limit that can stop a release was not kept: one of privacy, or only of fidelity."""


def write_reports(
    told: Report,
    *,
    html: Path | None,
    json: Path | None,
    junit: Path | None,
    pdf: Path | None,
    public: Path | None,
) -> None:
    """The forms of a report that were asked for, internal ones and the public part apart.

    Args:
        told: The report.
        html: Where to write the report as HTML, or None.
        json: Where to write the report as JSON, or None.
        junit: Where to write the verdicts as JUnit XML, or None.
        pdf: Where to write the report as PDF, or None.
        public: Where to write the part that may be released, or None.
    """
    if html is not None:
        told.to_html(html)
    if json is not None:
        told.to_json(json)
    if junit is not None:
        told.to_junit(junit)
    if pdf is not None:
        told.to_pdf(pdf)
    if public is not None:
        told.public.to_html(public)


def now() -> str:
    """The time, in UTC, for reports and evidence."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def stop_at(judged: Judgement | None, lost: str) -> None:
    """Ends the command where limits that can stop a release were not kept, and says which.

    Args:
        judged: The verdict, or None where no limits were set.
        lost: What did not come about, in a few words.
    """
    if judged is None or judged.passed is not False:
        return
    for gate in judged.blocking:
        say(f"{gate.title} ({gate.name}): {gate.sentence}")
    kinds = {gate.aim for gate in judged.blocking}
    say(f"{lost}: {len(judged.blocking)} limits were not kept, or could not be told")
    raise typer.Exit(FIDELITY if kinds == {"fidelity"} else PRIVACY)


@contextmanager
def place_of(
    out: str | None, folder: Path | None, key: Path | None
) -> Iterator[Callable[[twin.Release], None]]:
    """Where a release goes, opened before any work: a table, or a folder for all of it.

    Args:
        out: Table to write, - for standard output, or None.
        folder: Folder of the release, or None.
        key: Private key to sign with, or None.

    Raises:
        InputError: If not exactly one of both is named, or it cannot be written to.
    """
    if (out is None) == (folder is None):
        raise InputError("release: name a table to write, or a folder with --out-dir; one of both")
    if folder is not None:
        from twin.evidence.keys import private_key
        from twin.releasing.release import check_new

        check_new(folder)
        private_key(key)
        yield lambda done: say(f"{done.save(folder, key=key)}: written")
        return
    if key is not None:
        raise InputError("key: what is signed is a whole folder; give --out-dir")
    with twin.open_writer(str(out)) as writer:
        yield lambda done: None if done.data is None else writer.write(done.data)


def add_commands(app: typer.Typer) -> None:
    """Adds these commands to the command line."""
    for name, command in (
        ("check", check),
        ("compare", compare),
        ("policy", show_policy),
        ("keygen", keygen),
        ("verify", verify),
    ):
        app.command(name)(command)


def check(
    file: Annotated[Path, typer.Argument(help="A report in JSON, from --json.")],
    policy: PolicyFile = None,
) -> None:
    """Hold a report that was made before against limits; nothing is computed anew."""
    with errors():
        judged = twin.check(file, policy=policy)
        typer.echo(str(judged))
        stop_at(judged, "not passed")


def compare(
    files: Annotated[list[Path], typer.Argument(help="Reports in JSON of twins of one table, two at least.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Where to write the HTML page.")],
    json: JsonFile = None,
) -> None:
    """Set reports on several twins of one table side by side, with what they keep and what they give away."""
    from twin.reporting.comparison import compare_files

    with errors():
        check_folders(out, json)
        told = compare_files(files)
        told.to_html(out)
        if json is not None:
            told.to_json(json)
        typer.echo(str(told))


def show_policy(
    warn: Annotated[bool, typer.Option("--warn", help="None of them stops a release; all warn.")] = False,
) -> None:
    """Print the default limits as YAML, to edit and give to --policy."""
    limits = twin.Policy()
    typer.echo((limits.warning if warn else limits).to_yaml(), nl=False)


def keygen(
    out: Annotated[Path, typer.Option("-o", "--out", help="Where to write the private key; never replaced.")],
) -> None:
    """Make a key to sign releases with, and beside it the public key to check them by."""
    with errors():
        public = twin.keygen(out)
        say(f"{out}: keep it secret\n{public}: give it to whoever checks your releases")


def verify(
    path: Annotated[
        Path, typer.Argument(help="Folder of a release, its evidence.json, or another file of it.")
    ],
    key: Annotated[Path, typer.Option(help="Public key of whoever signed the release.")],
    data: Annotated[Path | None, typer.Option(help="The synthetic table, if it is elsewhere.")] = None,
    model: Annotated[Path | None, typer.Option("--twin", help="The saved twin, if it is elsewhere.")] = None,
    source: Annotated[
        Path | None, typer.Option(help="A real table: was the release made from it? Needs report.json.")
    ] = None,
    rows: Annotated[
        bool, typer.Option("--rows", help="Accept a table that was written anew with the same rows.")
    ] = False,
) -> None:
    """Check that a release is as it was signed, byte by byte; offline."""
    with errors():
        typer.echo(str(twin.verify(path, key=key, data=data, twin=model, source=source, rows=rows)))
