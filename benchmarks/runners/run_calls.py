"""Which files of twin the public calls enter and which arguments they take, told as JSON."""

from __future__ import annotations

import inspect
import json
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

import numpy as np
import pandas as pd

import twin

ROWS = 600
FOLDER = str(Path(twin.__file__).parent) + "/"
Result = TypeVar("Result")


def table() -> pd.DataFrame:
    """A number and two categories."""
    draw = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "age": draw.integers(18, 90, ROWS),
            "ward": draw.choice(list("ABC"), ROWS),
            "sex": draw.choice(["f", "m"], ROWS),
        }
    )


def entered(call: Callable[[], Result]) -> tuple[Result, list[str]]:
    """What a call gives, and the files in which it runs a function.

    Args:
        call: What to run.
    """
    files: set[str] = set()
    depth = threading.local()

    def look(frame: FrameType, event: str, _: Any) -> None:
        code = frame.f_code
        # Modules that are imported on the way run whatever stands in them: that is no part of the call.
        if code.co_name == "<module>":
            depth.now = getattr(depth, "now", 0) + {"call": 1, "return": -1}.get(event, 0)
        elif event == "call" and code.co_filename.startswith(FOLDER) and not getattr(depth, "now", 0):
            files.add(code.co_filename.removeprefix(FOLDER))

    # Helper threads too: whether work is handed to them depends on the machine.
    threading.setprofile(look)
    sys.setprofile(look)
    try:
        result = call()
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    return result, sorted(files)


def arguments(call: Callable[..., Any]) -> list[str]:
    """Names of the arguments of a call, without self.

    Args:
        call: A function or a method.
    """
    return [name for name in inspect.signature(call).parameters if name != "self"]


def main() -> None:
    """Call, and tell."""
    fitted, fit = entered(lambda: twin.fit(table()))
    _, sample = entered(lambda: fitted.sample(ROWS, seed=1))
    _, given = entered(lambda: fitted.sample(ROWS, seed=1, given={"sex": "f"}))
    told = {
        "file": twin.__file__,
        "entered": {"fit": fit, "sample": sample, "given": given},
        "arguments": {
            "fit": arguments(twin.fit),
            "release": arguments(twin.release),
            "report": arguments(twin.report),
            "sample": arguments(type(fitted).sample),
        },
    }
    print(json.dumps(told))


main()
