"""Sentences that stand in every report alike, whatever its figures."""

from __future__ import annotations

NO_GUARANTEE = (
    "Suppression is not a guarantee: it removes values that few people share, and does not bound what can "
    "be inferred about a person."
)
ROWS_AS_PEOPLE = (
    "No column was named that tells which person a row is about, so each row was counted as a person. "
    "Where people have several rows, name that column: otherwise what one person holds in many rows counts "
    "as common."
)
NO_ATTACK = (
    "No attack on the twin was run for this report, and nothing in it shows what an attacker would get out "
    "of it. Distances and identical rows describe; they are neither passed nor failed."
)
ATTACKED = (
    "Each attack is one way to try, with what its description names. Who knows more, or tries otherwise, may "
    "get further. A leak smaller than the smallest planted one that an attack found may have gone unseen. "
    "Distances and identical rows describe; they are neither passed nor failed."
)
EVIDENCE = (
    "This is evidence for people who decide. It decides nothing by itself, and certifies nothing under any "
    "law or standard."
)
SCENARIO = "This is a scenario: rows as somebody asked for them, and not a picture of the source as it was."
STEERED = (
    "Fidelity and utility are measured against the source as it was; these rows are meant to differ from it."
)
EXTREME = (
    "Some rows come up more than 25 times as often as in the twin: they vary no more than the few people who "
    "taught them to it."
)
FAIRER = (
    "Equal shares in a table do not make decisions fair: they say nothing about who deserved the outcome, "
    "about groups formed by several columns, or about what a model does that learns from the table."
)
NOT_SHOWN = (
    "What other tables and releases, now or later, tell when they are put beside this one.",
    "What becomes of the table with those who receive it: access, contracts and controls are theirs to show.",
    "How the real table came about, and whether it may be used: consent, purpose and law.",
    "Uses of the table that were not measured here.",
)
INTERNAL = (
    "For internal use. The scores are computed from real data: they tell something about it, so think before "
    "you publish them."
)
ROWS_PROTECTED = (
    "No column was named that tells which person a row is about, so the budget protects each row by itself. "
    "Where people have several rows, name that column: otherwise what one person holds in many rows can show."
)
SETTINGS_ONLY = (
    "This part may be released: it holds settings, the limits in force, and the names and kinds of the "
    "columns. Without a privacy budget every score is computed from real data and tells something about it, "
    "so no figure stands here."
)
ANNOUNCED = (
    "The verdict is the one exception: a word that was computed from real data, outside any privacy budget, "
    "which whoever made this part chose to tell."
)
PUBLIC = (
    "This part may be released: it holds settings, declarations and the ledger, and nothing that was "
    "computed from real data outside the budget."
)
NOT_FOR_RELEASE = (
    "Not for release. The scores are computed from real data, outside the privacy budget: whoever publishes "
    "them undoes the guarantee."
)
NO_SCORES = (
    "It says nothing of how good the twin is: scores are computed from real data, so they stand in the "
    "internal part alone."
)
VOID = (
    "VOID: the noise came from a seed, so nothing is protected. Never release this twin or what came of it."
)
UNSAFE = "UNSAFE: k was set below the floor of 5, so that very small groups may be visible."
