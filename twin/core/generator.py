"""The fitted generator: what `fit` gives, what a file holds."""

from __future__ import annotations

import io
import json
import os
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from twin.codes import Json
from twin.columns.arrays.restore import from_pandas
from twin.columns.schema import Schema
from twin.columns.table import Columns, stacked
from twin.conditions.compile import CompiledRequest, RowSource, as_request, compile_request
from twin.conditions.draw import RowSampler
from twin.conditions.request import EXTREME, Request, Targets
from twin.constraints.rules import Rules
from twin.core.fit_info import FitInfo
from twin.errors import InputError, TwinWarning, check_count, check_seed
from twin.imputation.impute import Imputed, impute
from twin.models.base import Explains, Fitted, curve_of
from twin.models.training_curve import Curve
from twin.privacy.dp.statement import PrivacyStatement
from twin.privacy.suppression.guard import SuppressionLog
from twin.progress import ProgressBar
from twin.randomness import Stream, fresh_seed, generator
from twin.sampling.blocks import BLOCK

if TYPE_CHECKING:
    import pandas as pd
    from narwhals.typing import IntoFrame


_THREADS = min(2, os.cpu_count() or 1)
_MOST_ROWS = 100_000_000  # that are drawn where no number is asked for


@dataclass(frozen=True)
class Twin:
    """A fitted generator: samples rows that are statistically alike and belong to nobody.

    Made by `twin.fit` or `twin.load`. It holds facts that passed the guard, or were told with noise under a
    budget, and no row.

    Args:
        columns: The learned columns.
        fitted: The fitted model.
        suppressed: What the guard cut.
        fit_info: What is known of the fit.
        ledger: What was told under a privacy budget and what it cost, read aloud when printed; None where no
            budget was given.
        requests: What samples can be asked for, saved with it, by name.
        rules: Rules that every row of a sample keeps.
    """

    columns: Columns
    fitted: Fitted
    suppressed: SuppressionLog
    fit_info: FitInfo
    ledger: PrivacyStatement | None = None
    requests: Mapping[str, Request] = field(default_factory=dict)
    rules: Rules = field(default_factory=Rules)

    @property
    def schema(self) -> Schema:
        """Kinds of the columns, each with its reason."""
        whole = self.columns.schema
        auxiliary = self.rules.auxiliary if self.rules else ()
        own = tuple(column for column in whole if column.name not in auxiliary)
        return whole if len(own) == len(whole) else whole.model_copy(update={"columns": own})

    @property
    def model(self) -> str:
        """Which model, and why it was chosen; on a line of its own, how its training went, if it had one."""
        chosen = f"{self.fit_info.model}: {self.fit_info.reason}"
        return chosen if self.curve is None else f"{chosen}\n{self.curve}"

    @property
    def curve(self) -> Curve | None:
        """What a network learned when, with `steps`, `seconds` and `losses`, read aloud when printed.

        None for models that are not trained step by step, and under a privacy budget: losses are computed
        from real rows, and no budget was spent on them.
        """
        return None if self.ledger is not None else curve_of(self.fitted)

    def sample(
        self,
        n: int | None = None,
        *,
        seed: int | None = None,
        given: Mapping[Any, Any] | IntoFrame | None = None,
        balance: Targets | None = None,
        request: Request | str | None = None,
        threads: int | None = None,
    ) -> Any:
        """Draw a table of new rows.

        Args:
            n: Number of rows, ≥ 0; None for as many as the source had, or as `given` has.
            seed: The same seed gives the same rows, on any number of threads; None for fresh ones.
            given: What all rows have, by column: a value, a list of values, a range (low, high), which
                includes its ends and is open where one is None, or None for a missing cell. Or a table, of
                which row i has what row i of the sample has in these columns.
            balance: Target shares by column, {column: {level: share}}; short for
                `twin.Request(balance=...)`.
            request: What else is asked: a `twin.Request`, or the name of one that the twin holds.
                Conditions of `given` hold beside it.
            threads: Threads to sample with, ≥ 1; None for two at most.

        Returns:
            A table with the columns, order and dtypes of the source, in its frame library.

        Raises:
            InputError: If n or seed is out of range, or the twin never draws what is given.

        Example:
            >>> import pandas as pd, twin
            >>> t = twin.fit(pd.DataFrame({"age": list(range(20, 60)) * 5, "sex": ["F", "M"] * 100}))
            >>> t.sample(3, seed=1).shape
            (3, 2)
            >>> t.sample(100, given={"age": (30, 39), "sex": "F"})["age"].between(30, 39).all()
            np.True_
        """
        known = _seed(seed)
        asked = as_request(request, self.requests, given, balance)
        compiled = self._compiled(asked, given, known, n)
        n = self._count(n, compiled)
        with ProgressBar("sample") as bar:
            frames = []
            for frame in self._blocks(n, compiled, seed=known, threads=threads):
                frames.append(frame)
                bar(min(1.0, sum(map(len, frames)) / max(1, n)), f"{n:,} rows")
        frame = stacked(frames)
        return self._given_back(self.rules.sorted_within(frame) if self.rules else frame, compiled)

    def stream(
        self,
        n: int | None = None,
        *,
        seed: int | None = None,
        given: Mapping[Any, Any] | IntoFrame | None = None,
        balance: Targets | None = None,
        request: Request | str | None = None,
        threads: int | None = None,
    ) -> Iterator[pd.DataFrame]:
        """Draw a table block by block, so that any number of rows fits in memory.

        Args:
            n: Number of rows, ≥ 0; None as in `sample`.
            seed: As in `sample`, which gives the same rows.
            given: As in `sample`.
            balance: As in `sample`.
            request: As in `sample`.
            threads: As in `sample`.

        Yields:
            pandas tables that follow each other, at least one; index levels come as columns.

        Raises:
            InputError: If n or seed is out of range, or what is asked cannot be had.

        Example:
            >>> import pandas as pd, twin
            >>> t = twin.fit(pd.DataFrame({"age": list(range(20, 60)) * 5}))
            >>> sum(len(block) for block in t.stream(10_000))
            10000
        """
        known = _seed(seed)
        asked = as_request(request, self.requests, given, balance)
        compiled = self._compiled(asked, given, known, n)
        n = self._count(n, compiled)
        blocks = self._blocks(n, compiled, seed=known, threads=threads)
        if not self.rules:
            return blocks
        if self.rules.sorts and n > BLOCK:
            raise InputError(
                f"stream: a rule looks at all rows of a person, so at most {BLOCK:,} rows can be streamed; "
                "use sample"
            )
        return map(self.rules.sorted_within, blocks)

    @property
    def source(self) -> RowSource:
        """What rows are drawn from."""
        return RowSource(columns=self.columns, fitted=self.fitted, rules=self.rules, rows=self.fit_info.rows)

    def with_predicates(self, functions: Mapping[str, Callable[[pd.DataFrame], Any]]) -> Twin:
        """The same twin with the functions of its predicates, which a file does not hold.

        Args:
            functions: By the name of each predicate its function, from a table to one truth value per row.

        Raises:
            InputError: If the twin has no predicate of a name.
        """
        return replace(self, rules=self.rules.with_predicates(functions))

    def with_request(self, request: Request) -> Twin:
        """The same twin with a request that is saved with it, and drawn as `sample(request=name)`.

        Args:
            request: The request, with a name; one of the same name is replaced.

        Raises:
            InputError: If it has no name, or the twin cannot draw it.

        Example:
            >>> import pandas as pd, twin
            >>> t = twin.fit(pd.DataFrame({"age": list(range(20, 60)) * 5}))
            >>> older = t.with_request(twin.Request(name="older", given={"age": (50, None)}))
            >>> older.sample(2, seed=1, request="older")["scenario"].tolist()
            ['older', 'older']
        """
        if not isinstance(request, Request) or request.name is None:
            raise InputError('request: give a twin.Request with a name, such as twin.Request(name="older")')
        self._compiled(request, None, 0, None)
        return replace(self, requests={**self.requests, request.name: request})

    def impute(
        self, table: Any, m: int = 5, *, seed: int | None = None, threads: int | None = None
    ) -> Imputed:
        """Fill the missing cells of a table, each drawn given the rest of its row, several times.

        Args:
            table: Real rows with some of the twin's columns, in any order; other columns stay as they are.
            m: Number of filled tables, ≥ 1.
            seed: As in `sample`.
            threads: As in `sample`.

        Returns:
            The filled tables. They hold the rows of the table, so they are as confidential as it is.

        Raises:
            InputError: If the table has no column of the twin, or m is out of range.

        Example:
            >>> import pandas as pd, twin
            >>> ages = pd.DataFrame({"age": list(range(20, 60)) * 5})
            >>> t = twin.fit(ages.assign(old=ages["age"] >= 40))
            >>> t.impute(pd.DataFrame({"age": [22, 57], "old": [None, None]}), m=2, seed=1)
            Imputed(2 tables, 2 cells filled in 1 column, contains real rows)
        """
        workers = _THREADS if threads is None else check_count(threads, "threads")
        return impute(self.source, table, m, seed=_seed(seed), threads=workers)

    def _compiled(
        self, request: Request | None, given: Any, seed: int, n: int | None
    ) -> CompiledRequest | None:
        """What is asked, compiled."""
        wanted = self.fit_info.rows if n is None else check_count(n)
        if request is None:
            return None
        rng = generator(seed, Stream.REQUEST)
        table = None if given is None or isinstance(given, Mapping) else given
        compiled = compile_request(self.source, request, table=table, rng=rng, n=wanted)
        if compiled.tilt.largest > EXTREME:
            warnings.warn(
                f"{'balance' if request.name is None else request.name}: some rows come up "
                f"{compiled.tilt.largest:.0f} times as often as in the twin, so they vary no more than the "
                "few people who taught it; bring the shares closer to the source where that matters",
                TwinWarning,
                stacklevel=3,
            )
        return compiled

    def _count(self, n: int | None, compiled: CompiledRequest | None) -> int:
        """How many rows are wanted."""
        rows = None if compiled is None else compiled.conditions.rows
        if n is None and rows is None and self.fit_info.rows > _MOST_ROWS:
            raise InputError(
                f"n: the twin was fitted to {self.fit_info.rows:,} rows, more than are drawn unasked; give n"
            )
        if n is None:
            return self.fit_info.rows if rows is None else rows
        if rows is not None and check_count(n) != rows:
            raise InputError("n: it is not the number of rows of the table in given=; leave it out")
        return check_count(n)

    def _blocks(
        self, n: int, compiled: CompiledRequest | None, *, seed: int, threads: int | None
    ) -> Iterator[pd.DataFrame]:
        """Blocks of rows, marked where they are a what-if."""
        sampler = RowSampler(source=self.source, request=compiled, seed=seed)
        workers = _THREADS if threads is None else check_count(threads, "threads")
        blocks = sampler.blocks(n, threads=workers)
        mark = None if compiled is None else compiled.request.marked
        if compiled is None or mark is None:
            return blocks
        name = compiled.request.name
        return (block.assign(**{mark: name}) for block in blocks)

    def _given_back(self, frame: pd.DataFrame, compiled: CompiledRequest | None) -> Any:
        """A sample in the library of the source; pandas carries along what was asked."""
        table = from_pandas(frame, self.schema)
        if compiled is not None and self.schema.library == "pandas":
            table.attrs["twin"] = compiled.record()
        return table

    def save(self, path: str | Path) -> None:
        """Write the twin to a file that holds data only; loading it runs no code.

        Args:
            path: Where to; by custom it ends in ".twin". It is replaced whole or not at all.
        """
        self._write(path)

    def to_bytes(self) -> bytes:
        """The file that `save` would write, as bytes."""
        buffer = io.BytesIO()
        self._write(buffer)
        return buffer.getvalue()

    def _write(self, target: str | Path | BinaryIO) -> None:
        from twin.files.archive import write_archive

        columns, fitted = self.columns.state(), self.fitted.state()
        documents: dict[str, Json] = {
            "schema": self.columns.schema.model_dump(mode="json", exclude_none=True),
            "columns": columns.facts,
            "model": fitted.facts,
            "suppressed": self.suppressed.to_json(),
            "facts": asdict(self.fit_info),
        }
        if len(self.rules):
            documents["rules"] = json.loads(self.rules.to_json())
        if self.requests:
            documents["requests"] = [request.to_json() for request in self.requests.values()]
        if self.ledger is not None:
            documents["ledger"] = self.ledger.to_json()
        arrays = {f"columns.{name}": array for name, array in columns.arrays.items()}
        arrays |= {f"model.{name}": array for name, array in fitted.arrays.items()}
        write_archive(target, documents, arrays)

    def inspect(self) -> str:
        """What the twin is and knows, for people to read."""
        f = self.fit_info
        unit = f"subject {f.subject!r}" if f.subject is not None else "each row counted as a subject"
        head = f"twin {f.version}, fitted to {f.rows:,} rows of {f.subjects or 0:,} subjects"
        guard = f"k = {f.k}{' (below the floor: unsafe)' if f.unsafe else ''}, {unit}"
        told = "suppressed", str(self.suppressed)
        if self.ledger is not None:
            head = f"twin {f.version}, fitted under a privacy budget to about {f.rows:,} rows"
            guard = f"{self.ledger.stamp}; {unit}, at most {f.rows_per_subject} rows of one"
            told = "ledger", str(self.ledger)
        looked = ["", "looked at", self.fitted.explain()] if isinstance(self.fitted, Explains) else []
        chosen = self.model.replace("\n", "\n" + " " * 9)
        lines = [head, f"model    {chosen}", f"guard    {guard}", "", "columns", str(self.schema)]
        kept = ["", "rules", *map(str, self.rules.rules), *f.set_aside] if len(self.rules) else []
        asked = ["", "requests", *self.requests] if self.requests else []
        return "\n".join([*lines, *kept, *asked, "", *told, *looked])

    def __repr__(self) -> str:
        f = self.fit_info
        guard = f"k={f.k}" if self.ledger is None else self.ledger.stamp
        about = "" if self.ledger is None else "about "
        return f"Twin({f.model}, {len(self.schema)} columns, from {about}{f.rows:,} rows, {guard})"

    def _repr_html_(self) -> str:
        chosen = escape(self.model).replace("\n", "<br>")
        lines = [f"<p><b>{escape(repr(self))}</b><br>{chosen}</p>"]
        told = self.suppressed if self.ledger is None else self.ledger
        return "".join([*lines, self.schema._repr_html_(), told._repr_html_()])


def _seed(seed: int | None) -> int:
    """The seed of a sample, or a fresh one."""
    check_seed(seed)
    return fresh_seed() if seed is None else int(seed)
