"""What machines sent, and one person who was only quick. Nobody has looked at them yet."""

from inbox.demo.cases import Case, Form
from inbox.models import Status
from inbox.services.spam import TOO_FAST, TRAP_FILLED


def _form(subject: str, body: str, name: str, email: str) -> dict[str, object]:
    return {"subject": subject, "body": body, "name": name, "email": email, "consent": True}


CASES: tuple[Case, ...] = (
    Form(
        "message",
        _form(
            "SEO",
            'Dear owner, your site is not on page one! We bring 10.000 visitors. <a href="https://rank-rocket.example">Click here</a>',
            "Rank Rocket",
            "offer@rank-rocket.example",
        ),
        outcome=Status.SPAM,
        age=0.5,
    ),
    Form(
        "message",
        _form(
            "Re: invoice",
            "[url=https://pay-portal.example]Open your overdue invoice[/url]",
            "Accounts",
            "billing@pay-portal.example",
        ),
        suspicions=(TRAP_FILLED,),
        outcome=Status.SPAM,
        age=1.9,
    ),
    Form(
        "message",
        _form(
            "快速借款",
            '免財力證明，當日撥款，加賴詢問。<a href="https://fast-loan.example">立即申辦</a>',
            "專員小李",
            "li@fast-loan.example",
        ),
        suspicions=(TOO_FAST,),
        outcome=Status.SPAM,
        age=3.0,
    ),
    Form(
        "message",
        _form(
            "Crypto", "I am a widow with 4.2 million. Please assist for 30%.", "Mrs Grace", "grace@widow-fund.example"
        ),
        suspicions=(TRAP_FILLED,),
        outcome=Status.SPAM,
        age=4.8,
    ),
    Form(
        "message",
        _form(
            "Hello",
            "The link to the privacy page is broken at the bottom of your newsletter.",
            "Quick Typist",
            "quick@mailbox.example",
        ),
        suspicions=(TOO_FAST,),
        outcome=Status.SPAM,
        age=0.7,
    ),
    Form(
        "reader_reply",
        {
            "article_url": "https://news.newsroom.example/2026/tea",
            "body": "Nice blog! cheap watches [link=https://watch-deals.example]",
            "consent": True,
        },
        suspicions=(TRAP_FILLED, TOO_FAST),
        outcome=Status.SPAM,
        age=6.5,
    ),
    Form(
        "message",
        _form("穩賺不賠群組", "老師帶單，每日三檔飆股，名額有限，錯過不再！", "投顧助理", "vip@stock-guru.example"),
        suspicions=(TRAP_FILLED,),
        outcome=Status.SPAM,
        age=2.2,
    ),
    Form(
        "message",
        _form(
            "Guest post",
            "We have a high quality article about roofing. [url=https://roof-words.example]sample[/url]",
            "Outreach",
            "team@roof-words.example",
        ),
        outcome=Status.SPAM,
        age=9.9,
    ),
)
