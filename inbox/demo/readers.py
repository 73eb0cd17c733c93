"""Photos and videos, replies to stories, and everything else that readers write."""

from inbox.demo.cases import Case, Form
from inbox.models import Priority, Status

STORIES = "https://news.newsroom.example"


def _photo(body: str, where: str, when: str, credit: str, **values: object) -> dict[str, object]:
    return {"taken_by": "me", "consent": True, "body": body, "where": where, "when": when, "credit": credit, **values}


def _reply(story: str, body: str, print_name: str = "", **values: object) -> dict[str, object]:
    return {"article_url": f"{STORIES}/{story}", "body": body, "print_name": print_name, "consent": True, **values}


def _message(subject: str, body: str, **values: object) -> dict[str, object]:
    return {"subject": subject, "body": body, "consent": True, **values}


CASES: tuple[Case, ...] = (
    Form(
        "photo_video",
        _photo(
            "Waterspout off Badouzi, seen from the breakwater. It stood for about six minutes and broke up before the shore.",
            "Badouzi, Keelung",
            "This morning, ten past seven",
            "Photo: Cheng I-hsuan",
            name="Cheng I-hsuan",
            email="ihsuan.cheng@mailbox.example",
        ),
        files=("IMG_2041.jpg", "IMG_2043.jpg", "IMG_2047.jpg"),
        age=0.25,
        labels=("Weather",),
        priority=Priority.HIGH,
        outcome=Status.ACCEPTED,
        notes=("Weather office confirms a waterspout at that hour. Use 2043.",),
    ),
    Form(
        "photo_video",
        _photo(
            "阿里山林鐵今早第一班復駛列車進站，月台上有一位老站長敬禮，他說等這班車等了十五年。",
            "嘉義 阿里山線",
            "今天早上九點多",
            "攝影：讀者 蕭先生",
            name="蕭永信",
            phone="+886 900 000 077",
        ),
        files=("林鐵進站.jpg", "老站長.jpg"),
        age=1.3,
        labels=("鐵道",),
        outcome=Status.ACCEPTED,
    ),
    Form(
        "photo_video",
        _photo(
            "Scooters ride over the new pedestrian island because the kerb is lower than the drain cover. Twenty in four "
            "minutes while I stood there.",
            "Junction of Minsheng and Fuxing, Hsinchu",
            "Yesterday at half past five",
            "no name",
        ),
        files=("island-1.jpg", "island-2.jpg"),
        age=2.9,
        labels=("Transport",),
    ),
    Form(
        "photo_video",
        _photo(
            "我阿公民國五十一年在鹿港街上拍的照片，底片上週整理老家時找到。如果你們要做老街專題可以用，希望註明他的名字。",
            "彰化鹿港",
            "1962 年，月份不確定",
            "攝影：施金水",
            taken_by="other",
            photographer="施金水（已過世，由孫女授權）",
            name="施品妤",
            email="pinyu.shih@mailbox.example",
        ),
        files=("鹿港1962_01.jpg", "鹿港1962_02.jpg", "鹿港1962_03.jpg"),
        notes=("太珍貴了，請她約時間讓我們掃底片。版權繼承要再確認。",),
        labels=("專題", "歷史"),
        age=5.1,
        outcome=Status.ACCEPTED,
    ),
    Form(
        "photo_video",
        _photo(
            "Somebody posted this in our neighbours' group, it is said to be the landslide on Provincial Highway 8.",
            "perhaps Taroko",
            "today?",
            "",
            taken_by="unknown",
        ),
        files=("forwarded.jpg",),
        notes=("Reverse search: the picture is from another country and three years old. Do not use.",),
        labels=("Checked: false",),
        outcome=Status.DECLINED,
        age=3.6,
    ),
    Form(
        "photo_video",
        _photo("高美濕地夕陽，風車剛好排成一線。", "台中清水", "上週日傍晚", "Photo: Vivi", name="Vivi"),
        files=("sunset.jpg",),
        age=6.0,
    ),
    Form(
        "reader_reply",
        _reply(
            "2026/rent-subsidy-explained",
            "Your table says the subsidy for a single person in Taipei is NT$3,000. That was last year's amount; since January "
            "it is NT$3,600. I checked because I receive it.",
            "L. Kao",
            name="L. Kao",
            email="l.kao@mailbox.example",
        ),
        age=1.2,
        labels=("Correction",),
        priority=Priority.HIGH,
        notes=("She is right. Table corrected, note added under the story.",),
        outcome=Status.ACCEPTED,
        asks=(("Thank you, you are right. We have corrected the table and say so under the story.", None),),
    ),
    Form(
        "reader_reply",
        _reply(
            "2026/tainan-packaging-hub",
            "報導中說「再生水回收率八成五」是業界最高，但同園區另一家廠去年永續報告書就寫到八成九了。建議改成「目標」而不是「最高」。",
            "一位工程師",
        ),
        age=0.45,
        labels=("Correction",),
    ),
    Form(
        "reader_reply",
        _reply(
            "2026/night-market-noise",
            "I have lived over that night market for nineteen years. You talked to the vendors, the mayor and a professor. You "
            "did not talk to anybody who sleeps there. Come at two in the morning, I make tea.",
            "Mrs Yu, fourth floor",
            name="Yu Pi-hsia",
        ),
        age=2.1,
        notes=("Print this, and take her up on the tea.",),
        outcome=Status.ACCEPTED,
    ),
    Form(
        "reader_reply",
        _reply(
            "2026/bilingual-schools",
            "身為國小老師，看到報導寫「成效顯著」實在笑不出來。我們班二十六個孩子，有七個連注音都還沒穩。數據是誰給的？抽樣是哪些學校？",
            "中部國小教師",
            email="teacher.mid@mailbox.example",
        ),
        age=4.4,
        notes=("有道理，請教育線回覆抽樣方式。",),
        outcome=Status.ACCEPTED,
        labels=("教育",),
    ),
    Form(
        "reader_reply",
        _reply(
            "2026/ferry-strike",
            "Good piece. You forgot to say that the strike fund ran out on day nine, which is why it ended.",
            "A deckhand",
        ),
        age=7.0,
        outcome=Status.CLOSED,
    ),
    Form(
        "reader_reply",
        _reply("2026/typhoon-fund", "你們的地圖把仁愛鄉跟信義鄉標反了。", "埔里人"),
        age=8.1,
        outcome=Status.ACCEPTED,
        labels=("Correction",),
    ),
    Form(
        "reader_reply",
        _reply("2026/solar-farmland", "Typical. You only print what the power companies want. Cancel my subscription."),
        age=10.6,
        outcome=Status.DECLINED,
    ),
    Form(
        "reader_reply",
        _reply(
            "2026/letters-from-kinmen",
            "讀完這篇哭了。我外公也在那座坑道裡當過兵，他從來不說，只有颱風夜會睡不著。謝謝記者把這些話寫下來。",
            "阿蓮",
        ),
        age=3.9,
        outcome=Status.ACCEPTED,
    ),
    Form(
        "message",
        _message(
            "Your podcast skips on older phones",
            "Since the new player, the sound jumps back ten seconds every few minutes on my phone (it is seven years old). "
            "The download works. Otherwise: thank you for the episode on the salt pans.",
            name="Peter Aldous",
            email="peter.aldous@mailbox.example",
        ),
        age=3.2,
        labels=("Tech",),
        outcome=Status.CLOSED,
        asks=(
            (
                "Thank you. Which browser do you use, and does it also happen with the screen on?",
                "The one that came with the phone. Only with the screen off!",
            ),
        ),
    ),
    Form(
        "message",
        _message(
            "想到貴社參訪",
            "我們是屏東某高中的校刊社，十五位學生，想在寒假期間到貴社參訪，了解一篇報導從採訪到上稿的過程。不知道需要什麼手續？",
            name="校刊社 指導老師 許老師",
            email="journal@pingtung-school.example",
        ),
        age=4.6,
        notes=("寒假第二週可以，請人資回覆。",),
        outcome=Status.ACCEPTED,
    ),
    Form(
        "message",
        _message(
            "Please take my name out of an old story",
            "In 2014 you printed my full name when I was a witness at a traffic court. It is still the first thing that comes up "
            "when I apply for work. I was never accused of anything.",
            name="W.",
            email="w.request@mailbox.example",
        ),
        age=1.7,
        notes=("Ask the legal editor. By our own rules we shorten names of witnesses after five years.",),
        labels=("Legal",),
        outcome=Status.OPEN,
    ),
    Form(
        "message",
        _message(
            "電子報一直寄兩封",
            "每天早上都收到兩封一樣的電子報，退訂其中一封就兩封都沒了，只好再訂一次。",
            name="林小姐",
            email="newsletter.twice@mailbox.example",
        ),
        age=2.6,
    ),
    Form(
        "message",
        _message("Thank you", "For the obituary of the lighthouse keeper. That was all.", name="H. Brandt"),
        age=9.0,
        outcome=Status.CLOSED,
    ),
    Form(
        "message",
        _message(
            "轉載授權",
            "本會想在會刊轉載貴報〈看不見的移工清潔隊〉一文，發行量八百份，不販售，請問授權方式與費用。",
            organisation="新港文教促進會",
            name="顏小姐",
            email="office@xingang-culture.example",
        ),
        age=0.6,
    ),
    Form("message", _message("", "你們 App 的字可以再大一點嗎？我媽媽八十歲，每天都看，可是現在要拿放大鏡。"), age=5.9),
    Form(
        "message",
        _message(
            "Internship",
            "I am a third-year student of journalism and would love to spend the spring with your data desk. Whom do I write to?",
            name="Hana Yeh",
            email="hana.yeh@campus.example",
        ),
        age=7.7,
        outcome=Status.CLOSED,
    ),
)
