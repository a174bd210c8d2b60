"""Which of the things that can be explained a word names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from liandao.answers.explained import Explained
from liandao.explaining.errors import explain_error
from liandao.names import suggest
from liandao.settings import read_settings
from schemas.errors import UsageError, error_kinds

ERROR = re.compile(r"LD-?(\d{4})", re.IGNORECASE)
EXPECTED = "an error (LD-4005), a rule (FORM.CERT_NO.CHECK_DIGIT), a figure (M03), a setting (settings.workers), \
a record (platform:stream:key) or a batch"


def explain_word(word: str, home: Path | None, project: Path | None) -> Explained:
    """Explain an error, a rule, a figure, a setting, a record or a batch. An error is explained wherever one stands;
    the others as the project and the home have them.

    Raises UsageError, with what may have been meant, for a word that names none.
    """
    if match := ERROR.fullmatch(word):
        code = f"LD-{match[1]}"
        if code not in error_kinds():
            raise _unknown(word, error_kinds())
        return explain_error(code)
    place = read_settings(home, project)
    named = _named(word, place.home)
    if named is not None:
        return named
    from liandao.explaining.settings import explain_setting, named_setting, setting_name

    entries = []
    if place.project is not None:
        from liandao.effective import effective

        entries = effective(place)
        if (entry := named_setting(entries, word)) is not None:
            return explain_setting(entry)
    raise _unknown(word, [*_names(place.home), *map(setting_name, entries)])


def _named(word: str, home: Path) -> Explained | None:
    from liandao.explaining.batches import find_batch
    from liandao.explaining.figures import declared_figures, explain_figure
    from liandao.explaining.records import find_record
    from liandao.explaining.rules import code_written, explain_rule, rule_codes

    if ":" in word:
        return find_record(home, word)
    figure = next((name for name in declared_figures() if name.casefold() == word.casefold()), None)
    if figure is not None:
        return explain_figure(home, figure)
    if (code := code_written(word)) in rule_codes():
        return explain_rule(home, code)
    return find_batch(home, word) if re.fullmatch(r"\w+", word) else None


def _names(home: Path) -> list[str]:
    from liandao.explaining.batches import batch_ids
    from liandao.explaining.figures import declared_figures
    from liandao.explaining.rules import rule_codes

    return [*error_kinds(), *declared_figures(), *rule_codes(), *batch_ids(home)]


def _unknown(word: str, known: Iterable[str]) -> UsageError:
    if ":" in word:
        return UsageError(
            f"no such record {word!r} is published or was set aside",
            where="A",
            expected="platform:stream:key",
            next_step="liandao batch list  lists what is not in the warehouse yet",
        )
    meant = suggest(word, known)
    hint = f"; did you mean {' or '.join(meant)}?" if meant else ""
    return UsageError(f"nothing here is called {word!r}{hint}", where="A", expected=EXPECTED)

