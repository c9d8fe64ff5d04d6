"""Whatever students share, a class is compared, and the page of it holds their text and no code of theirs."""

from __future__ import annotations

import pytest

from autograder.similarity.alike import Author, compare
from autograder.similarity.constructs import MOST_CHARS_IN_ALL, Part, is_read_whole, within_reason
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


LONG = {
    "a-line": f"x = '{'a' * 60_000}'\n",
    "a-statement": "x = [\n" + "    1,\n" * 10_000 + "]\n",
    "more-than-is-read": "".join(f"x{one} = {one}\n" for one in range(60_000)),
}


@pytest.mark.parametrize("name", LONG)
def test_of_whom_a_part_is_compared_is_known(name: str) -> None:
    assert not is_read_whole(Part("1", LONG[name] + SHARED))
    assert not is_read_whole(Part("1", "a " * 60_000 + "\nb", code=False))
    assert is_read_whole(Part("1", SHARED * 20))
    assert is_read_whole(Part("1", "# a comment\n" * 10_000))


def test_the_page_says_so() -> None:
    for language, said in (("en", "Compared in part"), ("fr", "Comparés en partie")):
        page = similarity_page(Alike((), {}, {}, (), ("eve",)), course="c", title="t", language=language)
        assert said in page


def test_a_submission_of_any_length_is_read_up_to_one_that_somebody_writes() -> None:
    parts = [Part(str(number), SHARED) for number in range(9)]
    assert within_reason(parts) == tuple(parts)
    endless = [Part(str(number), "x = 1\n" * 9000) for number in range(2000)]
    assert sum(len(one.source) for one in within_reason(endless)) <= MOST_CHARS_IN_ALL
