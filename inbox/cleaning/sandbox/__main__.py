"""`python -m sandbox ORIGINAL CONTENT_TYPE FOLDER LIMITS`: one file in, FOLDER/copy out, one line of JSON."""

import errno
import json
import sys
from dataclasses import asdict
from pathlib import Path

from .answers import Reason, Refused
from .confine import Limits, confine

_FULL = (errno.EFBIG, errno.ENOSPC, errno.EDQUOT, errno.ENOMEM)


def main(original: str, content_type: str, folder: str, limits: str) -> None:
    """Write the answer of one cleaning to stdout."""
    confine(Limits(**json.loads(limits)))
    print(json.dumps(_answer(Path(original), content_type, Path(folder))))


def _answer(original: Path, content_type: str, folder: Path) -> dict[str, object]:
    from . import kinds  # the readers are loaded behind the walls

    try:
        return asdict(kinds.clean(original, content_type, folder / "copy", folder / "preview"))
    except Refused as refused:
        return {"refused": refused.reason}
    except MemoryError:
        return {"refused": Reason.TOO_LARGE}
    except OSError as error:
        return {"refused": Reason.TOO_LARGE if error.errno in _FULL else Reason.DAMAGED}
    except Exception:  # the readers raise nearly anything when a file is damaged
        return {"refused": Reason.DAMAGED}


if __name__ == "__main__":
    main(*sys.argv[1:])
