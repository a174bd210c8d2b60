"""How the files that people write about platforms are read: platform files, profiles, vocabularies."""

from __future__ import annotations

from schemas.errors import PlatformFileError
from schemas.platform_file import RESERVED
from schemas.typed_yaml import Reader

READER = Reader(PlatformFileError, next_step="correct it, then: liandao check {path}", reserved=RESERVED)
