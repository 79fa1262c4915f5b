"""Learns a table about people and makes a twin of it: rows that are statistically alike and belong to nobody.

Example:
    >>> import pandas as pd, twin
    >>> table = pd.DataFrame({"age": list(range(20, 60)) * 5})
    >>> twin.fit(table).sample(10, seed=7).columns.tolist()
    ['age']
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from twin.attacks.base import Attack
    from twin.attacks.registry import register_attack
    from twin.canaries.run import leak_test
    from twin.columns.kinds.registry import register_kind
    from twin.columns.schema import (
        Category,
        Column,
        Datetime,
        DirectIdentifier,
        Flag,
        Key,
        Number,
        Schema,
        Text,
    )
    from twin.conditions.request import EqualOpportunity, Parity, Request, Shift, Stress, Unseen
    from twin.constraints.discovery.suggest import Suggestions, suggest_constraints
    from twin.constraints.fixed_combinations import FixedCombinations
    from twin.constraints.inequality import Inequality
    from twin.constraints.linear import Linear, Sum
    from twin.constraints.onehot import OneHot
    from twin.constraints.range import Range
    from twin.constraints.rules import Rules
    from twin.constraints.texts import Matches, Predicate
    from twin.constraints.whole import Monotone, Unique
    from twin.core.fit import fit, from_bytes, infer, load
    from twin.core.generator import Twin
    from twin.core.preview import PrivacyPlan, plan
    from twin.core.privacy import Budget, Suppression
    from twin.errors import (
        BudgetExceeded,
        ConditionError,
        EvidenceError,
        FileFormatError,
        GateFailed,
        InputError,
        MissingExtra,
        NotAvailable,
        PolicyError,
        SchemaError,
        TrainingError,
        TwinError,
        TwinWarning,
    )
    from twin.evidence.keys import keygen
    from twin.evidence.verify import Verified, verify
    from twin.files.tabular import open_writer, read_table, write_table
    from twin.imputation.impute import Imputed
    from twin.imputation.pooling import Pooled, pool
    from twin.metrics.registry import register_metric
    from twin.metrics.score import Score
    from twin.models.copula.copula import Copula
    from twin.models.gan.gan import CTGAN
    from twin.models.independent import Independent
    from twin.models.marginals.marginals import Marginals
    from twin.models.network.network import Network
    from twin.models.registry import MODELS, register_model
    from twin.models.trees.trees import Trees
    from twin.policy.judge import check
    from twin.policy.policy import Policy
    from twin.privacy.dp.ledger import Ledger
    from twin.privacy.dp.statement import PrivacyStatement
    from twin.releasing.release import Release, release
    from twin.reporting.build import ReportOptions, report
    from twin.reporting.comparison import Comparison, compare
    from twin.reporting.document import Context, Report
    from twin.scanning.document import Scan
    from twin.scanning.finding import Finding
    from twin.scanning.run import scan

_MODULES = {
    "twin.attacks.base": ("Attack",),
    "twin.attacks.registry": ("register_attack",),
    "twin.canaries.run": ("leak_test",),
    "twin.columns.kinds.registry": ("register_kind",),
    "twin.columns.schema": (
        "Category",
        "Column",
        "Datetime",
        "DirectIdentifier",
        "Flag",
        "Key",
        "Number",
        "Schema",
        "Text",
    ),
    "twin.conditions.request": (
        "EqualOpportunity",
        "Parity",
        "Request",
        "Shift",
        "Stress",
        "Unseen",
    ),
    "twin.constraints.discovery.suggest": ("Suggestions", "suggest_constraints"),
    "twin.constraints.fixed_combinations": ("FixedCombinations",),
    "twin.constraints.inequality": ("Inequality",),
    "twin.constraints.linear": ("Linear", "Sum"),
    "twin.constraints.onehot": ("OneHot",),
    "twin.constraints.range": ("Range",),
    "twin.constraints.rules": ("Rules",),
    "twin.constraints.texts": ("Matches", "Predicate"),
    "twin.constraints.whole": ("Monotone", "Unique"),
    "twin.core.fit": ("fit", "from_bytes", "infer", "load"),
    "twin.core.generator": ("Twin",),
    "twin.core.privacy": ("Budget", "Suppression"),
    "twin.core.preview": ("PrivacyPlan", "plan"),
    "twin.errors": (
        "BudgetExceeded",
        "ConditionError",
        "EvidenceError",
        "FileFormatError",
        "GateFailed",
        "InputError",
        "MissingExtra",
        "NotAvailable",
        "PolicyError",
        "SchemaError",
        "TrainingError",
        "TwinError",
        "TwinWarning",
    ),
    "twin.evidence.keys": ("keygen",),
    "twin.evidence.verify": ("Verified", "verify"),
    "twin.files.tabular": ("open_writer", "read_table", "write_table"),
    "twin.imputation.impute": ("Imputed",),
    "twin.imputation.pooling": ("Pooled", "pool"),
    "twin.metrics.registry": ("register_metric",),
    "twin.metrics.score": ("Score",),
    "twin.models.copula.copula": ("Copula",),
    "twin.models.gan.gan": ("CTGAN",),
    "twin.models.independent": ("Independent",),
    "twin.models.marginals.marginals": ("Marginals",),
    "twin.models.network.network": ("Network",),
    "twin.models.registry": ("MODELS", "register_model"),
    "twin.models.trees.trees": ("Trees",),
    "twin.policy.policy": ("Policy",),
    "twin.policy.judge": ("check",),
    "twin.privacy.dp.ledger": ("Ledger",),
    "twin.privacy.dp.statement": ("PrivacyStatement",),
    "twin.releasing.release": ("Release", "release"),
    "twin.reporting.build": ("ReportOptions", "report"),
    "twin.reporting.comparison": ("Comparison", "compare"),
    "twin.reporting.document": ("Context", "Report"),
    "twin.scanning.document": ("Scan",),
    "twin.scanning.finding": ("Finding",),
    "twin.scanning.run": ("scan",),
}
"""Where each public name stands; its module is imported when the name is first used."""
_HOMES = {name: module for module, names in _MODULES.items() for name in names}

__all__ = [
    "CTGAN",
    "MODELS",
    "Attack",
    "Budget",
    "BudgetExceeded",
    "Category",
    "Column",
    "Comparison",
    "ConditionError",
    "Context",
    "Copula",
    "Datetime",
    "DirectIdentifier",
    "EqualOpportunity",
    "EvidenceError",
    "FileFormatError",
    "Finding",
    "FixedCombinations",
    "Flag",
    "GateFailed",
    "Imputed",
    "Independent",
    "Inequality",
    "InputError",
    "Key",
    "Ledger",
    "Linear",
    "Marginals",
    "Matches",
    "MissingExtra",
    "Monotone",
    "Network",
    "NotAvailable",
    "Number",
    "OneHot",
    "Parity",
    "Policy",
    "PolicyError",
    "Pooled",
    "Predicate",
    "PrivacyPlan",
    "PrivacyStatement",
    "Range",
    "Release",
    "Report",
    "ReportOptions",
    "Request",
    "Rules",
    "Scan",
    "Schema",
    "SchemaError",
    "Score",
    "Shift",
    "Stress",
    "Suggestions",
    "Sum",
    "Suppression",
    "Text",
    "TrainingError",
    "Trees",
    "Twin",
    "TwinError",
    "TwinWarning",
    "Unique",
    "Unseen",
    "Verified",
    "__version__",
    "attacks",
    "check",
    "compare",
    "datasets",
    "fit",
    "from_bytes",
    "infer",
    "keygen",
    "leak_test",
    "load",
    "open_writer",
    "plan",
    "pool",
    "read_table",
    "register_attack",
    "register_kind",
    "register_metric",
    "register_model",
    "release",
    "report",
    "scan",
    "suggest_constraints",
    "verify",
    "write_table",
]


def __getattr__(name: str) -> Any:
    """A public name, imported when it is first used (PEP 562), so that `import twin` is light."""
    if name in _HOMES:
        found = getattr(import_module(_HOMES[name]), name)
    elif name in ("attacks", "datasets"):
        found = import_module(f"twin.{name}")
    elif name == "__version__":
        from importlib.metadata import version

        found = version("twin")
    else:
        raise AttributeError(f"module 'twin' has no attribute {name!r}")
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
