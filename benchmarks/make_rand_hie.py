"""Makes `twin/datasets/rand_hie.parquet` from `randhie.csv`, the source that `RAND_HIE.md` names.

    python benchmarks/make_rand_hie.py randhie.csv [rand_hie.parquet]

Every claim of `RAND_HIE.md` about columns that are functions of others is checked on the way.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

SITES = {
    1: "Dayton",
    2: "Seattle",
    3: "Fitchburg",
    4: "Franklin County",
    5: "Charleston",
    6: "Georgetown County",
}
COSTS = {
    "outpdol": "outpatient_cost",
    "drugdol": "drug_cost",
    "suppdol": "supply_cost",
    "mentdol": "therapy_cost",
    "inpdol": "inpatient_cost",
}
COUNTS = {
    "totadm": "admissions",
    "mdvis": "doctor_visits",
    "notmdvis": "other_visits",
    "mentvis": "therapy_visits",
}


def plan_words(raw: pd.DataFrame) -> pd.Series:
    """Plan numbers as words; plans that share a rule keep their number."""
    coins = raw["coins"].astype(int).astype(str)
    number = raw["plan"].astype(int).astype(str)
    words = coins + "% coinsurance (plan " + number + ")"
    words = words.mask(raw["plan"].isin([1, 13]), "individual deductible (plan " + number + ")")
    return words.mask(raw["plan"] == 11, "free care")


def measured(values: pd.Series, step: float) -> pd.Series:
    """The values that lie on the scale's grid; the source's site means, which do not, become missing."""
    on_grid = ((values / step) - (values / step).round()).abs() < 1e-3
    return values.where(on_grid).round(2)


def health_words(raw: pd.DataFrame) -> pd.Series:
    """One word from three dummies; none of them set means excellent."""
    flags = [raw["hlthg"] == 1, raw["hlthf"] == 1, raw["hlthp"] == 1]
    return pd.Series(np.select(flags, ["good", "fair", "poor"], default="excellent"), index=raw.index)


def check_left_out(raw: pd.DataFrame) -> None:
    """Stops where a column that is left out is not the function of others that the note says."""
    free_or_deductible = raw["idp"].eq(1) | raw["coins"].eq(0)
    share = (0.01 * raw["coins"]).where(~free_or_deductible)
    said = {
        "lfam": np.log(raw["num"]),
        "lnum": np.log(raw["num"]),
        "lpi": np.log(raw["pioff"].clip(lower=1)),
        "linc": np.log1p(raw["income"]),
        "fmde": np.log((raw["mdeoff"] / share).clip(lower=1)),
        "child": (raw["xage"] < 18).astype(float),
        "fchild": raw["female"] * raw["child"],
        "lnmeddol": np.log(raw["meddol"].where(raw["meddol"] > 0)),
        "binexp": (raw["meddol"] > 0).astype(float),
        "site": raw["zper"] // 100_000,
        "meddol": raw[["outpdol", "drugdol", "suppdol", "inpdol"]].sum(axis=1),
    }
    for name, values in said.items():
        off = (raw[name] - values).abs() > 0.011  # cents
        if off.sum() > (2 if name == "meddol" else 0):
            raise SystemExit(f"{name} is not the function of other columns that it is said to be")
    for name in ("coins", "idp", "logc"):
        if raw.groupby("plan")[name].nunique().max() > 1:
            raise SystemExit(f"{name} is not a function of the plan")


def convert(raw: pd.DataFrame) -> pd.DataFrame:
    """The table as it ships."""
    check_left_out(raw)
    flag = {1.0: True, 0.0: False}
    table = pd.DataFrame(
        {
            "person": raw["zper"].astype("int64"),
            "site": raw["site"].map(SITES),
            "plan": plan_words(raw),
            "year": raw["year"].astype("int64"),
            "year_share": raw["time"].round(3),
            "took_physical": raw["tookphys"].map(flag).astype(bool),
            "sex": raw["female"].map({1: "female", 0: "male"}),
            "age": raw["xage"].round(2),
            "race_of_head": measured(raw["black"], 1).map({1.0: "black", 0.0: "not black"}),
            "education_of_head": measured(raw["educdec"], 0.5),
            "family_size": raw["num"].astype("int64"),
            "family_income": raw["income"].round(2),
            "spending_limit": raw["mdeoff"].round(2),
            "incentive": raw["pioff"].round(2),
            "self_rated_health": health_words(raw),
            "mental_health": measured(raw["mhi"], 0.1),
            "general_health": measured(raw["ghindx"], 0.1),
            "chronic_disease": measured(raw["disea"], 0.1),
            "physical_limitation": measured(raw["physlm"], 1).map(flag).astype("boolean"),
        }
    )
    counts = raw[list(COUNTS)].astype("int64").rename(columns=COUNTS)
    costs = raw[list(COSTS)].round(2).rename(columns=COSTS)
    missing = raw["inpmis"].map(flag).astype(bool).rename("inpatient_charges_missing")
    return pd.concat([table, counts, costs, missing], axis=1)


def main(source: str, target: str) -> None:
    """Reads the source, checks and converts it, and writes the parquet file."""
    table = convert(pd.read_csv(source))
    table.to_parquet(target, index=False, compression="zstd", compression_level=19)
    print(table.dtypes.to_string())
    print(f"{len(table)} rows, {table['person'].nunique()} persons, {Path(target).stat().st_size} bytes")


if __name__ == "__main__":
    shipped = Path(__file__).parents[1] / "twin" / "datasets" / "rand_hie.parquet"
    main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else str(shipped))
