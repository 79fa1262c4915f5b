"""The table of models, how to add one, and the choice that `model="auto"` makes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from inspect import signature

from twin.codes import Codes, Domain
from twin.errors import InputError
from twin.models.base import Model


@dataclass(frozen=True)
class Choice:
    """A model's name and, in words, why it was chosen."""

    name: str
    reason: str


def _independent() -> Model:
    from twin.models.independent import Independent

    return Independent()


def _copula() -> Model:
    from twin.models.copula.copula import Copula

    return Copula()


def _trees() -> Model:
    from twin.models.trees.trees import Trees

    return Trees()


def _marginals() -> Model:
    from twin.models.marginals.marginals import Marginals

    return Marginals()


def _ctgan() -> Model:
    from twin.models.gan.gan import CTGAN

    return CTGAN()


def _network() -> Model:
    from twin.models.network.network import Network

    return Network()


MODELS: dict[str, Callable[[], Model]] = {
    "independent": _independent,
    "copula": _copula,
    "trees": _trees,
    "marginals": _marginals,
    "ctgan": _ctgan,
    "network": _network,
}
"""Default settings of each model, by name; a model is imported when it is first asked for."""


def register_model(name: str, settings: Callable[[], Model]) -> None:
    """Add a model of your own: `twin.fit(table, model=name)` then fits it, in this process.

    A saved twin names its model and holds no code: a process that loads it must register the model first.

    Args:
        name: What users pass as `model=`; not "auto", and not the name of another model.
        settings: The class of its settings, or a function without arguments that makes the default ones: they
            have this `name`, `fit` and `load`. See `twin.models.base.Model`.

    Raises:
        InputError: If the name is taken, or the settings lack something.

    Example:
        >>> from twin.models.independent import Independent
        >>> register_model("independent", Independent)
        Traceback (most recent call last):
        ...
        twin.errors.InputError: model: there is a model 'independent' already; choose another name
    """
    if name in MODELS or name == "auto":
        raise InputError(f"model: there is a model {name!r} already; choose another name")
    try:
        made = settings()
    except TypeError:
        raise InputError(
            f"model: the settings of {name!r} cannot be made without arguments; give each a default"
        ) from None
    if getattr(made, "name", None) != name:
        raise InputError(f"model: the settings of {name!r} must have this name; give them name = {name!r}")
    calls = {"fit(codes, *, guard, rng, progress=None)": _FIT, "load(domain, state)": _LOAD}
    for call, (positional, keywords) in calls.items():
        try:
            method = getattr(made, call.partition("(")[0])
            signature(method).bind(*positional, **dict.fromkeys(keywords))
        except (AttributeError, TypeError):
            raise InputError(
                f"model: the settings of {name!r} must have {call}; see twin.models.base.Model"
            ) from None
    MODELS[name] = settings


_FIT = ("codes",), ("guard", "rng", "progress")
_LOAD = ("domain", "state"), ()

NEURAL = ("ctgan", "network")
"""Models that need torch to be fitted."""

_FEW_ROWS = 500
_MANY_FIELDS = 150
_NET_ROWS, _MOST_NET_FIELDS = 5_000, 400


def available() -> tuple[str, ...]:
    """Names of the models that can be fitted with what is installed.

    Example:
        >>> "trees" in available()
        True
    """
    return tuple(name for name in MODELS if name not in NEURAL or find_spec("torch") is not None)


_WIDE = 40


def choose_dp(domain: Domain) -> Choice:
    """The model that `auto` stands for under a budget, by the number of fields alone.

    Example:
        >>> from twin.codes import Field
        >>> choose_dp(Domain((Field(name="a", size=2),))).name
        'marginals'
    """
    if len(domain) > _WIDE:
        return Choice("copula", f"more than {_WIDE} fields: one number per pair is what the budget bears")
    return Choice("marginals", "the most faithful model under a budget")


def choose(codes: Codes) -> Choice:
    """The model that `auto` stands for, by the size of the table and by whether torch is installed.

    Example:
        >>> import numpy as np
        >>> from twin.codes import Domain, Field
        >>> choose(Codes(Domain((Field(name="a", size=2),)), np.zeros((9, 1), int))).name
        'independent'
    """
    n, d = codes.values.shape
    if d < 2:
        return Choice("independent", "there is a single field")
    if n < _FEW_ROWS:
        return Choice("copula", f"fewer than {_FEW_ROWS} rows: pairs can be learned, finer patterns cannot")
    if d > _MANY_FIELDS:
        return _wide(n, d)
    return Choice("trees", "enough rows for the most faithful model, few enough fields for it to be quick")


def _wide(n: int, d: int) -> Choice:
    """The model for more fields than trees are quick for."""
    many = f"more than {_MANY_FIELDS} fields: trees would take minutes"
    if n < _NET_ROWS or d > _MOST_NET_FIELDS:
        return Choice("copula", many)
    if "network" in available():
        return Choice("network", f"{many}, and a network keeps what a copula of so many fields loses")
    return Choice("copula", f"{many}; the network, which is more faithful, needs twin[neural]")
