"""A report on file, held against limits again."""

from __future__ import annotations

from pathlib import Path

from twin.errors import FileFormatError
from twin.files.paths import open_to_read
from twin.policy.policy import Policy
from twin.policy.verdict import Judgement


def check(report: str | Path, *, policy: Policy | str | Path | None = None) -> Judgement:
    """The verdict of a policy on a report that was made before. Nothing is computed anew.

    Args:
        report: A report as JSON, its internal part.
        policy: Limits, or the path of a file of them; None for those of `twin.Policy()`.

    Returns:
        The verdict.

    Raises:
        InputError: If there is no such file.
        FileFormatError: If it is no such report.
        PolicyError: If the policy is wrong.
    """
    from twin.policy.judge import judge
    from twin.policy.record import read_record

    limits = Policy.of(policy)
    with open_to_read(Path(report)) as file:
        content = file.read()
    try:
        found = read_record(content.decode("utf-8"))
    except UnicodeDecodeError:
        raise FileFormatError("report: the file is not JSON; give the one that --json wrote") from None
    return judge(found, limits, budget=found.private)
