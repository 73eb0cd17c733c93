"""What Outlook packs into winmail.dat is taken out."""

import base64
import struct

from inbox.channels.email import tnef
from inbox.channels.email.parse import parse


def attribute(number: int, value: bytes) -> bytes:
    return struct.pack("<BHHI", 2, number, 0, len(value)) + value + b"\0\0"


def variable(kind: int, name: int, value: bytes) -> bytes:
    return struct.pack("<HHII", kind, name, 1, len(value)) + value + b"\0" * (-len(value) % 4)


def packed(*attributes: bytes) -> bytes:
    return tnef.SIGNATURE + b"\0\0" + b"".join(attributes)


def properties(*values: bytes) -> bytes:
    return struct.pack("<I", len(values)) + b"".join(values)


WHOLE = packed(
    attribute(0x9007, struct.pack("<I", 950)),
    attribute(0x9003, properties(struct.pack("<HHI", 3, 0x0E07, 1), variable(0x102, 0x1013, b"<p>In <b>HTML</b></p>"))),
    attribute(0x9002, b"\0" * 14),
    attribute(0x8010, "預算.csv\0".encode("big5")),
    attribute(0x800F, b"a,b"),
    attribute(0x9002, b"\0" * 14),
    attribute(0x8010, b"LONGNA~1.DOC\0"),
    attribute(
        0x9005,
        properties(
            struct.pack("<HH", 0x1E, 0x8001)
            + b"g" * 16
            + struct.pack("<II", 1, 6)
            + b"n\0a\0m\0\0\0"
            + struct.pack("<II", 1, 2)
            + b"v\0\0\0",
            variable(0x1F, 0x3707, "a long name.docx\0".encode("utf-16-le")),
            variable(0x1E, 0x370E, b"application/msword\0"),
        ),
    ),
    attribute(0x800F, b"doc"),
)


def test_files_are_taken_out_with_their_long_names_and_types():
    files = [(file.filename, file.content_type, file.content) for file in tnef.read(WHOLE).files]
    assert files == [("預算.csv", "", b"a,b"), ("a long name.docx", "application/msword", b"doc")]


def test_the_words_are_taken_out_where_the_mail_has_none_of_its_own():
    head = b"From: a@outlookuser.example\r\nContent-Type: application/ms-tnef; name=winmail.dat\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    read = parse(head + base64.encodebytes(WHOLE))
    assert (read.text, read.html) == ("In HTML", "<p>In <b>HTML</b></p>")
    assert [(file.filename, file.taken_from) for file in read.files] == [
        ("winmail.dat", ""),
        ("預算.csv", "winmail.dat"),
        ("a long name.docx", "winmail.dat"),
    ]


def test_what_is_cut_off_or_no_tnef_at_all_gives_what_can_be_had():
    for end in range(len(WHOLE)):
        tnef.read(WHOLE[:end])
    assert len(tnef.read(WHOLE[: WHOLE.index(b"LONGNA")]).files) == 1
    assert tnef.read(b"rubbish") == tnef.Contents()


def test_lengths_that_lie_lead_nowhere():
    lying = properties(struct.pack("<HHII", 0x1102, 0x3701, 0xFFFFFFFF, 0xFFFFFFF0))
    assert tnef.read(packed(attribute(0x9005, lying), attribute(0x9003, b"\xff" * 64))).files == []
