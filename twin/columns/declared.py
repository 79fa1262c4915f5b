"""What is declared by hand: frozen, strict, and refused in one sentence that shows no value."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from twin.errors import SchemaError


class Declared(BaseModel):
    """Base of columns and schemas: wrong arguments are one `SchemaError` instead of pydantic's own error."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    def __init__(self, /, **data: Any) -> None:
        try:
            super().__init__(**data)
        except ValidationError as error:
            raise SchemaError(_sentence(type(self), error)) from None

    # Reading from JSON must not pass through here: pydantic keeps its own way then, laxer with lists.
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]


def _sentence(made: type[BaseModel], error: ValidationError) -> str:
    """The first fault in words; what was given is left out, for it may be a value of the data."""
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    where = str(first["loc"][0]) if first["loc"] else ""
    told = first["msg"].removeprefix("Value error, ").replace("\n", " ")
    if first["type"] == "extra_forbidden":
        told = f"there is no argument {where!r}; choose from {', '.join(made.model_fields)}"
    elif first["type"] == "missing":
        told = f"{where} is missing; give it by name"
    elif where and not told.startswith(where):
        told = f"{where} is not valid: {told[:1].lower()}{told[1:]}"
    return f"{made.__name__}: {told}"
