"""Text is readable whatever its label says."""

import pytest

from inbox.channels.email.charsets import decode

CHINESE, JAPANESE, KOREAN, RUSSIAN = (
    "大稻埕老屋開放日，歡迎參加。",
    "記事の訂正をお願いします",
    "기자회견 안내드립니다",
    "Пресс-конференция состоится завтра",
)


@pytest.mark.parametrize(
    ("text", "really", "label"),
    [
        (CHINESE, "big5", "big5"),
        ("碁銹裏墻恒粧嫺 €", "cp950", "Big5"),
        ("啫嘅嗰", "big5hkscs", "big5"),
        ("近海风电 㐀 𠮷", "gb18030", "GB2312"),
        ("朱镕基", "gbk", "gb2312"),
        ("①②㈱", "cp932", "shift_jis"),
        (JAPANESE, "iso2022_jp", "ISO-2022-JP"),
        ("第①回", "iso2022_jp_2004", "iso-2022-jp"),
        (JAPANESE, "euc_jp", "EUC-JP"),
        (KOREAN, "cp949", "ks_c_5601-1987"),
        ("“quotes” – café", "cp1252", "iso-8859-1"),
        (RUSSIAN, "koi8_r", "koi8-r"),
        ("Žluťoučký kůň", "iso8859_2", "iso-8859-2"),
        ("żółć", "cp1250", "windows-1250"),
        ("สวัสดี", "cp874", "windows-874"),
        (CHINESE, "utf_16", "utf-16"),
        (CHINESE, "utf_7", "unicode-1-1-utf-7"),
        (CHINESE, "utf_8", '"UTF8"'),
        (CHINESE, "utf_8_sig", "utf-8"),
    ],
)
def test_a_true_label_is_followed_the_way_it_is_meant(text, really, label):
    assert decode(text.encode(really), label) == text


@pytest.mark.parametrize(
    ("text", "really", "label"),
    [
        ("Café 陳小姐提供", "utf_8", "us-ascii"),
        ("Café", "utf_8", "iso-8859-1"),
        (CHINESE, "utf_8", "gb2312"),
        (CHINESE, "utf_8", "big5"),
        (JAPANESE, "utf_8", "shift_jis"),
        (CHINESE, "big5", "utf-8"),
        (CHINESE, "big5", ""),
        (CHINESE, "big5", "x-who-knows"),
        ("近海风电的新报告，全部数据都在里面", "gb2312", ""),
        (JAPANESE, "shift_jis", ""),
        (JAPANESE, "euc_jp", "us-ascii"),
        (JAPANESE, "iso2022_jp", "us-ascii"),
        (KOREAN, "euc_kr", ""),
        (RUSSIAN, "cp1251", ""),
        (RUSSIAN, "koi8_r", ""),
        ("Änderung, schöne Grüße, déjà vu", "cp1252", ""),
        ("plain words", "ascii", "utf-16"),
        (CHINESE, "utf_16", ""),
    ],
)
def test_a_wrong_or_missing_label_does_not_garble_the_text(text, really, label):
    assert decode(text.encode(really), label) == text


def test_a_western_text_is_not_taken_for_chinese_because_its_pairs_of_bytes_could_be():
    assert decode("schön".encode("cp1252"), "iso-8859-1") == "schön"
    assert decode("Änderung Ähre Äpfel".encode("cp1252"), "iso-8859-1") == "Änderung Ähre Äpfel"


def test_one_damaged_byte_costs_one_character():
    assert decode(CHINESE.encode() + b"\xff", "utf-8") == CHINESE + "\ufffd"
    assert decode(CHINESE.encode("big5") + b"\xff", "big5") == CHINESE + "\ufffd"


@pytest.mark.parametrize(
    "label", ["unicode_escape", "punycode", "idna", "rot13", "zip", "base64", "undefined", "../x", "\0", "é"]
)
def test_a_label_that_names_a_codec_but_no_charset_is_an_unknown_one(label):
    assert decode(b"xn--caf-dma \\u0041", label) == "xn--caf-dma \\u0041"


def test_what_no_database_holds_never_comes_out():
    assert decode(b"a\0b") == "a\ufffdb"
    assert decode(b"+2AA-", "utf-7").isascii() is False
    assert "\ud800" not in decode(b"+2AA-", "utf-7")
