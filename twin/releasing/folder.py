"""A release as a folder of files: reports, table, twin, and the evidence that binds them."""

from __future__ import annotations

import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twin.columns.arrays.reading import to_pandas
from twin.errors import InputError
from twin.files.formats import format_of
from twin.files.paths import AtomicFile
from twin.files.tabular import write_table

if TYPE_CHECKING:
    from twin.core.generator import Twin
    from twin.evidence.manifest import Role
    from twin.policy.policy import Policy
    from twin.reporting.document import Report


def check_new(folder: Path) -> None:
    """Refuse a folder that holds files, or that cannot be made, before any work.

    Raises:
        InputError: If it does, or cannot.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder}: is there already; name a new folder, so that nothing old stays among it")
    if not folder.absolute().parent.is_dir():
        raise InputError(f"{folder}: there is no folder to make it in; make that first")


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What goes into the folder of a release.

    Args:
        data: The synthetic table; None where it may not go out.
        report: The report.
        twin: The fitted twin.
        policy: The limits.
    """

    data: Any
    report: Report
    twin: Twin
    policy: Policy


def save(done: Parts, folder: Path, *, data: str, key: str | Path | None, pdf: bool) -> Path:
    """Writes a release under a temporary name and puts it in its place; see `Release.save`.

    Args:
        done: The release.
        folder: Where to.
        data: Name of the table's file.
        key: Private key to sign with, or None.
        pdf: Whether to write the report as PDF too.

    Returns:
        The folder.
    """
    from twin.evidence.keys import private_key

    if Path(data).name != data:
        raise InputError("data: give the name of a file, without a folder")
    format_of(Path(data))
    check_new(folder)
    signer = private_key(key)
    part = folder.absolute().with_name(f".{folder.absolute().name}.{secrets.token_hex(8)}.part")
    part.mkdir()
    try:
        roles = _reports(done, part, pdf=pdf)
        if done.data is not None:
            from twin.evidence.manifest import seal

            write_table(to_pandas(done.data).frame, part / data)
            done.twin.save(part / "model.twin")
            bound: dict[str, Role] = {data: "data", "model.twin": "twin", **roles}
            assert done.report.evidence is not None
            seal(part, bound, done.report.evidence, signer)
        if folder.exists():
            folder.rmdir()  # empty, as was checked
        part.rename(folder)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return folder


def _reports(done: Parts, part: Path, *, pdf: bool) -> dict[str, Role]:
    """Writes the reports and the policy; says what each file is."""
    told, public = done.report, done.report.public
    told.to_html(part / "report.html")
    told.to_json(part / "report.json")
    told.to_junit(part / "report.xml")
    if pdf:
        told.to_pdf(part / "report.pdf")
    public.to_html(part / "public.html")
    public.to_json(part / "public.json")
    with AtomicFile(part / "policy.yaml") as file:
        file.stream.write(done.policy.to_yaml().encode())
    return {
        path.name: "report" if path.name.startswith("report.") else "public"
        for path in sorted(part.iterdir())
    }
