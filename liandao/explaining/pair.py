"""Why two records are or are not one, in words and numbers."""

from __future__ import annotations

from dataclasses import fields, replace
from math import isinf
from pathlib import Path
from typing import TYPE_CHECKING

from liandao.options import OUT, print_table
from liandao.settings import read_settings
from schemas.errors import ConfigurationError, UsageError

if TYPE_CHECKING:
    from liandao.answers.rooms import PairExplanation
    from transforms.match.results.explain import Explanation, FieldEvidence, Link

HEADINGS = ("字段 field", "左 left", "右 right", "比较结果 level", "匹配者 if one", "他人 if strangers", "位 bits")
CAPS = {
    "contradiction": ("两个有效且不同的证件号不能归为一人", "two different valid numbers never belong to one person"),
    "needs_proof": (
        "名字不同，没有末位可见且相符的证件号佐证不归并",
        "given names differ: no link without a number that agrees, its end in clear",
    ),
}
DECISIONS = {
    "same": ("是同一个", "the same"),
    "different": ("不是同一个", "different"),
    "unsure": ("不能确定", "unsure"),
}


def explain_pair(left: str, right: str, home: Path | None, project: Path | None, out: Path | None) -> Explanation:
    """The evidence for and against two records being one, from a folder of ``liandao match`` or what is published.

    Raises UsageError for records that are not there, ConfigurationError where nothing was matched.
    """
    from liandao.match_ids import key_written
    from transforms.match.register.store import read_register
    from transforms.match.results.explain import explain, is_known

    _require_two(left, right)
    register = read_register(_register(home, project, out))
    first, second = (text if is_known(register, text) else key_written(text) for text in (left, right))
    _require_two(first, second)
    return explain(register, first, second)


def _require_two(left: str, right: str) -> None:
    if left == right:
        raise UsageError("both are the same record", where="A B", expected="two records", found=left)


def _register(home: Path | None, project: Path | None, out: Path | None) -> Path:
    """The register of a folder of ``liandao match``, or of the published generation."""
    from transforms.match.register.store import FOLDER
    from warehouse import places

    if out is not None:
        path, next_step = out / FOLDER, "liandao match … --out " + str(out)
    else:
        folder = places.current_folder(read_settings(home, project).home)
        path, next_step = places.register_folder(folder or Path()), "liandao run"
    if not path.is_dir():
        raise ConfigurationError("nothing was matched here", where=str(path), next_step=next_step)
    return path


def to_answer(told: Explanation) -> PairExplanation:
    """The explanation with its values masked; a link that a person decided has no weight."""
    from liandao.answers.rooms import ChainLink, PairExplanation

    parts = {f.name: getattr(told, f.name) for f in fields(told)}
    masked = [replace(f, values=(_shown(f, 0), _shown(f, 1))) for f in told.fields]
    chain = [ChainLink(e.left_id, e.right_id, None if isinf(e.weight) else e.weight, e.levels) for e in told.chain]
    return PairExplanation(**parts | {"fields": masked, "chain": chain, "probability": told.probability})


def show(told: Explanation) -> None:
    """One screen: the verdict, the table of fields, the sum, the chain."""
    from liandao.match_ids import key_shown

    zh, en = _verdict(told)
    OUT.print(f"[bold]{zh}[/bold]\n{en}\n")
    if told.same_node:
        OUT.print("两条记录规范化后完全相同。 After normalisation the two records are equal.\n")
    title = key_shown(f"{told.left_id} ↔ {told.right_id}")
    print_table(title, HEADINGS, [_row(f) for f in told.fields], numbers=(4, 5, 6))
    OUT.print()
    for zh, en, bits in _sum(told):
        OUT.print(f"{bits:>+9.2f}  {zh} {en}")
    if told.cap is not None:
        zh, en = CAPS[told.cap]
        OUT.print(f"  {zh}：以 {told.weight:.2f} 计。 {en}: it counts as {told.weight:.2f}.")
    OUT.print(f"  归并阈值 link from {told.link_weight:+.2f} 位 bits；概率 probability {told.probability:.1%}")
    if told.decision is not None:
        OUT.print(f"\n人工判断：{DECISIONS[told.decision][0]}。 A person decided: {DECISIONS[told.decision][1]}.")
    if told.chain:
        OUT.print("\n同簇的最强链条(逐环) The strongest chain that joins them, link by link:")
        for link in told.chain:
            OUT.print(f"{_bits(link.weight):>9}  {key_shown(f'{link.left_id} ↔ {link.right_id}')}  {_levels(link)}")


def _verdict(told: Explanation) -> tuple[str, str]:
    if told.together and (told.same_node or told.weight >= told.link_weight or told.decision == "same"):
        return "归为同一个：两者直接相符。", "One: the two agree with each other."
    if told.together:
        return "归为同一个：经由同簇的其他记录。", "One: through other records of the cluster."
    if told.decision == "different":
        return "不是同一个：人工判断。", "Not one: a person decided so."
    if told.weight >= told.link_weight:
        said = "Not one: they agree, but their clusters contradict each other or fit others better."
        return "未归并：两者相符，但所在的簇彼此矛盾或另有归属。", said
    return "不是同一个：证据不足或相反。", "Not one: the evidence is too little, or against it."


def _sum(told: Explanation) -> list[tuple[str, str, float]]:
    lines = [("起点：任意两条记录", "before anything is compared", told.prior)]
    lines += [(f"{f.field}", "", f.weight) for f in told.fields if abs(f.weight) >= 0.005]
    if told.household < -0.005:
        lines.append(("同住者也会如此相符", "housemates would agree so too", told.household))
    return [*lines, ("合计", "sum", sum(bits for _, _, bits in lines))]


def _row(f: FieldEvidence) -> tuple[str, ...]:
    word = " ".join(_words(f.level))
    if f.counted_in is not None:
        word += f"(已含于 {f.counted_in} counted there)"
    if f.level == "null":
        return f.field, _shown(f, 0), _shown(f, 1), word, "", "", "0.00"
    return f.field, _shown(f, 0), _shown(f, 1), word, f"{f.matches:.3g}", f"{f.strangers:.2g}", f"{f.weight:+.2f}"


def _shown(f: FieldEvidence, side: int) -> str:
    from transforms.match.results.cases import mask

    return mask(f.values[side] or "", f.kind)


def _words(level: str) -> tuple[str, str]:
    from schemas.codes import code_lists

    names = code_lists()["match_level"]
    stem = "prefix" if level.startswith("prefix_") else level
    return names.get(stem, (level, ""))


def _levels(link: Link) -> str:
    return " ".join(f"{name}={_words(level)[0]}" for name, level in link.levels.items() if level != "null")


def _bits(weight: float) -> str:
    return "人工 decided" if weight == float("inf") else f"{weight:+.2f}"
