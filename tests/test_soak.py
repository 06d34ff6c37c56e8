"""What a soak writes: figures beside their aims, a picture, and a section of a page."""

from xml.etree import ElementTree

from benchmarks.soak_page import findings, picture, section, with_section
from benchmarks.soak_report import Report
from emulator.jsontext import JsonObject


def result() -> JsonObject:
    """Three minutes that miss the first aim and an error."""
    report = Report(after=100, idle=90)
    report.samples = [(0, 50), (10, 60), (60, 80), (70, 121), (180, 110)]
    report.done["chats"] = 1_234
    report.blame("a chat is left over")
    return report.to_json(3)


def test_figures_beside_their_aims() -> None:
    rows = [(each.figure.partition(", ")[2], each.met) for each in findings(result())]
    assert rows == [
        ("memory: most later / in the first minute", False),
        ("memory: worlds deleted / an idle server", True),
        ("unexpected errors", False),
    ]


def test_the_picture_is_an_svg() -> None:
    """With a point for each sample."""
    root = ElementTree.fromstring(picture(result()))
    line = root.find("{*}polyline")
    assert root.tag.endswith("svg")
    assert line is not None
    assert len(line.attrib["points"].split()) == 5


def test_the_section_takes_the_place_of_the_last_one() -> None:
    """Other sections stay; a page without one gets it at its end."""
    text = section(result())
    assert "1,234 chats" in text
    page = with_section("# Page\n\nWords.\n", text)
    assert page == f"# Page\n\nWords.\n\n{text}"
    assert with_section(page, text) == page
    longer = f"{page}\n## Next\n\nMore.\n"
    assert with_section(longer, text) == longer
