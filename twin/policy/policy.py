"""The limits that a twin must keep, written down by those who answer for it: in Python, YAML or JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from twin.errors import PolicyError
from twin.files.paths import open_to_read
from twin.policy.verdict import Action

if TYPE_CHECKING:
    from twin.metrics.score import Score

CODES = ("A0", "A1", "A2", "A3", "A4", "A5", "A6")
"""Numbers of attacks in the documentation; a limit may be set for all attacks of a number."""
_MOST_BYTES = 1 << 20


class _Settings(BaseModel):
    """Frozen; what does not fit is one `PolicyError` that names the key and shows no value."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    def __init__(self, /, **data: Any) -> None:
        try:
            super().__init__(**data)
        except ValidationError as error:
            raise PolicyError(_sentence(error)) from None

    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]


class Limit(_Settings):
    """How far an attack may get.

    Args:
        limit: The figure that the upper end of the attack's 95% interval must not pass: a difference of
            rates, or an area between one half and 1.
        action: Whether anything but a pass stops a release, or is said only.

    Example:
        >>> Limit(limit=0.09).action
        'block'
    """

    limit: float = Field(ge=0, le=1)
    action: Action = "block"


class ScoreBound(_Settings):
    """What a score must reach. Exactly one of the first three is given.

    Args:
        at_least: The least that the score may be, where fresh real rows reach as much; else what they reach.
        at_most: The most that it may be, where fresh real rows stay within it; else what they reach.
        loss: The most that it may lie below its reference on real rows.
        action: As in `Limit`.

    Example:
        >>> ScoreBound(at_least=0.9, action="warn").limit
        0.9
    """

    at_least: float | None = Field(default=None, allow_inf_nan=False)
    at_most: float | None = Field(default=None, allow_inf_nan=False)
    loss: float | None = Field(default=None, allow_inf_nan=False)
    action: Action = "block"

    @model_validator(mode="after")
    def _one(self) -> Self:
        if [self.at_least, self.at_most, self.loss].count(None) != 2:
            raise ValueError("needs exactly one of at_least, at_most and loss")
        return self

    @property
    def limit(self) -> float:
        """The figure."""
        return next(x for x in (self.at_least, self.at_most, self.loss) if x is not None)

    def figure(self, score: Score) -> float | None:
        """What is held against the limit: the score, or how far it lies below its reference."""
        if self.loss is None or score.value is None or score.reference is None:
            return score.value if self.loss is None else None
        return score.reference - score.value

    def in_force(self, score: Score) -> float:
        """The limit, or what fresh real rows reach where that is less: no twin can be asked for more."""
        if self.loss is not None or score.reference is None:
            return self.limit
        return (
            min(self.limit, score.reference)
            if self.at_least is not None
            else max(self.limit, score.reference)
        )

    def keeps(self, score: Score) -> bool:
        """Whether a score is within the limit in force; not where the figure is missing.

        Example:
            >>> from twin.metrics.score import Score
            >>> score = Score(name="accuracy", title="", sentence="", value=0.85, reference=0.83)
            >>> ScoreBound(at_least=0.9).keeps(score), ScoreBound(loss=0.01).keeps(score)
            (True, True)
        """
        figure, limit = self.figure(score), self.in_force(score)
        if figure is None:
            return False
        return figure >= limit if self.at_least is not None else figure <= limit


PRIVACY: Mapping[str, Limit] = MappingProxyType(
    {
        "A0": Limit(limit=0.0),
        "rare_combinations": Limit(limit=0.03),
        "A1": Limit(limit=0.09),
        "A2": Limit(limit=0.09),
        "A3": Limit(limit=0.10),
        "A4": Limit(limit=0.55),
        "A5": Limit(limit=0.60),
        "A6": Limit(limit=0.09),
    }
)
"""Limits of attacks unless others are set: no leaked value, no copy, and little more than chance."""
FIDELITY: Mapping[str, ScoreBound] = MappingProxyType(
    {
        "accuracy": ScoreBound(at_least=0.90),
        "c2st": ScoreBound(at_most=0.80, action="warn"),
        "tstr": ScoreBound(loss=0.05, action="warn"),
        "missingness": ScoreBound(at_most=0.02, action="warn"),
    }
)
"""Limits of scores unless others are set."""


class Policy(_Settings):
    """Limits for a twin: what attacks may get out of it, and what it must be good for.

    What is given for a key takes the place of its default; all other defaults stay.

    Args:
        name: Name, for reports.
        privacy: Limits of attacks, by number ("A3") or name ("inference_trees"); a name goes before its
            number. A bare figure is a limit that blocks.
        fidelity: Limits of scores, by name.
        required: Numbers or names of attacks that must have been run, and have been able to tell.
        weak: Whether an attack that was too weak to tell stops a release as its limit does, or only warns;
            one that is required stops it in any case.
        smallest_leak: Share of the people learned from, in (0, 1]: where a planted leak of this size is
            found by no attack, none passes.
        block_with_budget: Whether limits stop a release under a privacy budget too. Otherwise they only
            warn there, because whether it is stopped would tell of the real data, outside the budget.

    Raises:
        PolicyError: If a key is unknown or a limit is out of range.

    Example:
        >>> policy = Policy(name="hospital", privacy={"A3": 0.05})
        >>> policy.privacy["A3"].limit, policy.privacy["A1"].limit
        (0.05, 0.09)
        >>> Policy.from_yaml(policy.to_yaml()) == policy
        True
    """

    name: str = Field(default="default", min_length=1, max_length=60)
    privacy: Mapping[str, Limit] = Field(default_factory=lambda: PRIVACY)
    fidelity: Mapping[str, ScoreBound] = Field(default_factory=lambda: FIDELITY)
    required: tuple[str, ...] = ("A1", "A4")
    weak: Action = "block"
    smallest_leak: float = Field(default=0.01, gt=0, le=1)
    block_with_budget: bool = False

    @field_validator("privacy", mode="before")
    @classmethod
    def _shorthand(cls, value: object) -> object:
        if not isinstance(value, Mapping):
            return value
        return {key: {"limit": v} if isinstance(v, int | float) else v for key, v in value.items()}

    @field_validator("required", mode="before")
    @classmethod
    def _tuple(cls, value: object) -> object:
        return tuple(value) if isinstance(value, list) else value

    @field_validator("privacy")
    @classmethod
    def _attacks(cls, value: Mapping[str, Limit]) -> Mapping[str, Limit]:
        _check_attacks(value)
        return MappingProxyType({**PRIVACY, **value})

    @field_validator("required")
    @classmethod
    def _known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        _check_attacks(value)
        return value

    @field_validator("fidelity")
    @classmethod
    def _scores(cls, value: Mapping[str, ScoreBound]) -> Mapping[str, ScoreBound]:
        from twin.metrics.registry import METRICS

        _check_known(value, [name for name in METRICS if name != "distances"], "score with a limit")
        return MappingProxyType({**FIDELITY, **value})

    @property
    def warning(self) -> Policy:
        """The same limits, of which none can stop a release: they are judged and said.

        Example:
            >>> Policy().warning.privacy["A1"].action
            'warn'
        """
        mild = {"action": "warn"}
        return self.model_copy(
            update={
                "privacy": MappingProxyType({k: x.model_copy(update=mild) for k, x in self.privacy.items()}),
                "fidelity": MappingProxyType(
                    {k: x.model_copy(update=mild) for k, x in self.fidelity.items()}
                ),
            }
        )

    @classmethod
    def from_yaml(cls, text: str) -> Policy:
        r"""A policy from YAML, of which JSON is a part.

        Raises:
            PolicyError: If the text is no YAML, or not that of a policy.

        Example:
            >>> Policy.from_yaml("name: strict\nprivacy: {A4: 0.52}").privacy["A4"].limit
            0.52
        """
        import yaml

        try:
            value = yaml.load(text, _once_only(yaml.SafeLoader))
        except (yaml.YAMLError, RecursionError):
            raise PolicyError(
                "policy: the text is not YAML, or names a key twice; see Policy().to_yaml()"
            ) from None
        value = {} if value is None else value
        if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
            raise PolicyError("policy: the text must give keys and values; see Policy().to_yaml()")
        return cls(**value)

    @classmethod
    def read(cls, path: str | Path) -> Policy:
        """A policy from a YAML or JSON file.

        Raises:
            InputError: If there is no such file.
            PolicyError: If it is not that of a policy.
        """
        with open_to_read(Path(path)) as file:
            content = file.read(_MOST_BYTES + 1)
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError:
            raise PolicyError("policy: the file is no text in UTF-8") from None
        if len(content) > _MOST_BYTES:
            raise PolicyError("policy: the file is too long for a policy")
        return cls.from_yaml(text)

    @classmethod
    def of(cls, value: Policy | str | Path | None) -> Policy:
        """A policy as given, from the file that is named, or the default one.

        Raises:
            InputError: If it is none of these, or there is no such file.
            PolicyError: If the file is not that of a policy.

        Example:
            >>> Policy.of(None) == Policy()
            True
        """
        if value is None or isinstance(value, Policy):
            return value or cls()
        if not isinstance(value, str | Path):
            raise PolicyError("policy: give a twin.Policy or the path of a file, or leave it out")
        return cls.read(value)

    def to_yaml(self) -> str:
        """All limits in force, to be read and edited."""
        import yaml

        value = {
            "name": self.name,
            "privacy": {key: limit.model_dump() for key, limit in self.privacy.items()},
            "fidelity": {key: bound.model_dump(exclude_none=True) for key, bound in self.fidelity.items()},
            "required": list(self.required),
            "weak": self.weak,
            "smallest_leak": self.smallest_leak,
            "block_with_budget": self.block_with_budget,
        }
        return yaml.safe_dump(value, sort_keys=False, allow_unicode=True)

    def __str__(self) -> str:
        return self.to_yaml()


def _check_attacks(given: Mapping[str, Limit] | tuple[str, ...]) -> None:
    from twin.attacks.registry import ATTACKS

    _check_known(given, [*CODES, *PRIVACY, *ATTACKS], "attack")


def _check_known(given: Mapping[str, object] | tuple[str, ...], known: list[str], what: str) -> None:
    unknown = next((key for key in given if key not in known), None)
    if unknown is not None:
        raise ValueError(
            f"there is no {what} {unknown[:60]!r}; choose from {', '.join(dict.fromkeys(known))}"
        )


def _sentence(error: ValidationError) -> str:
    """The first fault in words; the values that were given are left out."""
    faults = error.errors(include_input=False, include_url=False, include_context=False)
    first = next((fault for fault in faults if fault["type"] == "extra_forbidden"), faults[0])
    place = [str(part)[:60] for part in first["loc"]]
    told = first["msg"].removeprefix("Value error, ").replace("\n", " ")
    if first["type"] == "extra_forbidden":
        inner = ScoreBound if place[0] == "fidelity" else Limit
        known = Policy if len(place) == 1 else inner
        return f"policy: there is no key {'.'.join(place)!r}; choose from {', '.join(known.model_fields)}"
    where = ".".join(place)
    return f"policy: {where + ': ' if where else ''}{told[:1].lower()}{told[1:]}"


def _once_only(loader: Any) -> Any:
    """A loader that refuses a key that is named twice: which of the two counts would be a matter of luck."""
    import yaml

    class Once(loader):  # type: ignore[misc]
        def construct_mapping(self, node: Any, deep: bool = False) -> Iterator[Any]:
            keys = [self.construct_object(key, deep=True) for key, _ in node.value]
            if len(set(map(repr, keys))) < len(keys):
                raise yaml.YAMLError("a key is named twice")
            made: Iterator[Any] = super().construct_mapping(node, deep=deep)
            return made

    return Once
