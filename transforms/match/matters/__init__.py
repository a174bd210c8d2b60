"""Cases (办件) of many platforms: which of them are one matter (一件事), and what each is to it.

cases       read the table into arrays                relations   what two cases are to each other, and roles
candidates  which pairs are looked at                 groups      matters out of pairs, decisions obeyed
compare     the level of each pair in each respect    outputs     the declared tables, the grey pairs
evidence    what levels are worth in bits             tickets     the same for calls to a hotline (一事多单)
"""

from transforms.match.matters.run import MatterMatch, match_matters
from transforms.match.matters.tickets import TicketMatch, match_tickets

__all__ = ["MatterMatch", "TicketMatch", "match_matters", "match_tickets"]
