"""Pictures pasted into text cells: which of them a text shows, and their bytes."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from autograder.wire.pictures import PictureKind, plain_picture

_SHOWN = re.compile(r"""attachment:([^)\s"'<>]+)""")
NAME_CHARS = 300


def shown_in(source: str) -> list[str]:
    """Return the names of the attachments a text shows, as it writes them."""
    return list(dict.fromkeys(name[:NAME_CHARS] for name in _SHOWN.findall(source)))


def attached(attachments: Mapping[str, Any], source: str) -> Iterator[tuple[str, PictureKind, bytes]]:
    """Yield the name, kind and bytes of each attachment that a text shows and that is a picture."""
    for name in shown_in(source):
        found = attachments.get(name, attachments.get(unquote(name)))
        for content in found.values() if isinstance(found, Mapping) else ():
            if picture := _picture(content):
                yield (name, *picture)
                break


def _picture(content: Any) -> tuple[PictureKind, bytes] | None:
    """What an attachment holds, by its bytes: what its author calls it is not believed."""
    text = "".join(content) if isinstance(content, list) and all(isinstance(one, str) for one in content) else content
    try:
        return plain_picture(base64.b64decode(text)) if isinstance(text, str) else None
    except ValueError:
        return None
