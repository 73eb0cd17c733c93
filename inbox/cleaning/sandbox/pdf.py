"""PDF: the pages and what they need, written anew. Names, scripts, files, hidden pictures and older states go.

qpdf writes only what the pages still refer to, so the states before the last one are left behind. The keys and
types are those of ISO 32000-2.
"""

from collections.abc import Iterator
from pathlib import Path

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Pdf, Stream

from . import jpeg
from .answers import Cleaned, Reason, Refused

CONTENT_TYPE = "application/pdf"

_ROOT_KEYS = frozenset(
    {
        *("/Type", "/Pages", "/PageLabels", "/PageLayout", "/PageMode"),
        *("/ViewerPreferences", "/Lang", "/Outlines", "/Dests", "/Names"),
        *("/AcroForm", "/OCProperties", "/MarkInfo"),
        *("/StructTreeRoot", "/Version", "/Extensions"),
    }
)
_PAGE_KEYS = frozenset(
    {
        *("/Type", "/Parent", "/Resources", "/MediaBox", "/CropBox", "/BleedBox"),
        *("/TrimBox", "/ArtBox", "/Contents", "/Rotate", "/Group", "/Annots"),
        *("/StructParents", "/Tabs", "/UserUnit"),
    }
)
_ANNOTATIONS_DROPPED = frozenset(
    {
        *("/FileAttachment", "/RichMedia", "/Screen", "/Movie"),
        *("/Sound", "/3D", "/TrapNet", "/Projection"),
    }
)
_ANNOTATION_KEYS_DROPPED = ("/T", "/RC", "/M", "/CreationDate", "/NM", "/Subj")
_ACTIONS_KEPT = frozenset({"/GoTo", "/Named"})
_ACTIONS_DROPPED = frozenset(
    {
        *("/JavaScript", "/Launch", "/URI", "/GoToR", "/GoToE"),
        *("/GoToDp", "/SubmitForm", "/ResetForm", "/ImportData", "/Hide", "/SetOCGState"),
        *("/Rendition", "/Movie", "/Sound"),
        *("/Trans", "/GoTo3DView", "/RichMediaExecute", "/Thread"),
    }
)
_EMPTIED_TYPES = frozenset({"/Filespec", "/F", "/Sig", "/DocTimeStamp", "/Metadata", "/EmbeddedFile"})
_DROPPED = (
    *("/Metadata", "/PieceInfo", "/LastModified", "/Thumb", "/OpenAction", "/XFA", "/CreatorInfo", "/Measure"),
    *("/PtData", "/LGIDict", "/RichMediaContent", "/RichMediaSettings", "/SigFlags", "/OPI"),
)
# So short that a font or a letter of one may have the same name; then it is one of the drawn types.
_DROPPED_UNLESS_DRAWN = ("/AA", "/AF", "/EF", "/RF", "/JS", "/DSS", "/Ref")
_DRAWN = frozenset({"/Font", "/XObject", "/ExtGState", "/Pattern"})
_FROM_ELSEWHERE = ("/F", "/FFilter", "/FDecodeParms")  # a stream whose content lies in another file


def clean(original: Path, copy: Path) -> Cleaned:
    """Write the PDF anew. Raises Refused for a password; a PDF that only forbids printing or copying opens."""
    try:
        with Pdf.open(original, access_mode=pikepdf.AccessMode.mmap_only) as pdf:
            _strip(pdf)
            pdf.save(
                copy, encryption=False, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate
            )
    except pikepdf.PasswordError:
        raise Refused(Reason.PASSWORD) from None
    return Cleaned(CONTENT_TYPE)


def _strip(pdf: Pdf) -> None:
    if not len(pdf.pages):
        raise Refused(Reason.DAMAGED)
    for key in ("/Info", "/ID"):
        _drop(pdf.trailer, key)
    _strip_root(pdf.Root)
    for page in pdf.pages:
        _keep_only(page.obj, _PAGE_KEYS)
        _strip_annotations(page.obj)
    for found in pdf.objects:
        for part in _parts(found):
            _strip_dictionary(part)
        if isinstance(found, Stream):
            _strip_stream(found)


def _strip_root(root: Object) -> None:
    """Keep of the catalog what pages need; of the names only the places that links within the document lead to."""
    _keep_only(root, _ROOT_KEYS)
    if isinstance(root.get("/Names"), Dictionary):
        _keep_only(root.Names, frozenset({"/Dests"}))


def _strip_annotations(page: Object) -> None:
    """Drop what plays or carries a file; of the rest, who made it when. A field's /T is its name, not a person's."""
    annotations = page.get("/Annots")
    if not isinstance(annotations, Array):
        _drop(page, "/Annots")
        return
    kept = [a for a in annotations if isinstance(a, Dictionary) and _name(a, "/Subtype") not in _ANNOTATIONS_DROPPED]
    for annotation in kept:
        if _name(annotation, "/Subtype") != "/Widget":
            for key in _ANNOTATION_KEYS_DROPPED:
                _drop(annotation, key)
    page.Annots = Array(kept)


def _parts(found: Object) -> Iterator[Object]:
    """The object and every dictionary written directly inside it, each once; references are not followed."""
    waiting = [found]
    while waiting:
        part = waiting.pop()
        if isinstance(part, (Dictionary, Stream)):
            yield part
            waiting += [value for value in (part[key] for key in list(part.keys())) if _is_inside(value)]
        elif isinstance(part, Array):
            waiting += [value for value in part if _is_inside(value)]


def _is_inside(value: object) -> bool:
    return isinstance(value, (Dictionary, Array)) and not value.is_indirect


def _strip_dictionary(part: Object) -> None:
    if _name(part, "/S") in _ACTIONS_DROPPED or _name(part, "/Type") in _EMPTIED_TYPES:
        _keep_only(part, frozenset({"/Length", "/Filter", "/DecodeParms"}))
        return
    for key in _DROPPED:
        _drop(part, key)
    for key in _DROPPED_UNLESS_DRAWN:
        if key in part and not _is_drawn(part[key]):
            _drop(part, key)
    for key in ("/A", "/PA"):
        if key in part and _is_active(part[key]):
            _drop(part, key)
    if _name(part, "/S") in _ACTIONS_KEPT:
        _drop(part, "/Next")
    if _name(part, "/FT") == "/Sig":
        _drop(part, "/V")  # the signature, with its maker's name; it cannot hold for a copy


def _is_drawn(value: object) -> bool:
    return isinstance(value, Stream) or (isinstance(value, Dictionary) and _name(value, "/Type") in _DRAWN)


def _is_active(action: object) -> bool:
    """Whether a link or field would run, fetch or open something; one that was emptied before counts too."""
    return isinstance(action, Dictionary) and (not action.keys() or _name(action, "/S") in _ACTIONS_DROPPED)


def _strip_stream(stream: Object) -> None:
    for key in _FROM_ELSEWHERE:
        _drop(stream, key)
    if _name(stream, "/Type") in _EMPTIED_TYPES:
        stream.write(b"")
        return
    filters = stream.get("/Filter")
    names = [str(name) for name in filters] if isinstance(filters, Array) else [str(filters)]
    if names[-1:] == ["/DCTDecode"]:
        stream.write(jpeg.bare(_coded(stream, names)), filter=Name.DCTDecode, decode_parms=_last_parameters(stream))
    elif names[-1:] == ["/JPXDecode"]:
        stream.write(jpeg.bare_2000(_coded(stream, names)), filter=Name.JPXDecode)


def _coded(stream: Object, filters: list[str]) -> bytes:
    """The picture's own coding, without the packing that may lie around it."""
    if len(filters) == 1:
        return stream.read_raw_bytes()
    parameters = stream.get("/DecodeParms")
    stream.Filter = Array([Name(name) for name in filters[:-1]])
    if isinstance(parameters, Array):
        stream.DecodeParms = Array(list(parameters)[:-1])
    packed = stream.read_bytes()
    stream.Filter = Array([Name(name) for name in filters])
    if isinstance(parameters, Array):
        stream.DecodeParms = parameters
    return packed


def _last_parameters(stream: Object) -> Dictionary | None:
    parameters = stream.get("/DecodeParms")
    last = parameters[-1] if isinstance(parameters, Array) and len(parameters) else parameters
    return last if isinstance(last, Dictionary) else None


def _name(part: Object, key: str) -> str:
    value = part.get(key)
    return str(value) if isinstance(value, Name) else ""


def _keep_only(part: Object, keys: frozenset[str]) -> None:
    for key in list(part.keys()):
        if key not in keys:
            _drop(part, key)


def _drop(part: Object, key: str) -> None:
    if key in part:
        del part[key]
