"""What holds of every page before any is opened: contrast of the colours, the strict policy, words in two languages."""

import gzip
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

import lettrage.adapters.http.pages as package
from lettrage.adapters.http.pages.rendering import POLICY
from tests.pages.world import World

HOME = Path(package.__path__[0])
SHEET = (HOME / "static" / "lettrage.css").read_text("utf-8")
TEMPLATES = sorted((HOME / "templates").rglob("*.html"))
WORDS = sorted((HOME / "words").glob("*.toml"))
THEMES = {"light": 0, "dark": 1}

# ---------------------------------------------------------------- contrast, as WCAG computes it


def _tokens(selector: str) -> dict[str, tuple[str, str]]:
    """The colours of a block of the stylesheet: token -> light, dark."""
    block = re.search(re.escape(selector) + r" \{(.*?)\n\}", SHEET, re.DOTALL)
    assert block, selector
    found = re.findall(r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);", block[1])
    return {name: (light, dark) for name, light, dark in found}


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    bright, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


ROOT = _tokens(":root")
PLATFORMS = {name: _tokens(f'[data-platform="{name}"]') for name in ("production", "qualification")}
TEXT = [
    *((ink, ground) for ink in ("ink", "ink-2", "ink-3") for ground in ("paper", "surface", "sunken", "accent-soft")),
    *(("accent", ground) for ground in ("paper", "surface", "accent-soft", "sunken")),
    *((kind, f"{kind}-soft") for kind in ("bad", "warn", "good", "quiet")),
    *(("ink", f"{kind}-soft") for kind in ("bad", "warn", "good")),
    ("bad", "surface"),
    ("on-accent", "accent"),
    ("on-accent", "accent-2"),
    *((f"code{part}", "surface") for part in ("", "-tag", "-attr", "-str", "-com")),
    ("code-com", "bad-soft"),
    ("surface", "bad"),
]
EDGES = [("field", "surface"), ("field", "paper"), *((f"bar-{n}", "surface") for n in range(1, 6))]
FRAME = [("frame-ink", "frame"), ("frame-ink-2", "frame"), ("frame-ink", "frame-on"), ("tag-ink", "tag")]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("pair", TEXT, ids=" on ".join)
def test_text_stands_out(pair: tuple[str, str], theme: str) -> None:
    at = THEMES[theme]
    assert _contrast(ROOT[pair[0]][at], ROOT[pair[1]][at]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("pair", EDGES, ids=" on ".join)
def test_edges_and_bars_stand_out(pair: tuple[str, str], theme: str) -> None:
    at = THEMES[theme]
    assert _contrast(ROOT[pair[0]][at], ROOT[pair[1]][at]) >= 3


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_frame_stands_out(platform: str, theme: str) -> None:
    tokens, at = PLATFORMS[platform], THEMES[theme]
    for ink, ground in FRAME:
        assert _contrast(tokens[ink][at], tokens[ground][at]) >= 4.5, (ink, ground)
    for hatch in ("hatch-1", "hatch-2"):
        if hatch in tokens:
            assert _contrast(tokens["frame-ink"][at], tokens[hatch][at]) >= 4.5


def test_the_platforms_differ_without_colour() -> None:
    """In grey, light is light and dark is dark: nobody has to see amber."""
    grounds = [PLATFORMS[name]["frame"][0] for name in ("production", "qualification")]
    assert _contrast(*grounds) > 7


def test_colours_are_spent_on_tokens_only() -> None:
    after_tokens = SHEET.partition("ground */")[2].partition(
        "/* ---------------------------------------------------------------- paper"
    )[0]
    assert not re.findall(r"#[0-9a-fA-F]{3,8}\b(?![^{]*\{)", after_tokens)


# ---------------------------------------------------------------- the strict policy


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda file: str(file.relative_to(HOME / "templates")))
def test_a_template_keeps_to_the_policy(template: Path) -> None:
    text = re.sub(r"\{[%#].*?[%#]\}", "", template.read_text("utf-8"), flags=re.DOTALL)
    assert not re.search(r"\sstyle\s*=", text)
    assert not re.search(r"\son[a-z]+\s*=", text)
    assert not re.search(r"<script(?![^>]*\ssrc=)", text)
    assert not re.search(r"(?:src|href|action)\s*=\s*[\"'](?:https?:|//|data:|javascript:)", text)
    assert "| safe" not in text
    assert "|safe" not in text


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda file: str(file.relative_to(HOME / "templates")))
def test_a_template_has_no_words_of_its_own(template: Path) -> None:
    """Whatever people read is in the words, in both languages."""
    text = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|<!--.*?-->", "", template.read_text("utf-8"), flags=re.DOTALL)
    text = re.sub(r"<(code|kbd|pre)\b.*?</\1>", " ", text, flags=re.DOTALL)  # commands, keys, names of columns
    text = re.sub(r"<(?:[^>\"']|\"[^\"]*\"|'[^']*')*>", " ", text)
    text = re.sub(r"[\w-]+=\"[^\"]*\"", " ", text)  # attributes that a macro writes apart from their tag
    left = [word for word in re.findall(r"[^\W\d_]{2,}", text) if word not in NAMES]
    assert not left, left


NAMES = {
    *("Chorus", "Pro", "Lettrage", "lettrage", "user", "bind", "NOM", "Ctrl", "Esc", "CSV", "PDF", "XML", "JSON"),
    *("Authorization", "Bearer", "ms", "UBL", "CII", "Factur", "IBAN", "BIC", "SIRET", "TTC", "XSD", "SHA"),
}


@pytest.mark.parametrize("file", WORDS, ids=lambda file: file.name)
def test_words_are_there_in_both_languages(file: Path) -> None:
    tree: dict[str, Any] = tomllib.loads(file.read_text("utf-8"))
    for key, texts in tree.items():
        assert set(texts) == {"fr", "en"}, key
        french, english = texts["fr"], texts["en"]
        assert type(french) is type(english), key
        blanks = [
            sorted(set(re.findall(r"\{(\w+)", " ".join([text] if isinstance(text, str) else text))))
            for text in (french, english)
        ]
        assert blanks[0] == blanks[1], key
        for text in [french] if isinstance(french, str) else french:
            assert "'" not in re.sub(r"«.*?»", "", text), (key, text)
            assert "!" not in text.replace("!=", ""), key
            assert not re.search(r"\b(Veuillez|Oups|sélectionn)", text), (key, text)


def test_a_page_weighs_little_and_says_its_policy(world: World) -> None:
    client = world.client()
    page = client.get("/")
    assert page.headers["content-security-policy"] == POLICY
    loaded = re.findall(r"(?:src|href)=\"(/statique/[^\"]+)\"", page.text)
    files = [client.get(address.replace("&amp;", "&")) for address in loaded]
    assert len(files) == 4
    assert all("immutable" in file.headers["cache-control"] for file in files)
    assert len(page.content) + sum(len(gzip.compress(file.content)) for file in files) < 100_000
