"""The HTML of strangers does nothing and asks for nothing, and can be read as plain text."""

import pytest

from inbox.channels.email.markup import sanitise, to_text

LINK = 'rel="noopener noreferrer nofollow"'


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("<p onclick=x style='background:url(http://t.example)'>a</p>", "<p>a</p>"),
        ("<script>x</script><style>p{}</style><title>t</title>a", "a"),
        ("<iframe src=http://t.example>b</iframe>a", "a"),
        ("<svg><script>x</script></svg><math><mtext>x</mtext></math>a", "a"),
        ("<form action=http://t.example><input name=q><button>a</button></form>", "a"),
        ("<img src=http://t.example/x.gif>a", "a"),
        ("<img src=//t.example/x.gif><img src=x.gif><img src=data:image/png;base64,xx>a", "a"),
        ("<img srcset='http://t.example 2x' src=cid:one>", '<img src="cid:one">'),
        ("<img src=CID:one%40x alt='a<b>c'>", '<img src="cid:one@x" alt="a‹b›c">'),
        ("<img src=cid:other>a", "a"),
        ("<video src=http://t.example></video><audio src=x></audio><picture><source srcset=x></picture>a", "a"),
        (
            "<table background=http://t.example><tr><td background=x>a</table>",
            "<table><tbody><tr><td>a</td></tr></tbody></table>",
        ),
        (
            "<link rel=stylesheet href=http://t.example><meta http-equiv=refresh content=0><base href=http://t.example>a",
            "a",
        ),
        ("<a href=https://ok.example/p target=_top>a</a>", f'<a href="https://ok.example/p" {LINK}>a</a>'),
        ("<a href='JaVa\tscript:x'>a</a>", f"<a {LINK}>a</a>"),
        ("<a href='cid:one'>a</a><a href=/p>b</a>", f"<a {LINK}>a</a><a {LINK}>b</a>"),
        ("<b x=1><font color=red>a</font></b>", "<b>a</b>"),
        ("<scr<font>ipt>x</script>a", "a"),
        ("<!--[if mso]>x<![endif]-->a\0", "a\ufffd"),
    ],
)
def test_only_harmless_html_is_shown(written, shown):
    assert sanitise(written, {"one", "one@x"}) == shown


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("<h1>Head</h1><p>One\n two</p><p>Three<br>four</p>", "Head\n\nOne two\n\nThree\nfour"),
        ("<ul><li>a<ul><li>b</ul><li><p>c</p></ul>", "- a\n  - b\n- c"),
        ("<ol start=3><li>x<li>y</ol>", "3. x\n4. y"),
        ("<p>See <a href='https://ok.example/p'>the page</a>.</p>", "See the page (https://ok.example/p)."),
        ("<a href='https://ok.example/'>https://ok.example</a>", "https://ok.example"),
        ("<a href='mailto:a@b.example'>a@b.example</a> <a href='tel:123'>call</a>", "a@b.example call (123)"),
        ("<blockquote><p>q</p></blockquote>r", "> q\n\nr"),
        ("<table><tr><td>a<td>b<tr><td>c</table>", "a | b\nc"),
        ("<pre>x\n  y</pre>", "x\n  y"),
        ("a<hr>b", "a\n---\nb"),
        ("Visible &amp; an &eacute;ntity &lt;b&gt;<script>no</script><style>no</style>", "Visible & an éntity <b>"),
        ("</a></ul></li></blockquote></pre>still here", "still here"),
        ("", ""),
    ],
)
def test_html_is_told_as_plain_text(written, told):
    assert to_text(sanitise(written)) == told


@pytest.mark.parametrize(
    "piece", ["<div>", "<ul><li>", "<b x='{}'>", "<a href=http://x.example/{}><table><tr><td>", "<", "&", "<!--", "<a "]
)
def test_no_heap_of_tags_is_too_much(piece):
    html = "".join(piece.format(number) for number in range(50_000)) + "<p>x" * 1000
    assert len(to_text(sanitise(html))) < 1_000_000
