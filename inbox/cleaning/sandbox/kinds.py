"""Which cleaner takes which kind of file. All of them work on paths and make the copy anew."""

import shutil
from pathlib import Path

from . import suspicion
from .answers import Cleaned, Reason, Refused

TEXT = frozenset({"text/plain", "text/csv", "text/vcard", "text/calendar"})


def clean(original: Path, content_type: str, copy: Path, preview: Path) -> Cleaned:
    """Write a clean copy of the original, and a preview where one makes sense. Raises Refused, or what readers raise.

    A cleaner is loaded only when its kind comes: the others' libraries stay out of the process.
    """
    suspicion.refuse_disguises(original, content_type)
    if content_type in TEXT:
        shutil.copyfile(original, copy)  # what is in it can be read in it
        return Cleaned(content_type)
    if content_type.startswith("image/"):
        from . import pictures

        return pictures.clean(original, content_type, copy, preview)
    if content_type.startswith(("video/", "audio/")):
        from . import recordings

        return recordings.clean(original, content_type, copy, preview)
    return _document(original, content_type, copy)


def _document(original: Path, content_type: str, copy: Path) -> Cleaned:
    if content_type == "application/pdf":
        from . import pdf

        return pdf.clean(original, copy)
    if content_type.startswith("application/vnd.openxmlformats-officedocument."):
        from . import office

        return office.clean(original, content_type, copy)
    if content_type.startswith("application/vnd.oasis.opendocument."):
        from . import opendocument

        return opendocument.clean(original, content_type, copy)
    raise Refused(Reason.OLD_KIND)
