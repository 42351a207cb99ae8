"""The reader of documents: what it accepts, what it refuses and where, and that its readers agree."""

import codecs
import gc
import json
import random
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lettrage.limits import DOCUMENT, Limits
from lettrage.refusal import Refusal, Unreadable
from lettrage.settlement.dialect import (
    REPAIRS_KEPT,
    Node,
    Pairs,
    decode,
    dialect,
    pairs,
    parse,
    rewritten,
    scanned,
    strict,
    swapped,
    tokenized,
)

EXAMPLES = Path(__file__).parent.parent / "examples"
DEEP = Limits(depth=200)


def refused(text: str, limits: Limits = DOCUMENT) -> Refusal:
    with pytest.raises(Unreadable) as caught:
        parse(text, limits)
    return caught.value.refusal


def repairs(text: str) -> list[tuple[str, int, int]]:
    return [(repair.code, repair.line, repair.column) for repair in parse(text).repairs]


# --- the source's own examples ------------------------------------------------------------------------------


@pytest.mark.parametrize("case", sorted(path.name for path in EXAMPLES.iterdir()))
def test_every_example_of_the_source_is_read(case: str) -> None:
    read = parse(decode((EXAMPLES / case / "document.txt").read_bytes()))
    business = read.tree
    assert isinstance(business, dict)
    param = business.get("param")
    if isinstance(param, str):
        inner = parse(param)
        assert inner.repairs == ()
        business = inner.tree
    assert isinstance(business, dict)
    data = business["data"]
    assert isinstance(data, dict)
    assert list(data) == ["EnteteReglementtb"]
    fragment = case[0] in "145"
    assert [repair.code for repair in read.repairs] == ["missing_brace"] * fragment


# --- the two paths give the same tree -----------------------------------------------------------------------


def trees() -> st.SearchStrategy[Node]:
    awkward = st.text(st.sampled_from("'\"\\ \t\n,:{}[]éx0u\u00a0\u2028😀\x00"))
    leaves = st.text() | awkward
    return st.recursive(
        leaves,
        lambda parts: st.lists(parts, max_size=4) | st.dictionaries(leaves, parts, max_size=4),
        max_leaves=25,
    )


@given(trees(), st.booleans(), st.sampled_from([None, 1, "\t"]))
def test_strict_json_gives_the_same_tree_through_both_paths(
    tree: Node, in_ascii: bool, indent: int | str | None
) -> None:
    written = json.dumps(tree, ensure_ascii=in_ascii, indent=indent)
    assert strict(written, DEEP) == tree
    assert dialect(written, DEEP).tree == tree
    assert dialect(written, DEEP).repairs == ()
    assert parse(written, DEEP).tree == tree


def quoted_loosely(chance: random.Random, text: str) -> str:
    """The text as a utility may write it: raw controls, and its own quote where that does not close it."""
    quote = chance.choice("'\"")
    written = []
    for at, character in enumerate(text):
        follows = text[at + 1 :].lstrip(" \t\r\n")
        inner = not follows or follows[0] not in ",:}]"
        if character == "\\" or (character == quote and not (inner and chance.random() < 0.5)):
            written.append("\\")
        written.append(character)
    return quote + "".join(written) + quote


def loosely(chance: random.Random, tree: Node) -> str:
    """The tree in the dialect: any quotes, blanks anywhere, now and then a trailing comma."""

    def blank() -> str:
        return "".join(chance.choices(" \t\r\n", k=chance.choice((0, 0, 1, 3))))

    if isinstance(tree, str):
        return quoted_loosely(chance, tree)
    if isinstance(tree, dict):
        parts = [
            f"{blank()}{quoted_loosely(chance, name)}{blank()}:{blank()}{loosely(chance, part)}{blank()}"
            for name, part in pairs(tree)
        ]
    else:
        assert isinstance(tree, list)
        assert not isinstance(tree, Pairs)
        parts = [f"{blank()}{loosely(chance, part)}{blank()}" for part in tree]
    inside = ",".join(parts) + ("," if parts and chance.random() < 0.3 else "") + blank()
    return f"{{{inside}}}" if isinstance(tree, dict) else f"[{inside}]"


@given(trees(), st.integers())
def test_the_same_tree_written_in_the_dialect_is_the_same_tree(tree: Node, seed: int) -> None:
    written = loosely(random.Random(seed), tree)
    assert dialect(written, DEEP).tree == tree
    assert parse(written, DEEP).tree == tree


PIECES = (
    *"'\"\\{}[],: \n\t10-x😀é\x00\x1f\x7f",
    *("'a'", '"a"', "'a':", '"a":', "{'a':1}", "[]", "{}", "-0", "0087", "1e5", "1.", "+5", "true", "TRUE", "null"),
    *(r"\u003a", r"\u003A", r"\ud83d\ude00", r"\ud800", r"\'", "'l'an'", '"l\'an"', '"a":1,"a":2', "access_token"),
)
pieces = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)


@settings(max_examples=1_000)
@given(pieces | st.text(st.sampled_from("'\"\\{}[],: \n1aeutrl0-+.x😀"), max_size=25))
def test_whatever_a_quick_reader_reads_the_tokenizer_reads_alike(text: str) -> None:
    for tree in (strict(text), scanned(text), swapped(text)):
        if tree is not None:
            slow = tokenized(text)
            assert repr(slow.tree) == repr(tree)
            assert slow.repairs == ()
    quick = rewritten(text)
    if quick is not None:
        slow = tokenized(text)
        assert (repr(quick.tree), quick.repairs) == (repr(slow.tree), slow.repairs)


@given(pieces)
def test_the_quick_way_reads_all_the_strict_json_that_the_scanner_reads(text: str) -> None:
    assert repr(strict(text)) == repr(scanned(text))


@pytest.mark.parametrize(
    "text",
    [
        "'a': {'b': \"l'an\"}",
        "'a': 'l'an' } }",
        "{'a': [1, TRUE, 0087, 'l'an',],}}]",
        "{'a': 'C:\\\\Temp', \"b\": 'two\nlines', }",
        '{"a": "1", "b": "x"} }',
        "[" + "'l'an'," * 2_000 + "]",
        "'a': [" + "'l'an'," * 2_000 + "]",
        "'l'an': [" + "'l'an'," * 2_000 + "]}}",
    ],
)
def test_what_the_dialect_mends_is_mended_alike_without_the_tokenizer(text: str) -> None:
    quick, slow = rewritten(text), tokenized(text)
    assert quick is not None
    assert (repr(quick.tree), quick.repairs) == (repr(slow.tree), slow.repairs)


@pytest.mark.parametrize(
    "text",
    [
        '{"a": "1", "a": "\\u003a"}',  # the colon that was lost is made up for
        '{"a": "1", "a": "\\u003A"}',
        '{"a": ":", "a": "::"}',
        '{"a": {"b": "1", "c": "2"}, "a": "3", "b": 4}',
        '[{"a": "1", "\\u0061": "2"}]',
        '{"a": "1", "é": "2", "\\u00e9": "3"}',
    ],
)
def test_a_name_given_twice_is_never_lost_on_the_quick_way(text: str) -> None:
    assert repr(strict(text)) == repr(scanned(text))
    assert "Pairs" in str({type(node).__name__ for node in nodes(strict(text))})


def nodes(node: Node | None) -> list[Node]:
    """This node and every one inside it."""
    if node is None or isinstance(node, str):
        return [] if node is None else [node]
    parts = [part for _, part in pairs(node)] if isinstance(node, dict | Pairs) else node
    return [node, *(inner for part in parts for inner in nodes(part))]


@pytest.mark.parametrize("number", ["-0", "-0.0", "0", "1" * 30, "1" * 5_000, "1e400", "1E+3", "-12.50", "0.1e-7"])
def test_numbers_keep_their_own_digits_on_the_quick_way(number: str) -> None:
    assert strict(f'[{number}, {{"a": {number}}}]') == [number, {"a": number}]


def test_numbers_and_constants_are_texts_through_both_paths() -> None:
    text = '{"a": 87, "b": -12.50, "c": 1e400, "d": [true, false, null, 0.10], "e": {"f": null}}'
    expected = {"a": "87", "b": "-12.50", "c": "1e400", "d": ["true", "false", "", "0.10"], "e": {"f": ""}}
    assert strict(text) == expected
    assert swapped(text.replace('"', "'")) == expected
    assert dialect(text).tree == expected


@pytest.mark.parametrize("text", ["true", "null", '"x"', "87", "[]", "{}", '[""]', '{"":""}', " [ ] "])
def test_small_documents_are_read_alike(text: str) -> None:
    assert strict(text) == dialect(text).tree


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": 1, "b": 2, "a": null}', [("a", "1"), ("b", "2"), ("a", "")]),
        ("{'a': 1, 'b': 2, 'a': null}", [("a", "1"), ("b", "2"), ("a", "")]),
        ("{'a': 1, \"b\": 2, 'a': null,}", [("a", "1"), ("b", "2"), ("a", "")]),
        ("'a': 1, 'b': 2, 'a': null", [("a", "1"), ("b", "2"), ("a", "")]),
    ],
)
def test_a_name_given_twice_is_seen_by_every_reader(text: str, expected: list[tuple[str, str]]) -> None:
    tree = parse(text).tree
    assert isinstance(tree, Pairs)
    assert list(pairs(tree)) == expected


def test_the_members_of_an_object_with_distinct_names_are_pairs_too() -> None:
    tree = parse("{'a': '1', 'A': '2'}").tree
    assert isinstance(tree, dict)
    assert list(pairs(tree)) == [("a", "1"), ("A", "2")]


# --- what is accepted ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("{'a': \"b\"}", {"a": "b"}),
        ("{'a': 'two\nlines\tand a tab'}", {"a": "two\nlines\tand a tab"}),
        ('{"a": "two\r\nlines"}', {"a": "two\r\nlines"}),
        ("['a', 'b', ]", ["a", "b"]),
        ("{'a': ['b',],}", {"a": ["b"]}),
        ("{'a': 'il dit \"oui\"'}", {"a": 'il dit "oui"'}),
        ("{'a': \"l'escompte\"}", {"a": "l'escompte"}),
        ("[0087, +5, -12.50, 1e400, 1E+3,]", ["0087", "+5", "-12.50", "1e400", "1E+3"]),
        ("[True, FALSE, nULL,]", ["true", "false", ""]),
        (r"""['\"\\\/\b\f\n\r\t\u00e9\'', "\'"]""", ["\"\\/\b\f\n\r\té'", "'"]),
        (r"['C:\Temp\x', '\u12', '\u12g4']", ["C:\\Temp\\x", "\\u12", "\\u12g4"]),
        (r"['\\', 'x\\\\',]", ["\\", "x\\\\"]),
        (r"['\ud83d\ude00', '\uD83D\uDE00',]", ["😀", "😀"]),
        ("['a\x00b\x1f', 'n\u00a0°', '\u2028😀']", ["a\x00b\x1f", "n\u00a0°", "\u2028😀"]),
        (r'["\u0000"]', ["\x00"]),
        ("\t\r\n ['a'] \r\n", ["a"]),
    ],
)
def test_the_dialect_accepts(text: str, tree: Node) -> None:
    assert parse(text).tree == tree
    assert parse(text).repairs == ()


@pytest.mark.parametrize(
    ("text", "value", "places"),
    [
        ("{'LIB': 'Règlement de l'escompte'}", "Règlement de l'escompte", [(1, 24)]),
        ("{'LIB': 'l'arrhes d'août',}", "l'arrhes d'août", [(1, 11), (1, 20)]),
        ("{\n 'LIB': 'a\nl'b'\n}", "a\nl'b", [(3, 2)]),
        ("{'LIB': 'avant ' après'}", "avant ' après", [(1, 16)]),
        ("{'LIB': ''quoted''}", "'quoted'", [(1, 10), (1, 17)]),
        ('{"LIB": "écran 15" plat"}', 'écran 15" plat', [(1, 18)]),
    ],
)
def test_a_quote_inside_a_value_is_kept_and_noted(text: str, value: str, places: list[tuple[int, int]]) -> None:
    assert parse(text).tree == {"LIB": value}
    assert repairs(text) == [("quote_inside", *place) for place in places]


def test_a_quote_before_structure_closes_even_when_the_writer_meant_otherwise() -> None:
    assert refused("{'LIB': 'l', dit-il'}").code == "syntax"


@pytest.mark.parametrize("end", ["", "}", ",", ",}", " \n}\t"])
def test_a_missing_outer_brace_is_implied_with_or_without_its_end(end: str) -> None:
    assert parse(f"\n 'data': {{'a': 1}}{end}").tree == {"data": {"a": "1"}}
    assert repairs(f"\n 'data': {{'a': 1}}{end}") == [("missing_brace", 2, 2)]


def test_stray_closers_after_the_end_are_noted() -> None:
    assert parse("{'a': 1}\n} ]").tree == {"a": "1"}
    assert repairs("{'a': 1}\n} ]") == [("stray_closer", 2, 1), ("stray_closer", 2, 3)]
    assert repairs("'a': 1}}") == [("missing_brace", 1, 1), ("stray_closer", 1, 8)]


def test_repairs_are_noted_in_the_order_of_the_text() -> None:
    assert repairs("'l'a': 1}}") == [("missing_brace", 1, 1), ("quote_inside", 1, 3), ("stray_closer", 1, 10)]


def test_no_more_repairs_are_kept_than_the_maximum() -> None:
    assert len(parse("['" + "'x" * 5_000 + "']").repairs) == REPAIRS_KEPT
    assert len(parse("{}" + "}" * 5_000).repairs) == REPAIRS_KEPT


# --- what is refused, and where -----------------------------------------------------------------------------

VALUE = '" 0-9 { ['


@pytest.mark.parametrize(
    ("text", "line", "column", "seen", "expected"),
    [
        ("[,]", 1, 2, ",", f"{VALUE} ]"),
        ("[1,,2]", 1, 4, ",", f"{VALUE} ]"),
        ("{,}", 1, 2, ",", '" }'),
        ("{'a': 1,,}", 1, 9, ",", '" }'),
        ("{\n  'a': 1\n  'b': 2\n}", 3, 3, "'", ", }"),
        ("{'a' 1}", 1, 2, "'a' 1}", "'"),  # what follows the second quote is no structure: it does not close
        ("{'a': 1]", 1, 8, "]", ", }"),
        ("['a'}", 1, 5, "}", ", ]"),
        ("['a': 1]", 1, 5, ":", ", ]"),
        ("{'a',}", 1, 5, ",", ":"),
        ("{'a':}", 1, 6, "}", VALUE),
        ("{tiers: 'C1'}", 1, 2, "tiers", '" }'),
        ("tiers: 'C1'", 1, 1, "tiers", VALUE),
        ("{'a': C0000007}", 1, 7, "C0000007", VALUE),
        ("{'a': 1 2}", 1, 9, "2", ", }"),
        ("[NaN]", 1, 2, "NaN", f"{VALUE} ]"),
        ("[-Infinity]", 1, 2, "-Infinity", f"{VALUE} ]"),
        ("[.5]", 1, 2, ".5", f"{VALUE} ]"),
        (r"['C:\Temp\']", 1, 2, r"'C:\Temp\']", "'"),
        ("[5.]", 1, 2, "5.", f"{VALUE} ]"),
        ("[\u0665]", 1, 2, "\u0665", f"{VALUE} ]"),
        ("[\u00a01]", 1, 2, "\\xa01", f"{VALUE} ]"),
        ("// non\n{}", 1, 1, "//", VALUE),
        ("{} /* non */", 1, 4, "/*", "EOF"),
        ("{}\n{}", 2, 1, "{", "EOF"),
        ("'a': 1} 'b'", 1, 9, "'", "EOF"),
        ("}", 1, 1, "}", VALUE),
        ("{'a': [1, 2", 1, 12, "EOF", ", ]"),
        ("{'a': {'b': 1}", 1, 15, "EOF", ", }"),
        ("{'a': 1,\n", 2, 1, "EOF", '" }'),
        ("'a': {'b': 1", 1, 13, "EOF", ", }"),
        ("{\n 'a': 'never closed\n}", 2, 7, "'never closed\\x0a}", "'"),
        (r'["abc \ud800 def"]', 1, 7, r"\ud800", "UTF-8"),
        (r'["\udc00\ud83d"]', 1, 3, r"\udc00", "UTF-8"),
        (r"['\\\ud83d\u0041']", 1, 5, r"\ud83d", "UTF-8"),
        ("['\n\ud800']", 2, 1, "\\xd800", "UTF-8"),
    ],
)
def test_a_syntax_error_names_line_column_and_text(text: str, line: int, column: int, seen: str, expected: str) -> None:
    refusal = refused(text)
    assert refusal.code == "syntax"
    assert (refusal.facts["line"], refusal.facts["column"]) == (str(line), str(column))
    assert (refusal.seen, refusal.expected) == (seen, expected)
    assert f"{line}" in refusal.fr
    assert f"{column}" in refusal.en


def test_an_escaped_backslash_before_a_surrogate_is_no_surrogate() -> None:
    assert strict(r'["\\ud800"]') == [r"\ud800"]
    assert dialect(r'["\\ud800"]').tree == [r"\ud800"]


@pytest.mark.parametrize("text", ["", " ", "\t\r\n"])
def test_an_empty_document_is_refused_as_such(text: str) -> None:
    assert refused(text).code == "empty_document"


def test_what_is_shown_of_the_text_is_short_and_in_one_line() -> None:
    assert len(refused("[" + "x" * 10_000).seen) < 100
    assert len(refused("['\n\x00" + "x" * 10_000).seen) < 100
    assert all(len(repair.seen) < 100 for repair in parse("['" + "\n'x" * 500 + "']").repairs)


@pytest.mark.parametrize(
    "text",
    [
        '{"access_token": s3cret, "param": {}}',
        '{"access_token": 12 s3cret}',
        '{"Access_Token" : "s3cret',
        '{"access_token": "s3cret"s3cret"s3cret',
        '"access_token": "s3cret"',
        '{"access_token": "s3cret"s3cret", "param": {}}',
        "{'a': 'b'c','access_token':'s3cret'}",
        "{'a':'access_token\":\"s3cret",
    ],
)
def test_an_access_token_is_shown_in_no_error_and_no_repair(text: str) -> None:
    try:
        shown = [repair.seen for repair in parse(text).repairs]
    except Unreadable as unreadable:
        shown = [unreadable.refusal.seen, unreadable.refusal.fr]
    assert shown
    assert not any("s3cret" in piece for piece in shown)


# --- limits -------------------------------------------------------------------------------------------------


def nested(levels: int, quote: str) -> str:
    return f"[{{{quote}a{quote}:" * (levels // 2) + "[1]" * (levels % 2) + "1" * (1 - levels % 2) + "}]" * (levels // 2)


@pytest.mark.parametrize("quote", ['"', "'"])
def test_sixteen_levels_are_read_and_seventeen_are_refused_where_they_open(quote: str) -> None:
    assert dialect(nested(16, quote)).tree == parse(nested(16, quote)).tree
    assert strict(nested(16, '"')) is not None
    assert strict(nested(17, '"')) is None
    refusal = refused(nested(17, quote))
    assert (refusal.code, refusal.expected, refusal.facts["column"]) == ("too_deep", "16", "49")


def test_an_implied_brace_is_a_level_too() -> None:
    assert parse("'a':" + "[" * 15 + "]" * 15).repairs
    assert refused("'a':" + "[" * 16 + "]" * 16).code == "too_deep"


def test_constants_at_the_last_level_are_read_strictly() -> None:
    assert strict("[" * 16 + "true" + "]" * 16) is not None


def test_two_members_of_one_name_count_no_level() -> None:
    limits = Limits(depth=2)
    assert strict('{"a": ["x"], "a": ["x"]}', limits) == dialect("{'a': ['x'], 'a': ['x']}", limits).tree


@pytest.mark.parametrize("opener", ["[", '{"a":', "{'a':", "[{'a':", '[["",'])
def test_a_hundred_thousand_levels_are_refused_at_once(opener: str) -> None:
    start = time.perf_counter()
    assert refused(opener * 100_000).code == "too_deep"
    assert time.perf_counter() - start < 1.0


# --- bytes --------------------------------------------------------------------------------------------------


def not_text(data: bytes, limits: Limits = DOCUMENT) -> Refusal:
    with pytest.raises(Unreadable) as caught:
        decode(data, limits)
    return caught.value.refusal


def test_utf_8_is_read_with_and_without_a_mark() -> None:
    assert decode("{'é': '😀'}".encode()) == "{'é': '😀'}"
    assert decode(codecs.BOM_UTF8 + b"{}") == "{}"


def test_bytes_that_are_not_utf_8_are_windows_1252() -> None:
    assert decode("{'LIB': 'Règlement à 5 € – n°1'}".encode("cp1252")) == "{'LIB': 'Règlement à 5 € – n°1'}"


@pytest.mark.parametrize(
    ("data", "seen", "position"),
    [
        ("{}".encode("utf-16"), "0xFF (UTF-16)", "1"),
        (codecs.BOM_UTF16_BE + b"\0{", "0xFE (UTF-16)", "1"),
        ("{}".encode("utf-16-le"), "0x00 (UTF-16)", "2"),
        ("{}".encode("utf-16-be"), "0x00 (UTF-16)", "1"),
        (b"{'a': '\0'}", "0x00 (NUL)", "8"),
        (b"{'\xe9\x81'}", "0x81", "4"),
        (codecs.BOM_UTF8 + b"'\xe9'", "0xE9", "5"),
    ],
)
def test_bytes_that_are_no_text_are_named_with_their_position(data: bytes, seen: str, position: str) -> None:
    refusal = not_text(data)
    assert (refusal.code, refusal.seen, refusal.facts["position"]) == ("not_text", seen, position)


def test_a_document_beyond_the_size_limit_is_refused_before_it_is_read() -> None:
    limits = Limits(document_bytes=10)
    assert decode(b"{'a': '1'}", limits) == "{'a': '1'}"
    refusal = not_text(b"\xff" * 11, limits)
    assert (refusal.code, refusal.seen, refusal.expected) == ("too_large", "11", "10")


# --- time ---------------------------------------------------------------------------------------------------

HOSTILE: dict[str, Callable[[int], str]] = {
    "quotes": lambda n: "['" + "'" * n,
    "quotes and blanks": lambda n: "['" + "' " * (n // 2) + "x']",
    "quotes and runs of blanks": lambda n: "['" + ("'" + " " * 99) * (n // 100) + "x']",
    "quotes of both kinds": lambda n: "[" + "'\"" * (n // 2),
    "blanks": lambda n: "['a'" + " " * n + "x",
    "names with blanks": lambda n: "{" + ("'a'" + " " * 20 + ":'b'x',") * (n // 30),
    "backslashes": lambda n: "['" + "\\" * n + "']",
    "escaped quotes": lambda n: "['" + "\\'" * (n // 2) + "']",
    "cut escapes": lambda n: "['" + "\\u12" * (n // 4) + "']",
    "openers": lambda n: "[" * n,
    "bushes": lambda n: "[" + ("[" * 500 + "]" * 500 + ",") * (n // 1001) + "]",
    "commas": lambda n: "[" + "," * n,
    "elements": lambda n: "[" + "1," * (n // 2) + "x",
    "empty lists": lambda n: "[" + "[]," * (n // 3) + "x",
    "closers": lambda n: "{}" + "}" * n + "x",
    "one text": lambda n: "['" + "x" * n + "',]",
    "an unclosed text": lambda n: "['" + "x" * n,
    "one number": lambda n: "[" + "9" * n + ",]",
    "one word": lambda n: "[" + "1e" * (n // 2),
    "names twice": lambda n: "{" + "'a':1," * (n // 6) + "}",
    "lines with repairs": lambda n: "['" + "\n'x" * (n // 3) + "']",
    "tokens": lambda n: "{'access_token':'" + "'access_token" * (n // 13) + "'}",
}


def seconds(text: str) -> float:
    """Seconds of the processor, the best of five, without the collector's own walks over the tree."""
    best = 10.0
    gc.disable()
    for _ in range(5):
        start = time.process_time()
        with suppress(Unreadable):
            parse(text)
        best = min(best, time.process_time() - start)
    gc.enable()
    return best


@pytest.mark.parametrize("kind", HOSTILE)
def test_four_times_the_text_takes_about_four_times_as_long(kind: str) -> None:
    # A quadratic reader would need sixteen times as long; twenty milliseconds are left to chance.
    assert seconds(HOSTILE[kind](200_000)) < 9 * seconds(HOSTILE[kind](50_000)) + 0.02
