"""Whatever students share, a class is compared, and the page of it holds their text and no code of theirs."""

from __future__ import annotations

import pytest

from autograder.similarity.alike import Author, compare
from autograder.similarity.constructs import Part
from autograder.similarity.gather import Alike
from autograder.similarity.page import similarity_page
from hostile.copies import COPIES, SHARED

OTHERS = [
    Author(f"other{one}", (Part("1", f"def own{one}(q):\n    return [k * {one} for k in q if k != r{one}]"),))
    for one in range(12)
]


@pytest.mark.parametrize("name", COPIES)
def test_a_class_is_compared_all_the_same(name: str) -> None:
    authors = [*(Author(one, (Part("1", COPIES[name] + SHARED),)) for one in ("ada", "eve")), *OTHERS]
    pairs = compare(authors, [], set(), 10)
    assert [{one.first, one.second} for one in pairs] == [{"ada", "eve"}]
    found = Alike(tuple(pairs), {one.name: one for one in authors}, {}, ())
    page = similarity_page(found, course="c", title="t", language="en")
    assert "<script>alert" not in page
    assert "alpha59" in page
    page.encode()
