"""Documents with planted facts in every place that their formats have for them."""

import io
import zipfile
from collections.abc import Callable, Mapping

from cleaning import markers
from cleaning.making_pdf import SEEN, pdf
from cleaning.making_pictures import jpeg, png

OFFICE = "application/vnd.openxmlformats-officedocument."
OPEN = "application/vnd.oasis.opendocument."
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_AUTHOR = markers.AUTHOR
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'


def zipped(entries: Mapping[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.comment = b"planted comment"
        for name, content in entries.items():
            entry = zipfile.ZipInfo(name, (2001, 2, 3, 4, 5, 6))
            entry.extra = b"\xfe\xca\x07\x00planted"
            entry.comment, entry.compress_type = b"planted", zipfile.ZIP_DEFLATED
            if name == "mimetype":  # OpenDocument files say unpacked what they are
                entry.extra, entry.compress_type = b"", zipfile.ZIP_STORED
            archive.writestr(entry, content)
    return out.getvalue()


def rels(*targets: tuple[str, str, str], package: bool = False) -> str:
    """Relationships from (id, kind, target); what is a web address is external."""
    entries = "".join(
        f'<Relationship Id="{key}" Target="{target}" Type="{_kind(kind)}"{_mode(target)}/>'
        for key, kind, target in targets
    )
    return f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{entries}</Relationships>'


def _kind(kind: str) -> str:
    return kind if "/" in kind else f"{_R}/{kind}"


def _mode(target: str) -> str:
    return ' TargetMode="External"' if ":" in target else ""


def types(main: str, main_type: str, **others: str) -> str:
    defaults = {"rels": "application/vnd.openxmlformats-package.relationships+xml", "xml": "application/xml"}
    defaults |= {"jpg": "image/jpeg", "png": "image/png", "emf": "image/x-emf", "bin": f"{OFFICE}oleObject"}
    listed = "".join(f'<Default Extension="{key}" ContentType="{value}"/>' for key, value in defaults.items())
    overrides = {main: f"{OFFICE}{main_type}.main+xml"} | others
    listed += "".join(f'<Override PartName="/{part}" ContentType="{kind}"/>' for part, kind in overrides.items())
    return f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types">{listed}</Types>'


def properties() -> dict[str, str | bytes]:
    """The parts that all three kinds have beside their content."""
    core = (
        f'<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/"'
        f' xmlns:dcterms="http://purl.org/dc/terms/"><dc:creator>{_AUTHOR}</dc:creator>'
        f"<cp:lastModifiedBy>{_AUTHOR}</cp:lastModifiedBy><dc:description>{markers.COMMENT}</dc:description>"
        f"<dcterms:created>{markers.TIME}</dcterms:created></cp:coreProperties>"
    )
    return {
        "docProps/core.xml": core,
        "docProps/app.xml": f"<Properties><Company>{_AUTHOR}</Company></Properties>",
        "docProps/custom.xml": f"<Properties><property name='serial'>{markers.SERIAL}</property></Properties>",
        "docProps/thumbnail.jpg": jpeg(),
        "customXml/item1.xml": f"<planted>{markers.SERIAL}</planted>",
    }


def _root(main: str) -> str:
    return rels(
        ("rId1", "officeDocument", main),
        ("rId2", f"{_PACKAGE}/relationships/metadata/core-properties", "docProps/core.xml"),
        ("rId3", "extended-properties", "docProps/app.xml"),
        ("rId4", "custom-properties", "docProps/custom.xml"),
        ("rId5", f"{_PACKAGE}/relationships/metadata/thumbnail", "docProps/thumbnail.jpg"),
    )


_W = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    f' xmlns:r="{_R}" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
    ' xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"'
    ' xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"'
    ' xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office"'
    ' xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml"'
)


def _picture(how: str, number: int) -> str:
    return (
        '<w:drawing><wp:inline><wp:docPr id="1" name="planted.jpg" descr="C:\\Users\\planted\\holiday.jpg"/><a:graphic>'
        '<a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic><pic:nvPicPr>'
        f'<pic:cNvPr id="0" name="planted.jpg"/></pic:nvPicPr><pic:blipFill><a:blip r:{how}="rId{number}"/></pic:blipFill>'
        "</pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing>"
    )


def field(code: str, result: str, inside: str = "") -> str:
    """A field as Word writes it, in runs; `inside` are further runs in its code."""
    mark = '<w:r><w:fldChar w:fldCharType="{}"/></w:r>'
    text = f"<w:r><w:instrText>{code}</w:instrText></w:r>{inside}"
    return f"{mark.format('begin')}{text}{mark.format('separate')}<w:r><w:t>{result}</w:t></w:r>{mark.format('end')}"


def word_body() -> str:
    fetched = field(' INCLUDEPICTURE "http://planted.example/x.png"', "fetched")
    composed = field("QUOTE 68 68 69", "composed", inside=field("QUOTE planted", "DDEAUTO planted"))
    return (
        f'<w:p w:rsidR="00PLANTED" w14:paraId="PLANTED1"><w:r w:rsidRPr="00PLANTED"><w:t>{SEEN}</w:t></w:r>'
        f'<w:ins w:id="1" w:author="{_AUTHOR}" w:initials="PA" w:date="{markers.TIME}"><w:r><w:t>added</w:t></w:r></w:ins>'
        f'<w:del w:id="2" w:author="{_AUTHOR}" w:date="{markers.TIME}"><w:r><w:delText>struck</w:delText></w:r></w:del>'
        '<w:hyperlink r:id="rId7"><w:r><w:t>a link</w:t></w:r></w:hyperlink>'
        f"<w:r>{_picture('embed', 2)}</w:r><w:r>{_picture('link', 8)}</w:r><w:r>{_picture('embed', 9)}</w:r>"
        f"{fetched}{composed}{field(' PAGE ', '1')}"
        '<w:r><w:object><v:shape id="s"><v:imagedata r:id="rId2" o:title="planted.jpg"/></v:shape>'
        '<o:OLEObject Type="Embed" ProgID="Planted" r:id="rId6"/></w:object></w:r>'
        '<w:altChunk r:id="rId10"/></w:p>'
    )


def docx(**changed: str | bytes) -> bytes:
    comment = f'<w:comment w:id="0" w:author="{_AUTHOR}" w:initials="PA" w:date="{markers.TIME}">'
    settings = (
        f'<w:settings {_W}><w:attachedTemplate r:id="rId1"/><w:rsids><w:rsid w:val="00PLANTED"/></w:rsids>'
        f'<w:docVars><w:docVar w:name="serial" w:val="{markers.SERIAL}"/></w:docVars></w:settings>'
    )
    entries: dict[str, str | bytes] = {
        "[Content_Types].xml": types(
            "word/document.xml",
            "wordprocessingml.document",
            **{
                "word/comments.xml": f"{OFFICE}wordprocessingml.comments+xml",
                "word/settings.xml": f"{OFFICE}wordprocessingml.settings+xml",
                "word/people.xml": f"{OFFICE}wordprocessingml.people+xml",
            },
        ),
        "_rels/.rels": _root("word/document.xml"),
        "word/document.xml": f"{_HEAD}<w:document {_W}><w:body>{word_body()}</w:body></w:document>",
        "word/_rels/document.xml.rels": rels(
            ("rId1", "comments", "comments.xml"),
            ("rId2", "image", "media/planted%20holiday.jpg"),
            ("rId3", "settings", "/word/settings.xml"),
            ("rId4", "http://schemas.microsoft.com/office/2011/relationships/people", "people.xml"),
            ("rId5", "customXml", "../customXml/item1.xml"),
            ("rId6", "oleObject", "embeddings/oleObject1.bin"),
            ("rId7", "hyperlink", "http://planted.example/"),
            ("rId8", "image", "http://planted.example/beacon.png"),
            ("rId9", "image", "media/image2.emf"),
            ("rId10", "aFChunk", "planted.html"),
        ),
        "word/comments.xml": f"{_HEAD}<w:comments {_W}>{comment}<w:p><w:r><w:t>a remark</w:t></w:r></w:p></w:comment></w:comments>",
        "word/settings.xml": _HEAD + settings,
        "word/_rels/settings.xml.rels": rels(("rId1", "attachedTemplate", "http://planted.example/t.dotm")),
        "word/people.xml": f'<w15:people xmlns:w15="http://schemas.microsoft.com/office/word/2012/wordml"><w15:person w15:author="{_AUTHOR}"/></w15:people>',
        "word/media/planted holiday.jpg": jpeg(),
        "word/media/image2.emf": b"\x01\0\0\0planted drawing",
        "word/embeddings/oleObject1.bin": b"planted object",
        "word/planted.html": "<script>planted</script>",
        **properties(),
    }
    return zipped(entries | changed)


_X = f'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="{_R}"'


def xlsx(**changed: str | bytes) -> bytes:
    sheet = (
        f'<worksheet {_X}><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>{SEEN}</t></is></c>'
        '<c r="B1"><f>WEBSERVICE("http://planted.example")</f><v>7</v></c></row></sheetData>'
        '<hyperlinks><hyperlink ref="A1" r:id="rId1"/></hyperlinks><pageSetup r:id="rId2"/>'
        '<drawing r:id="rId4"/><legacyDrawing r:id="rId5"/></worksheet>'
    )
    workbook = (
        f'<workbook {_X}><fileSharing userName="{_AUTHOR}"/><mc:AlternateContent'
        ' xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><mc:Choice Requires="x15"><x15ac:absPath'
        ' url="C:\\Users\\planted\\" xmlns:x15ac="http://schemas.microsoft.com/office/spreadsheetml/2010/11/ac"/>'
        '</mc:Choice></mc:AlternateContent><sheets><sheet name="One" sheetId="1" r:id="rId1"/></sheets>'
        '<externalReferences><externalReference r:id="rId2"/></externalReferences></workbook>'
    )
    drawing = (
        '<xdr:wsDr xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"'
        f' xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:r="{_R}"><xdr:pic><xdr:nvPicPr>'
        '<xdr:cNvPr id="1" name="planted.jpg"/></xdr:nvPicPr><xdr:blipFill><a:blip r:embed="rId1"/></xdr:blipFill>'
        "</xdr:pic></xdr:wsDr>"
    )
    entries: dict[str, str | bytes] = {
        "[Content_Types].xml": types(
            "xl/workbook.xml",
            "spreadsheetml.sheet",
            **{
                "xl/worksheets/sheet1.xml": f"{OFFICE}spreadsheetml.worksheet+xml",
                "xl/comments1.xml": f"{OFFICE}spreadsheetml.comments+xml",
                "xl/persons/person.xml": "application/vnd.ms-excel.person+xml",
                "xl/drawings/drawing1.xml": f"{OFFICE}drawing+xml",
                "xl/drawings/vmlDrawing1.vml": f"{OFFICE}vmlDrawing",
                "xl/externalLinks/externalLink1.xml": f"{OFFICE}spreadsheetml.externalLink+xml",
            },
        ),
        "_rels/.rels": _root("xl/workbook.xml"),
        "xl/workbook.xml": _HEAD + workbook,
        "xl/_rels/workbook.xml.rels": rels(
            ("rId1", "worksheet", "worksheets/sheet1.xml"),
            ("rId2", "externalLink", "externalLinks/externalLink1.xml"),
            ("rId3", "http://schemas.microsoft.com/office/2017/10/relationships/person", "persons/person.xml"),
            ("rId4", "connections", "connections.xml"),
        ),
        "xl/worksheets/sheet1.xml": _HEAD + sheet,
        "xl/worksheets/_rels/sheet1.xml.rels": rels(
            ("rId1", "hyperlink", "mailto:planted@example.org"),
            ("rId2", "printerSettings", "../printerSettings/printerSettings1.bin"),
            ("rId3", "comments", "../comments1.xml"),
            ("rId4", "drawing", "../drawings/drawing1.xml"),
            ("rId5", "vmlDrawing", "../drawings/vmlDrawing1.vml"),
        ),
        "xl/comments1.xml": f"{_HEAD}<comments {_X}><authors><author>{_AUTHOR}</author></authors><commentList>"
        f'<comment ref="A1" authorId="0"><text><r><t>{_AUTHOR}:</t></r><r><t>a remark</t></r></text></comment></commentList></comments>',
        "xl/persons/person.xml": '<personList xmlns="http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments">'
        f'<person displayName="{_AUTHOR}" id="{{1}}" userId="planted@example.org" providerId="AD"/></personList>',
        "xl/drawings/drawing1.xml": drawing,
        "xl/drawings/_rels/drawing1.xml.rels": rels(("rId1", "image", "../media/image1.jpg")),
        "xl/drawings/vmlDrawing1.vml": '<xml xmlns:v="urn:schemas-microsoft-com:vml"><v:shape alt="C:\\planted.jpg"><br></v:shape></xml>',
        "xl/media/image1.jpg": jpeg(),
        "xl/externalLinks/externalLink1.xml": f'<externalLink {_X}><externalBook r:id="rId1"/></externalLink>',
        "xl/externalLinks/_rels/externalLink1.xml.rels": rels(
            ("rId1", "externalLinkPath", "file:///C:/Users/planted/b.xlsx")
        ),
        "xl/connections.xml": "<connections>planted</connections>",
        "xl/printerSettings/printerSettings1.bin": "planted printer".encode("utf-16-le"),
        **properties(),
    }
    return zipped(entries | changed)


_P = (
    f'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" xmlns:r="{_R}"'
    ' xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
)


def pptx() -> bytes:
    slide = (
        f'<p:sld {_P}><p:cSld><p:spTree><p:sp><p:txBody><a:p><a:r><a:rPr><a:hlinkClick r:id="rId1"/></a:rPr>'
        f"<a:t>{SEEN}</a:t></a:r></a:p></p:txBody></p:sp><p:pic><p:nvPicPr><p:cNvPr id='4' name='planted.mp4'/>"
        '<p:nvPr><a:videoFile r:link="rId3"/></p:nvPr></p:nvPicPr><p:blipFill><a:blip r:embed="rId2"/></p:blipFill></p:pic>'
        "<p:graphicFrame><a:graphic><a:graphicData><p:oleObj r:id='rId4' name='planted'><p:pic><p:blipFill>"
        "<a:blip r:embed='rId2'/></p:blipFill></p:pic></p:oleObj></a:graphicData></a:graphic></p:graphicFrame>"
        "</p:spTree></p:cSld><p:timing><p:video/></p:timing></p:sld>"
    )
    entries: dict[str, str | bytes] = {
        "[Content_Types].xml": types(
            "ppt/presentation.xml",
            "presentationml.presentation",
            **{
                "ppt/slides/slide1.xml": f"{OFFICE}presentationml.slide+xml",
                "ppt/commentAuthors.xml": f"{OFFICE}presentationml.commentAuthors+xml",
                "ppt/comments/comment1.xml": f"{OFFICE}presentationml.comments+xml",
            },
        ),
        "_rels/.rels": _root("ppt/presentation.xml"),
        "ppt/presentation.xml": f'<p:presentation {_P}><p:sldIdLst><p:sldId id="256" r:id="rId1"/></p:sldIdLst>'
        '<p:custDataLst><p:tags r:id="rId3"/></p:custDataLst></p:presentation>',
        "ppt/_rels/presentation.xml.rels": rels(
            ("rId1", "slide", "slides/slide1.xml"),
            ("rId2", "commentAuthors", "commentAuthors.xml"),
            ("rId3", "tags", "tags/tag1.xml"),
        ),
        "ppt/slides/slide1.xml": slide,
        "ppt/slides/_rels/slide1.xml.rels": rels(
            ("rId1", "hyperlink", "http://planted.example"),
            ("rId2", "image", "../media/image1.png"),
            ("rId3", "video", "file:///planted.mp4"),
            ("rId4", "oleObject", "../embeddings/planted.bin"),
            ("rId5", "comments", "../comments/comment1.xml"),
        ),
        "ppt/commentAuthors.xml": f'<p:cmAuthorLst {_P}><p:cmAuthor id="0" name="{_AUTHOR}" initials="PA"/></p:cmAuthorLst>',
        "ppt/comments/comment1.xml": f'<p:cmLst {_P}><p:cm authorId="0" dt="{markers.TIME}"><p:text>a remark</p:text></p:cm></p:cmLst>',
        "ppt/tags/tag1.xml": f"<p:tagLst {_P}>planted</p:tagLst>",
        "ppt/embeddings/planted.bin": b"planted",
        "ppt/media/image1.png": png(),
        **properties(),
    }
    return zipped(entries)


_ODF = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for prefix, name in (
        ("office", "office"),
        ("text", "text"),
        ("draw", "drawing"),
        ("table", "table"),
        ("meta", "meta"),
    )
)
_ODF += ' xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:dc="http://purl.org/dc/elements/1.1/"'


def odf(kind: str = "text", **changed: str | bytes) -> bytes:
    note = f"<office:annotation><dc:creator>{_AUTHOR}</dc:creator><dc:date>{markers.TIME}</dc:date><text:p>a remark</text:p></office:annotation>"
    body = (
        f'<text:p>{SEEN}{note}<text:a xlink:href="http://planted.example/">a link</text:a> behind'
        '<draw:frame draw:name="planted.jpg"><draw:image xlink:href="Pictures/planted.jpg"/></draw:frame>'
        '<draw:frame><draw:image xlink:href="http://planted.example/beacon.png"/></draw:frame></text:p>'
    )
    entries: dict[str, str | bytes] = {
        "mimetype": OPEN + kind,
        "content.xml": f"{_HEAD}<office:document-content {_ODF}><office:scripts>planted</office:scripts><office:body><office:text>{body}</office:text></office:body></office:document-content>",
        "styles.xml": f"<office:document-styles {_ODF}/>",
        "settings.xml": f"<office:document-settings {_ODF}>planted printer</office:document-settings>",
        "meta.xml": f"<office:document-meta {_ODF}><office:meta><dc:creator>{_AUTHOR}</dc:creator><meta:user-defined>{markers.SERIAL}</meta:user-defined></office:meta></office:document-meta>",
        "Thumbnails/thumbnail.png": png(),
        "Pictures/planted.jpg": jpeg(),
        "Configurations2/planted.xml": "<planted/>",
        "META-INF/manifest.xml": '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
    }
    return zipped(entries | changed)


MAKERS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "PDF": ("application/pdf", pdf),
    "PDF that forbids printing": ("application/pdf", lambda: pdf(forbidden=True)),
    "DOCX": (f"{OFFICE}wordprocessingml.document", docx),
    "XLSX": (f"{OFFICE}spreadsheetml.sheet", xlsx),
    "PPTX": (f"{OFFICE}presentationml.presentation", pptx),
    "ODT": (f"{OPEN}text", odf),
    "ODS": (f"{OPEN}spreadsheet", lambda: odf("spreadsheet")),
}
