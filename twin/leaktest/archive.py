"""A search of a saved twin: each member unpacked, as text, as typed arrays, and as bare bytes."""

from __future__ import annotations

import io
import zipfile

import numpy as np

from twin.leaktest.needles import Finder

_TENSORS = ".safetensors"


def search_archive(content: bytes, finder: Finder) -> set[int]:
    """Needles in a saved twin.

    Args:
        content: Bytes of the file.
        finder: What to find.

    Returns:
        Positions of the needles that were found.
    """
    found = finder.bytes(content)  # names, comments, and members that are not packed
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            member = archive.read(name)
            found |= finder.bytes(member)
            if name.endswith(_TENSORS):
                found |= _search_tensors(member, finder)
    return found


def _search_tensors(member: bytes, finder: Finder) -> set[int]:
    from safetensors.numpy import load

    found: set[int] = set()
    for array in load(member).values():
        found |= finder.array(array)
    start = 8 + int.from_bytes(member[:8], "little")  # the header's length stands first
    body = member[start:]
    words = body[: len(body) // 8 * 8]
    for dtype in ("<f8", "<i8"):
        found |= finder.array(np.frombuffer(words, dtype))
    return found
