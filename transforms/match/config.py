"""What the engine is told about a table: fields and their kinds, blocking passes, thresholds. Nothing here runs."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Field:
    """One column to compare. ``kind``: a word of :data:`transforms.match.compare.KINDS`, with its ``options``."""

    name: str
    kind: str
    options: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pass:
    """One blocking pass: records that share all ``features`` (written ``field.feature``) are candidate pairs.

    Blocks above ``max_block`` are refined by ``refine``, one feature after another, then left out (and counted).
    ``is_training``: m is learnt from this pass, for the fields that it doesn't block on.
    """

    features: tuple[str, ...]
    refine: tuple[str, ...] = ()
    max_block: int = 200
    is_training: bool = False

    @property
    def name(self) -> str:
        """How the report names the pass."""
        return " + ".join(self.features)

    @property
    def fields(self) -> frozenset[str]:
        """The fields it blocks on."""
        return frozenset(feature.split(".")[0] for feature in self.features)


@dataclass(frozen=True, slots=True)
class Household:
    """What members of one household share. ``features``: equal in one of them means housemates; ``lends``: field ->
    share of housemate pairs in which one is registered with the other's value at its best level (a parent's number)."""

    features: tuple[str, ...]
    lends: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MatchConfig:
    """Everything that one table needs.

    ``anchors``: combinations that nearly surely mean one entity; they serve to count entities, not to link.
    ``exclusive``: the feature of which no cluster may hold two values. ``implies``: field -> fields whose agreement is
    already contained in its agreement (a birth date within an identity number) and must not be counted twice.
    ``certain_field``: without its best level no match is certain. Thresholds are match weights in bits
    (log2 of posterior odds): 3.17 is 90 %, 6.64 is 99 %, 0 is even odds. ``copies_weight``: what equal records that
    nothing else supports (a name and a community, typed twice) must weigh to be one.
    """

    record_id: str
    fields: tuple[Field, ...]
    passes: tuple[Pass, ...]
    anchors: tuple[tuple[str, ...], ...]
    household: Household | None = None
    exclusive: str | None = None
    implies: dict[str, tuple[str, ...]] = field(default_factory=dict)
    certain_field: str | None = None
    link_weight: float = 3.17
    copies_weight: float = 6.64
    certain_weight: float = 9.97
    possible_weight: float = -1.0
    ambiguity_margin: float = 3.0
    against_weight: float = -3.0
    sample_pairs: int = 200_000
    max_component: int = 300
    seed: int = 20260930

    def field_index(self, name: str) -> int:
        """Position of a field."""
        return [f.name for f in self.fields].index(name)
