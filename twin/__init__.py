"""Learns a table about people and makes a twin of it: rows that are statistically alike and belong to nobody.

Example:
    >>> import pandas as pd, twin
    >>> table = pd.DataFrame({"age": list(range(20, 60)) * 5})
    >>> twin.fit(table).sample(10, seed=7).columns.tolist()
    ['age']
"""

from importlib.metadata import version as _version

import twin.report as _room  # noqa: F401  (first: loaded later, it would take the name of the function)
from twin import datasets
from twin.api import fit, from_bytes, infer, load
from twin.columns.schema import Category, Flag, Identity, Key, Moment, Number, Schema, Text
from twin.constraints import (
    FixedCombinations,
    Inequality,
    Linear,
    Matches,
    Monotone,
    OneHot,
    Predicate,
    Range,
    Rules,
    Suggestions,
    Sum,
    Unique,
    suggest_constraints,
)
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
from twin.generator import Twin
from twin.imputation import Imputed
from twin.leaktest import leak_test
from twin.models.copula import Copula
from twin.models.gan import CTGAN
from twin.models.independent import Independent
from twin.models.marginals import Marginals
from twin.models.network import Network
from twin.models.table import MODELS
from twin.models.trees import Trees
from twin.plan import PrivacyPlan, plan
from twin.policy.check import check
from twin.policy.policy import Policy
from twin.pooling import Pooled, pool
from twin.privacy.ledger import Budget, Ledger
from twin.privacy.receipt import Receipt
from twin.release import Release, release
from twin.report.compare import Comparison, compare
from twin.reporting import report
from twin.scan import Finding, Scan, scan
from twin.scenario import EqualOpportunity, Parity, Scenario, Shift, Stress, Unseen

__version__ = _version("twin")

__all__ = [
    "CTGAN",
    "MODELS",
    "Budget",
    "BudgetExceeded",
    "Category",
    "Comparison",
    "ConditionError",
    "Copula",
    "EqualOpportunity",
    "EvidenceError",
    "FileFormatError",
    "Finding",
    "FixedCombinations",
    "Flag",
    "GateFailed",
    "Identity",
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
    "Moment",
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
    "Range",
    "Receipt",
    "Release",
    "Rules",
    "Scan",
    "Scenario",
    "Schema",
    "SchemaError",
    "Shift",
    "Stress",
    "Suggestions",
    "Sum",
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
    "release",
    "report",
    "scan",
    "suggest_constraints",
    "verify",
    "write_table",
]
