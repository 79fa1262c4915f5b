"""DataFrame to Arrow table and back, with names in the errors and never a value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twin.errors import InputError

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    from pandas.api.extensions import ExtensionArray


def to_arrow(
    frame: pd.DataFrame, schema: pa.Schema | None = None, *, text_fallback: bool = False
) -> pa.Table:
    """A DataFrame as an Arrow table.

    Args:
        frame: Table with n rows; an index that is more than a count of rows is kept.
        schema: Types that the columns must have: those of the first block of the same file.
        text_fallback: Whether a column that Arrow has no type for becomes text, instead of an error.

    Returns:
        Arrow table with n rows, its types widened from "all missing" to text.

    Raises:
        InputError: If a column has no type in Arrow, or another one than in the first block.
    """
    import pandas as pd
    import pyarrow as pa

    keep_index = not isinstance(frame.index, pd.RangeIndex)
    try:
        table = pa.Table.from_pandas(frame, preserve_index=keep_index)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, ValueError, TypeError):
        if not text_fallback:
            name = _unfit(frame)
            raise InputError(
                f"column {name!r}: its values are of several types, or of one that this format cannot hold; "
                "turn it into text or drop it"
            ) from None
        plain = frame.copy(deep=False)
        for i in range(plain.shape[1]):
            plain.isetitem(i, _as_text_if_unfit(plain.iloc[:, i]).array)
        return to_arrow(plain, schema)
    if schema is None:
        for i, field in enumerate(table.schema):
            if pa.types.is_null(field.type):  # a later block may hold text
                table = table.set_column(i, field.with_type(pa.string()), table.column(i).cast(pa.string()))
        return table
    try:
        return table.cast(schema)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, ValueError):
        raise InputError("table: a block differs from the first one in its columns or their types") from None


def _is_fit(values: pd.Series) -> bool:
    import pyarrow as pa

    try:
        pa.Array.from_pandas(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, ValueError, TypeError):
        return False
    return True


def _unfit(frame: pd.DataFrame) -> Any:
    for i, name in enumerate(frame.columns):
        if not _is_fit(frame.iloc[:, i]):
            return name
    return frame.columns[-1]


def _as_text_if_unfit(values: pd.Series) -> pd.Series:
    if _is_fit(values):
        return values
    return values.astype(object).map(str, na_action="ignore")


def to_pandas(table: pa.Table) -> pd.DataFrame:
    """An Arrow table as a DataFrame; integers and flags with missing cells keep their type.

    Args:
        table: Arrow table with n rows. What pandas noted about the types when it wrote it is followed.

    Returns:
        DataFrame with n rows: `Int64` and `boolean` where whole numbers or flags have missing cells.
    """
    import pyarrow as pa

    nullable: list[int] = []
    for i, field in enumerate(table.schema):
        whole = pa.types.is_integer(field.type) or pa.types.is_boolean(field.type)
        if whole and table.column(i).null_count:
            nullable.append(i)
    frame: pd.DataFrame = table.to_pandas()
    for i in nullable:
        field = table.schema.field(i)
        places = [j for j, name in enumerate(frame.columns) if str(name) == field.name]
        if len(places) != 1 or _is_extension(frame.dtypes.iloc[places[0]]):
            continue  # already nullable, part of the index, or one of two columns with the same name
        frame.isetitem(places[0], _nullable(table.column(i)))
    return frame


def _is_extension(dtype: object) -> bool:
    import pandas as pd

    return isinstance(dtype, pd.api.extensions.ExtensionDtype)


def _nullable(column: pa.ChunkedArray) -> ExtensionArray:
    import numpy as np
    from pandas.arrays import BooleanArray, IntegerArray

    cells = column.combine_chunks()
    missing = np.array(cells.is_null())  # (n,)
    values = np.array(cells.fill_null(0 if cells.type != "bool" else False))  # (n,)
    return BooleanArray(values, missing) if values.dtype == bool else IntegerArray(values, missing)
