"""Advertising enquiries."""

from inbox.demo.cases import Case, Form, In
from inbox.kinds import Money
from inbox.models import Status


def _enquiry(company: str, name: str, email: str, subject: str, body: str = "", **values: object) -> dict[str, object]:
    given = {"organisation": company, "name": name, "email": email, "subject": subject, "body": body}
    return {"format": "unsure", "consent": True, **given, **values}


def _twd(low: int | None, high: int | None) -> Money:
    return Money(low, high, "TWD")


def _usd(low: int | None, high: int | None) -> Money:
    return Money(low, high, "USD")


CASES: tuple[Case, ...] = (
    Form(
        "advertising",
        _enquiry(
            "Harbour Street Coffee Roasters",
            "Jason Liao",
            "jason@harbour-roasters.example",
            "Opening of our second shop in Tainan",
            "We open on a Saturday and would like readers in the south to know for the two weeks before. "
            "We have photographs but no designer.",
            format="banner",
            budget=_twd(30_000, 50_000),
            start_date=In(18),
            end_date=In(32),
        ),
        files=("shop-front.jpg",),
        labels=("Quote sent",),
        notes=("Offered two weeks, article page top, NT$42,000 with the banner made by us.",),
        age=2.7,
        outcome=Status.OPEN,
    ),
    Form(
        "advertising",
        _enquiry(
            "森境戶外用品",
            "王筱筑",
            "ad@senjing-outdoor.example",
            "冬季登山系列 贊助文章兩篇",
            "希望以百岳新手裝備清單為主題，由貴社記者執筆、我們提供器材，文末標示贊助。能否先提供過往案例與閱覽數？",
            format="sponsored_article",
            budget=_twd(120_000, 180_000),
            start_date=In(10),
            end_date=In(40),
            phone="+886 900 000 076",
        ),
        labels=("報價中",),
        notes=("贊助文章要標示清楚，而且內容由商業組寫，不是記者。先跟她說明。",),
        age=1.4,
        outcome=Status.OPEN,
    ),
    Form(
        "advertising",
        _enquiry(
            "Meridian Language Institute",
            "Olivia Park",
            "olivia.park@meridian-institute.example",
            "Video before the evening bulletin, spring term",
            "Fifteen seconds, ready-made, in English and Mandarin. What are your completion rates on mobile?",
            format="video",
            budget=_usd(4_000, 6_000),
            start_date=In(45),
            end_date=In(75),
        ),
        age=5.0,
        labels=("Quote sent",),
        outcome=Status.ACCEPTED,
    ),
    Form(
        "advertising",
        _enquiry(
            "里山有機農場",
            "張家豪",
            "farm@satoyama-farm.example",
            "年節蔬菜箱預購",
            "小農場，預算不多，想知道最小的方案是什麼。",
            format="social",
            budget=_twd(None, 10_000),
            start_date=In(25),
        ),
        notes=("推薦他週末電子報底部的小農專區，八千元。",),
        age=3.8,
        outcome=Status.ACCEPTED,
    ),
    Form(
        "advertising",
        _enquiry(
            "Pacific Rim Ferries",
            "Tom Wexler",
            "tom.wexler@pacific-ferries.example",
            "Sponsored series on island food",
            "Six articles over three months, one for each island we sail to. We would want to approve the text.",
            format="sponsored_article",
            budget=_usd(18_000, 25_000),
            start_date=In(30),
            end_date=In(120),
        ),
        notes=("They may correct facts, they may not approve the text. Told them so, waiting.",),
        labels=("Negotiating",),
        age=6.4,
        outcome=Status.OPEN,
    ),
    Form(
        "advertising",
        _enquiry(
            "晨光眼科診所",
            "診所行政",
            "front@morning-eye.example",
            "雷射近視手術優惠",
            "想在健康版投放橫幅，附術前術後對照圖。",
            format="banner",
            budget=_twd(60_000, 80_000),
        ),
        notes=("醫療廣告不能放術前術後對照，也不能寫優惠價。已回覆規定。",),
        age=7.9,
        outcome=Status.DECLINED,
    ),
    Form(
        "advertising",
        _enquiry(
            "Lucky 8 Entertainment",
            "Sales",
            "sales@lucky-eight.example",
            "Casino bonus banner, all pages, paid in crypto",
            "We pay double your rate card. Link must be do-follow.",
            format="banner",
            budget=_usd(10_000, 50_000),
        ),
        notes=("No.",),
        age=9.8,
        outcome=Status.DECLINED,
    ),
    Form(
        "advertising",
        _enquiry(
            "Puli Paper Mill Museum",
            "Chiu Hsin-yi",
            "visit@puli-paper.example",
            "School holiday workshops",
            "Could you list the workshops and also run a small advertisement on the family page?",
            format="event_promotion",
            budget=_twd(8_000, 15_000),
            start_date=In(12),
            end_date=In(50),
        ),
        age=0.5,
    ),
    Form(
        "advertising",
        _enquiry(
            "雲端記帳士聯合事務所",
            "李先生",
            "hello@cloud-bookkeeping.example",
            "報稅季專題頁面冠名",
            "想了解五月報稅專題的冠名方式、露出版位與費用，另外可否搭配 podcast 口播？",
            budget=_twd(200_000, 300_000),
            start_date=In(140),
            end_date=In(190),
        ),
        age=0.15,
    ),
    Form(
        "advertising",
        _enquiry(
            "Tamsui Riverside Hotel",
            "Marketing",
            "marketing@tamsui-riverside.example",
            "Weekend packages, English-speaking readers",
            "We have rooms to fill on Sundays to Thursdays. A newsletter placement perhaps?",
            format="unsure",
            budget=_twd(25_000, 40_000),
        ),
        outcome=Status.CLOSED,
        age=12.0,
        notes=("They went with another paper. Ask again before the summer.",),
    ),
)
