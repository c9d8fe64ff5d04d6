"""The instructor's page of a class: one HTML file that needs no server and no network."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from statistics import fmean, median, pstdev

from babel.numbers import format_decimal
from markupsafe import Markup

from autograder.locale import phrase, render
from autograder.report.architectures import Architecture, Architectures
from autograder.report.class_report import ClassReport
from autograder.report.curves import Chart
from autograder.report.drawing import NetworkDrawing, compare, draw
from autograder.report.illustrations import curves_of
from autograder.report.pages import packaged, page_environment, spelled

STYLES = ("page.css", "feedback.css", "drawing.css", "class.css")


def class_page(report: ClassReport, *, course: str, title: str, titles: Mapping[str, str], language: str) -> str:
    """Return the page, as HTML. `titles` are those of questions, by id."""
    environment = page_environment(language)
    environment.filters["lateness"] = lambda late: spelled(late, language)
    environment.filters["seconds"] = lambda value: format_decimal(value, format="0.00", locale=language)
    environment.filters["whole"] = lambda value: format_decimal(value, locale=language)
    script = packaged("class.js")
    scores = [one.score for one in report.graded]
    return environment.get_template("class.html.j2").render(
        language=language,
        course=course,
        title=title,
        titles=titles,
        report=report,
        ungraded=sum(one.grade.status == "ungraded" for one in report.students),
        missing=sum(one.grade.status == "missing" for one in report.students),
        mean=fmean(scores) if scores else 0.0,
        median=median(scores) if scores else 0.0,
        deviation=pstdev(scores) if scores else 0.0,
        most_in_bin=max((one.count for one in report.distribution), default=0) or 1,
        stand_ins=sorted({name for one in report.students for name in one.grade.stand_ins}),
        pages={one.name: one.page for one in report.students},
        drawings=lambda found, group: _drawings(found, group, language),
        charts=lambda group: _charts(group, language),
        styles=Markup("\n".join(map(packaged, STYLES))),  # ours
        script=Markup(script),  # ours
        script_digest=f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}",
    )


def _drawings(found: Architectures, group: Architecture, language: str) -> Iterator[tuple[str, NetworkDrawing]]:
    """A network's own drawing, and the solution's beside it where they differ."""
    theirs, wanted = render(phrase("what they built"), language), found.reference
    if wanted is None or group.is_reference or group.network.problem:
        yield theirs, draw(group.network)
        return
    mine, solution = compare(group.network, wanted)
    yield theirs, mine
    yield render(phrase("the solution"), language), solution


def _charts(group: Architecture, language: str) -> Iterator[tuple[str, Chart]]:
    for one in group.trained:
        yield from curves_of(one.runs, one.recipe, one.bars, language)
