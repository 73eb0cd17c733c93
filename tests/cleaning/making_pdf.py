"""A PDF with planted facts in every place that the format has for them."""

import io
import zlib
from typing import Any

import pikepdf
from cleaning import markers
from cleaning.making_pictures import jpeg
from pikepdf import Array, Dictionary, Name, Stream

SEEN = "The words that everybody sees"


def pdf(*, password: str = "", forbidden: bool = False) -> bytes:
    document = pikepdf.Pdf.new()
    document.add_blank_page()
    page = document.pages[0]
    page.Resources = Dictionary(XObject=Dictionary(A=_pdf_picture(document, ()), B=_pdf_picture(document, ("Flate",))))
    page.Resources.Font = Dictionary(F=Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica))
    page.contents_add(f"BT /F 12 Tf 20 100 Td ({SEEN}) Tj ET q 80 0 0 40 0 0 cm /A Do /B Do Q".encode())
    page.obj.PieceInfo = Dictionary(Planted=Dictionary(LastModified="D:20010203", Private=markers.AUTHOR))
    page.obj.Thumb = _pdf_picture(document, ())
    page.obj.AA = Dictionary(O=_script())
    page.obj.Annots = document.make_indirect(Array([document.make_indirect(each) for each in _annotations(document)]))
    document.docinfo["/Author"], document.docinfo["/Keywords"] = markers.AUTHOR, markers.SERIAL
    document.Root.Metadata = Stream(document, markers.XMP, Type=Name.Metadata, Subtype=Name.XML)
    document.attachments["planted.txt"] = b"planted attachment"
    document.Root.OpenAction = _script()
    document.Root.Names.JavaScript = Dictionary(Names=Array(["planted", document.make_indirect(_script())]))
    document.Root.AcroForm = Dictionary(XFA=Stream(document, b"<planted/>"), Fields=Array([_signature(document)]))
    out = io.BytesIO()
    locked = pikepdf.Encryption(owner="owner", user=password, R=4) if password or forbidden else None
    document.save(out, encryption=locked or False, compress_streams=True)
    return out.getvalue()


def _pdf_picture(document: Any, packed: tuple[str, ...]) -> Any:
    data, filters = jpeg(), Array([Name.DCTDecode])
    if packed:
        data, filters = zlib.compress(data), Array([Name.FlateDecode, Name.DCTDecode])
    values = Dictionary(Type=Name.XObject, Subtype=Name.Image, Width=80, Height=40, BitsPerComponent=8)
    values.ColorSpace, values.Filter, values.Metadata = Name.DeviceRGB, filters, Stream(document, markers.XMP)
    return Stream(document, data, values)


def _script() -> Any:
    return Dictionary(S=Name.JavaScript, JS="app.alert('planted')")


def _annotations(document: Any) -> list[Any]:
    place = Array([0, 0, 10, 10])
    note = Dictionary(
        Type=Name.Annot, Subtype=Name.Text, Rect=place, T=markers.AUTHOR, M="D:20010203", Contents="a remark"
    )
    link = Dictionary(
        Type=Name.Annot, Subtype=Name.Link, Rect=place, A=Dictionary(S=Name.URI, URI="http://planted.example")
    )
    start = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=place, A=Dictionary(S=Name.Launch, F="planted.exe"))
    held = Stream(document, b"planted held", Type=Name.EmbeddedFile)
    pinned = Dictionary(Type=Name.Filespec, F="planted.bin", EF=Dictionary(F=held))
    return [note, link, start, Dictionary(Type=Name.Annot, Subtype=Name.FileAttachment, Rect=place, FS=pinned)]


def _signature(document: Any) -> Any:
    value = Dictionary(Type=Name.Sig, Name=markers.AUTHOR, Location="planted")
    return document.make_indirect(Dictionary(FT=Name.Sig, T="field", V=document.make_indirect(value)))
