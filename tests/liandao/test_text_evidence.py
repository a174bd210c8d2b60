"""The encoding of a Chinese text is told from its bytes, with the evidence, or nothing is told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liandao.text_evidence import common_share, decode

NAMES = "统计用区划代码,名称\n430102001001,文艺新村社区\n"

#  bytes | encoding | words of the evidence
FILES = {
    "UTF-8": (NAMES.encode(), "utf-8", "not gb18030"),
    "UTF-8 with a mark": (NAMES.encode("utf-8-sig"), "utf-8-sig", "a byte order mark"),
    "UTF-16 of a spreadsheet": (NAMES.encode("utf-16"), "utf-16", "a byte order mark"),
    "GB18030": (NAMES.encode("gb18030"), "gb18030", "not utf-8: byte 0xbc in line 1"),
    "GB18030 that happens to be UTF-8": ("联通".encode("gb18030"), "gb18030", "100% of its characters are common"),
    "nothing beyond ASCII": (b"code,name\n43,Hunan\n", "utf-8", "100%"),
    "a rare character among common ones": ("code,name\n43,㵲水村村民委员会".encode("gb18030"), "gb18030", "not utf-8"),
}


@pytest.mark.parametrize(("data", "encoding", "words"), FILES.values(), ids=FILES)
def test_encodings(data: bytes, encoding: str, words: str) -> None:
    text, told, evidence = decode(data)
    assert (told, text) == (encoding, data.decode(encoding))
    assert words in evidence


#  bytes | what speaks against each encoding
OTHERS = {
    "Big5": ("臺灣省臺北市萬華區頂碩里".encode("big5"), ["not utf-8", "not gb18030"]),
    "bytes of nothing": (b"\xff\xff\x80\x00", ["not utf-8: byte 0xff in line 1", "not gb18030: byte 0xff in line 1"]),
    "Russian": ("Республика".encode(), ["not utf-8: 0% of its characters are common", "not gb18030"]),
}


@pytest.mark.parametrize(("data", "against"), OTHERS.values(), ids=OTHERS)
def test_what_is_neither_is_refused(data: bytes, against: list[str]) -> None:
    with pytest.raises(ValueError, match=r"not utf-8.*not gb18030|not gb18030.*not utf-8") as error:
        decode(data)
    assert all(words in str(error.value) for words in against)


COMMON = [chr(point) for point in range(0x4E00, 0x9FA6) if common_share(chr(point)) == 1]
HAN = st.text(st.sampled_from(COMMON), min_size=12)


@given(HAN, st.sampled_from(["utf-8", "gb18030"]))
def test_chinese_text_is_read_as_it_was_written(name: str, encoding: str) -> None:
    assert decode(f"code,name\n43,{name}\n".encode(encoding))[0] == f"code,name\n43,{name}\n"
