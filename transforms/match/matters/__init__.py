"""Cases (办件) of many platforms: which of them are one matter (一件事), and what each is to it.

    cases       read the table into arrays                relations   what two cases are to each other, and roles
    candidates  which pairs are looked at                 groups      matters out of pairs, decisions obeyed
    evidence    levels and bits of each pair              outputs     the declared tables, the grey pairs
    tickets     the same for calls to a hotline (一事多单)
"""

from transforms.match.matters.run import MatterMatch, match_matters

__all__ = ["MatterMatch", "match_matters"]
