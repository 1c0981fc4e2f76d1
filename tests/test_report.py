import io
import re
import shutil
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser
from unicodedata import normalize

import pytest
from conftest import ROOT, any_text
from hypothesis import given
from typer.testing import CliRunner

from palermo import OutputError, Passage
from palermo.artifact import save, tiny
from palermo.cli import app
from palermo.evidence import Evidence
from palermo.outputs import report
from palermo.terms import Term

SEEDS = sorted((ROOT / "seeds").glob("*.txt"))
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

MIXED = (
    "Human traffickers charged each family 900 dollars and walked them over the river.\n\n"
    "Subscribe to our newsletter.\n\n"
    "Der Schleuser fuhr siebzehn Afghanen im Kastenwagen nach Passau.\n\n"
    "The smugglers charged each migrant 7,000 dollars for the desert.\n"
)
EVIL = (
    "</style><script>alert(1)</script><img src=http://x.test/ onerror=alert(2)> \"'&lt; \u202eabc"
)
SHOWN = EVIL.replace("\u202e", "\\u202e")


def page_of(*arguments):
    run = CliRunner().invoke(app, [*map(str, arguments), "--format", "html", "--quiet"])
    assert run.exit_code == 0, run.output
    return run.stdout


def written(documents, labels=("smuggling", "trafficking"), wanted=None, reasons=None):
    out = io.StringIO()
    report.write(
        documents, wanted or (lambda _: True), reasons or (lambda _: None), labels, "1+ab", out
    )
    return out.getvalue()


def passage(text="He paid.", label="none", tags=(), probability=0.9, **more):
    return Passage(text, 0, len(text), label, tags, dict.fromkeys(tags, probability), 1.0, **more)


class Tree(HTMLParser):
    """What a page holds: its tags, their attributes, its text; and that all is closed."""

    VOID = frozenset({"meta", "rect"})

    def __init__(self, page):
        super().__init__()
        self.open, self.tags, self.text = [], [], ""
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        self.open += [] if tag in self.VOID else [tag]

    def handle_startendtag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("style", "script"):
            self.text += data

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


def test_every_passage_of_every_document_in_reading_order():
    page = page_of(*SEEDS)
    tree = Tree(page)
    assert len(tree.all("article")) == len(tree.all("h2")) == 5
    passages = [each for each in tree.all("li") if "data-in" in each]
    assert f"{len(passages)} passages in 5 documents." in tree.text
    at = [page.index(f'id="d{number}"') for number in range(1, 6)]
    assert at == sorted(at)
    for seed in SEEDS:
        assert str(seed) in tree.text
    texts = re.findall(r'<p class="text"[^>]*>(.*?)</p>', page)
    assert len(texts) == len(passages)
    assert texts[0].startswith("HomeNewsUnited States Suddenly Keen")
    assert len(tree.all("main")) == len(tree.all("header")) == len(tree.all("nav")) == 1
    assert len({each["id"] for _, each in tree.tags if "id" in each}) == page.count(" id=")
    assert "nothing about a person should follow from them" in tree.text


def test_the_same_input_gives_the_same_bytes():
    assert page_of(SEEDS[0]) == page_of(SEEDS[0])


def test_it_lets_in_its_own_style_and_script_alone():
    page = page_of(SEEDS[0])
    tree = Tree(page)
    policy = next(each["content"] for each in tree.all("meta") if "http-equiv" in each)
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    for tag in ("style", "script"):
        (own,) = re.findall(f"<{tag}>(.*?)</{tag}>", page, re.S)
        digest = b64encode(sha256(own.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
        assert "url(" not in own
        assert "@import" not in own
    for _, attributes in tree.tags:
        assert not {"src", "style", "srcset", "action"} & set(attributes)
        assert not any(name.startswith("on") for name in attributes)
        assert attributes.get("href", "#").startswith("#")


def test_counts_and_filters():
    passages = [
        passage(label="smuggling", tags=("smuggling", "trafficking")),
        passage(label="smuggling", tags=("smuggling",), unsure=True),
        passage(term=Term("trafficking", "smuggling", 0.8)),
    ]
    page = written([("a.txt", passages)])
    assert re.findall(r'data-in="([^"]*)"', page) == ["l0 l1", "l0 unsure", "none term"]
    buttons = re.findall(r'data-filter="(\w+)".*?class="count">(\d+)<', page)
    assert dict(buttons) == {"l0": "2", "l1": "1", "none": "1", "unsure": "1", "term": "1"}
    rows = re.findall(r'<tr class="(\w+)">.*?<td>(\d+)</td><td>(\d*)</td>', page)
    assert rows == [("l0", "2", "2"), ("l1", "0", "1"), ("none", "1", "")]
    text = " ".join(Tree(page).text.split())
    assert "Unsure: 1. Term warnings: 1." in text
    assert "smuggling, probability 0.90 also trafficking, probability 0.90" in text
    assert "Term warning: says trafficking, describes smuggling (strength 0.80)." in text
    assert "Unsure: the label is less probable than was asked for." in text


def test_both_words_and_words_that_are_not_known():
    both = passage(term=Term("both", "both", 0.5))
    foreign = Passage("Der Schleuser", 0, 13, "none", (), {}, 0.25, unsure=True)
    text = Tree(written([("a", [both, foreign])])).text
    assert "says smuggling and trafficking, is about both (strength 0.50)" in text
    assert "Unsure: the model knows 25% of the words." in text


def test_it_says_what_is_left_out(tmp_path):
    path, other = tmp_path / "a.txt", tmp_path / "b.txt"
    path.write_text(MIXED)
    other.write_text("Subscribe to our newsletter.")
    text = Tree(page_of(path, other, "--only", "smuggling")).text
    assert "2 of 5 passages, in 1 of 2 documents: those alone that were asked for." in text
    assert "Subscribe" not in text
    empty = Tree(page_of(other, "--only", "smuggling"))
    assert "0 of 1 passage, in 0 of 1 document: those" in empty.text
    assert "No passage to show." in empty.text


def test_each_line_of_a_table_is_a_document(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "Hi. Ho."}\n\n{"text": "Ha."}\n')
    text = Tree(page_of(path, "--text-column", "text")).text
    assert "3 passages in 2 documents." in text
    assert f"{path}, line 3" in text


def test_evidence_adds_up_and_is_marked():
    text = "Paid the guide, paid the boat & left."
    found = [
        Evidence("Paid", 0, 4, 0.5),
        Evidence("guide", 9, 14, -0.25),
        Evidence("paid", 16, 20, 0.5),
        Evidence("the boat", 21, 29, 0.125),
        Evidence("boat", 25, 29, -0.5),
    ]
    page = written(
        [("a", [passage(text, "smuggling", ("smuggling",))])], reasons=lambda _: {"smuggling": found}
    )  # fmt: skip
    assert (
        '<mark class="for">Paid</mark> the <mark class="against">guide</mark>, '
        '<mark class="for">paid</mark> <mark class="for">the </mark>'
        '<mark class="against">boat</mark> &amp; left.</p>'
    ) in page
    shown = re.findall(r"<li><bdi>(.*?)</bdi>(.*?) <b class=\"(\w+)\">(.*?)</b>", page)
    assert shown == [
        ("Paid", " ×2", "for", "+1.00"),
        ("boat", "", "against", "−0.50"),
        ("guide", "", "against", "−0.25"),
        ("the boat", "", "for", "+0.12"),
    ]


def test_of_long_passages_the_evidence_shows_the_parts_that_count():
    text = f"{'a ' * 500}boat{' b' * 500}"
    found = {"smuggling": [Evidence("boat", 1000, 1004, 1.0)]}
    page = written([("a", [passage(text, "smuggling", ("smuggling",))])], reasons=lambda _: found)
    (quote,) = re.findall(r'<p class="quote"[^>]*>(.*?)</p>', page)
    assert " … " in quote
    assert len(quote) < 300


def test_a_text_of_many_words_takes_no_square_of_their_time():
    words = 100_000
    found = {"smuggling": [Evidence("boat", 5 * at, 5 * at + 4, 1.0) for at in range(words)]}
    boats = passage("boat " * words, "smuggling", ("smuggling",))
    page = written([("a", [boats])], reasons=lambda _: found)
    assert page.count("<mark") == words
    assert f"boat</bdi> ×{words}" in page


def test_a_document_keeps_its_paragraphs(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text(MIXED)
    page = page_of(path, "--unit", "document")
    assert page.count('<p class="text"') == 4


def test_what_is_hostile_stays_text(tmp_path):
    path = tmp_path / "<img src=x onerror=alert(3)>\u202e.txt"
    path.write_text(EVIL)
    page = page_of(path)
    assert page.count("<script") == page.count("</style") == 1
    assert "<img" not in page
    assert "\u202e" not in page
    assert SHOWN in Tree(page).text
    evil = passage(label=EVIL, tags=(EVIL, "a b"), text=f"{EVIL}\ud800\0\x1b[2J")
    page = written(
        [(f"{EVIL}\udcff", [evil])],
        labels=(EVIL, "a b", *"cdefg"),
        reasons=lambda each: {tag: [Evidence(EVIL, 0, len(EVIL), 1.0)] for tag in each.tags},
    )
    assert page.count("<script") == page.count("</style") == 1
    assert "\u202e" not in page
    assert page.encode()  # no surrogate either
    text = Tree(page).text
    assert f"{SHOWN}\\udcff" in text
    assert f"{SHOWN}\\ud800\\x00\\x1b[2J" in text


@given(any_text)
def test_any_text_stays_text(text):
    page = written([(text, [passage(text or "x")])])
    assert not any((ord(char) < 32 and char != "\n") or 127 <= ord(char) < 160 for char in page)
    assert not set(page) & set("\u200b\u202e\u2066\ufeff\ud800")
    tree = Tree(page)
    assert [each["data-in"] for each in tree.all("li") if "data-in" in each] == ["none"]


def test_another_model(tmp_path):
    save(tiny(), tmp_path / "tiny.joblib")
    path = tmp_path / "a.txt"
    path.write_text("A boat!")
    text = Tree(page_of(path, "--model", tmp_path / "tiny.joblib")).text
    assert "model tiny+" in text
    assert "boat +1.62" in text or "boat +1.63" in text


def test_the_language_is_told_to_screen_readers(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("El coyote cobraba por cruzar el río a los migrantes.")
    assert '<p class="text" lang="es" dir="auto">El coyote' in page_of(path)


def test_many_passages_wait_in_a_file(tmp_path, monkeypatch):
    documents = [(f"{number}.txt", [passage()] * 3) for number in range(20)]
    page = written(documents)
    monkeypatch.setattr(report, "_IN_MEMORY", 1)
    assert written(documents) == page
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "none"))
    with pytest.raises(OutputError, match=r"none: no room to make the report in: No such file"):
        written(documents)


# In a browser


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("chromium is not installed: apt-get install chromium")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox", "--disable-gpu", "--disable-background-networking",
                "--disable-component-update", "--disable-sync", "--no-first-run",
            ],
        )  # fmt: skip
        yield browser
        browser.close()


@pytest.fixture
def show(browser, tmp_path):
    """Open pages; hold them to saying nothing on the console and asking for nothing."""
    said, asked, contexts = [], [], []

    def route(route):
        if route.request.url.startswith("file://"):
            route.continue_()
        else:
            route.abort()

    def show(html, **more):
        path = tmp_path / "report.html"
        path.write_text(html, encoding="utf-8", newline="\n")
        context = browser.new_context(**more)
        contexts.append(context)
        context.route("**/*", route)
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        for event in ("console", "pageerror", "dialog"):
            page.on(event, lambda found: said.append(str(found)))
        page.goto(path.as_uri())
        return page

    yield show
    for context in contexts:
        context.close()
    assert said == []
    assert {url.partition("#")[0] for url in asked} == {(tmp_path / "report.html").as_uri()}


@pytest.fixture(scope="module")
def seeds_page():
    return page_of(*SEEDS, "--min-precision", "0.9")


def visible(page, selector="li[data-in]"):
    return page.locator(f"{selector}:visible").count()


def number(page, name):
    return int(page.locator(f"[data-filter={name}] .count").inner_text().split()[0])


def test_filters_work_by_click(show, seeds_page):
    page = show(seeds_page)
    total = visible(page)
    for name in ("l0", "l1", "l2", "l3", "none", "unsure", "term"):
        button = page.locator(f"[data-filter={name}]")
        button.click()
        assert button.get_attribute("aria-pressed") == "true"
        assert visible(page) == number(page, name)
        assert page.get_by_role("status").inner_text() == (
            f"Showing {number(page, name)} of {total} passages."
        )
        button.click()
        assert visible(page) == total


def test_filters_add_up_as_the_options_do(show):
    term = Term("both", "both", 0.5)
    documents = [
        ("a", [passage("A", "smuggling", ("smuggling",), term=term), passage("B", unsure=True)]),
        ("b", [passage("C"), passage("D", "trafficking", ("smuggling", "trafficking"))]),
    ]
    page = show(written(documents))

    def texts(*pressed):
        page.get_by_role("button", name="Show all").click()
        for name in pressed:
            page.click(f"[data-filter={name}]")
        assert page.locator("[aria-pressed=true]").count() == len(pressed)
        assert visible(page, "article") == visible(page, "nav li")
        return "".join(page.locator(".text:visible").all_inner_texts())

    assert texts() == "ABCD"
    assert texts("l0") == "AD"
    assert texts("l1", "none") == "BCD"  # either label
    assert texts("term", "unsure") == "AB"  # either mark
    assert visible(page, "article") == 1
    assert texts("term", "none") == ""  # a label and a mark
    assert texts("unsure", "l0", "none") == "B"


def test_filters_and_evidence_work_by_keyboard(show, seeds_page):
    page = show(seeds_page)
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Skip to the passages"
    assert page.locator(":focus").bounding_box()["x"] >= 0
    reached = []
    for _ in range(3):
        page.keyboard.press("Tab")
        reached.append(page.locator(":focus").inner_text().split("\n")[0])
    assert reached[0] == "How to read this"
    assert [name.split()[0] for name in reached[1:]] == ["smuggling", "trafficking"]
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    assert page.evaluate(outline) == "solid"
    page.keyboard.press("Space")
    assert visible(page) == number(page, "l1")
    page.keyboard.press("Enter")
    assert visible(page) == 214
    why = page.locator(".told details").first
    why.locator("summary").focus()
    assert visible(page, ".quote") == 0
    page.keyboard.press("Enter")
    assert visible(page, ".quote") == 1
    assert why.locator("mark").count() > 2
    assert re.search(r"\w [+−]\d\.\d\d", why.locator("ul").inner_text().replace("\n", " "))


def test_hostile_text_shows_as_text(show, tmp_path):
    evil = passage(label=EVIL, tags=(EVIL,), text=EVIL)
    html = written(
        [(EVIL, [evil])], labels=(EVIL,), reasons=lambda _: {EVIL: [Evidence(EVIL, 0, 9, 1.0)]}
    )
    page = show(html)
    assert page.locator(".text").inner_text() == SHOWN
    assert page.locator("h2").inner_text() == SHOWN
    assert page.locator(".said .label").inner_text() == SHOWN
    assert page.locator("script").count() == 1
    assert page.locator("img").count() == 0
    page.locator("[data-filter=l0]").click()
    assert visible(page) == 1


def test_the_policy_stops_what_is_not_its_own(show, browser, tmp_path):
    html = written([("a", [passage()])]).replace(
        "</main>", "<script>document.title = 'run'</script></main>"
    )
    path = tmp_path / "spoilt.html"
    path.write_text(html, encoding="utf-8")
    page = browser.new_page()
    page.goto(path.as_uri())
    assert page.title() == "Passages by label: 1 passage in 1 document"
    page.close()
    show(html.replace("<script>document.title = 'run'</script>", ""))


def test_without_javascript_all_can_be_read(show, seeds_page):
    page = show(seeds_page, java_script_enabled=False)
    assert visible(page) == 214
    assert visible(page, "button") == 0
    page.locator(".told summary").first.click()
    assert visible(page, ".quote") == 1


CONTRAST = """() => {
  const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = (colour) => {
    const [r, g, b] = rgba(colour).map((v) => v / 255)
      .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (rgba(colour)[3]) return colour;
    }
  };
  document.querySelectorAll("details").forEach((each) => { each.open = true; });
  document.querySelector("[data-filter=term]").click();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = {};
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !element.getClientRects().length) continue;
    if (element.closest("script, style")) continue;
    const [a, b] = [light(getComputedStyle(element).color), light(behind(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) found[`${element.tagName}.${element.className}`] = ratio;
  }
  return found;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_stands_out_enough(show, scheme):
    labels = ("smuggling", "trafficking", "enforcement", "policy", "fifth")
    passages = [
        passage("It is.", label, (label,), unsure=True, term=Term("both", "both", 0.5))
        for label in labels
    ]
    found = [Evidence("It", 0, 2, 1.0), Evidence("is", 3, 5, -1.0)]
    html = written([("a", [passage(), *passages]), ("b", passages)], labels, None,
                   lambda each: dict.fromkeys(each.tags, found))  # fmt: skip
    assert show(html, color_scheme=scheme).evaluate(CONTRAST) == {}


def test_a_narrow_screen_scrolls_one_way(show, seeds_page):
    page = show(seeds_page, viewport={"width": 360, "height": 700})
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    long = written([("n" * 300, [passage("w" * 900, "l" * 300, ("l" * 300,))])], ("l" * 300,))
    page = show(long, viewport={"width": 360, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") == 360


def on_paper(page):
    """Print a page; give the text of each sheet, without white space and the sheet's number."""
    pypdf = pytest.importorskip("pypdf")
    sheets = pypdf.PdfReader(io.BytesIO(page.pdf(format="A4"))).pages
    found = []
    for at, sheet in enumerate(sheets, 1):
        text, number = squeezed(sheet.extract_text()), f"{at}/{len(sheets)}"
        assert number in text
        found.append(text.removeprefix(number).removesuffix(number))
    return found


def squeezed(text):
    """Without white space, and without the ligatures that some fonts print."""
    return "".join(normalize("NFKC", text).split())


def test_print_has_every_passage_and_its_label(show, seeds_page, predictor):
    printed = "".join(on_paper(show(seeds_page)))
    at = 0
    for seed in SEEDS:
        at = printed.index(squeezed(str(seed)), at)
        for each in predictor.tag(seed.read_bytes().decode()):
            text = squeezed(each.text)
            found = printed.index(text, at)
            assert each.label in printed[at:found]
            at = found + len(text)
    assert "Showall" not in printed
    assert "Why" not in printed.replace("Whydon’tyou", "")


def test_each_file_begins_a_sheet_and_lines_of_a_table_do_not(show, tmp_path):
    sheets = on_paper(show(page_of(*SEEDS)))
    begins = [sheet for sheet in sheets if squeezed(str(SEEDS[0].parent)) in sheet]
    assert len(begins) == len(SEEDS)
    assert begins[0] == sheets[0]
    for sheet, seed in zip(begins[1:], SEEDS[1:], strict=True):
        assert sheet.startswith(squeezed(str(seed)))
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "He paid."}\n' * 9)
    sheets = on_paper(show(page_of(path, "--text-column", "text")))
    assert len(sheets) < 4
    assert "".join(sheets).count("Hepaid.") == 9


def test_what_is_filtered_out_leaves_no_empty_sheet(show):
    documents = [("a", [passage("Alpha")]), ("b", [passage("Beta", "smuggling", ("smuggling",))])]
    page = show(written(documents))
    assert len(on_paper(page)) == 2
    page.click("[data-filter=l0]")
    (sheet,) = on_paper(page)
    assert "Beta" in sheet
    assert "Alpha" not in sheet
    assert "Showing1of2passages." in sheet


def test_a_passage_longer_than_a_sheet_goes_on_on_the_next(show):
    words = [f"word{number}" for number in range(6000)]
    sheets = on_paper(show(written([("a", [passage(" ".join(words))])])))
    assert len(sheets) > 3
    printed = "".join(sheets)
    assert all(word in printed for word in words)


def test_print_leaves_out_what_paper_cannot_do(show, seeds_page):
    page = show(seeds_page, color_scheme="dark")
    page.click("[data-filter=l0]")
    page.emulate_media(media="print")
    assert visible(page, "button") == visible(page, "nav") == visible(page, "summary") == 0
    assert page.get_by_role("status").is_visible()  # says that this is a part
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(27, 27, 27)"
