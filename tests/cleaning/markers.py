"""What the corpus plants and what an independent reader looks for."""

AUTHOR = "Planted Author"
SERIAL = "SN-PLANTED-4711"
COMMENT = "planted comment"
LATITUDE, LONGITUDE = 48.8584, 2.2945
ISO_PLACE = "+48.8584+002.2945/"
TIME = "2001-02-03T04:05:06Z"

TEXTS = ("planted", "48.8584", "2001-02-03", "2001:02:03")
"""Every one of them, in small letters, stands in something planted and in nothing that may stay."""

XMP = f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:aux="http://ns.adobe.com/exif/1.0/aux/"
 aux:SerialNumber="{SERIAL}"><dc:creator><rdf:Seq><rdf:li>{AUTHOR}</rdf:li></rdf:Seq></dc:creator></rdf:Description>
</rdf:RDF></x:xmpmeta><?xpacket end="w"?>""".encode()
