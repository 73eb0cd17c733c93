"""Events that readers and organisers want listed."""

from inbox.demo.cases import Case, Form, In
from inbox.models import Status


def _event(
    title: str, organiser: str, name: str, email: str, starts: In, body: str, **values: object
) -> dict[str, object]:
    given = {
        "subject": title,
        "organisation": organiser,
        "name": name,
        "email": email,
        "starts_at": starts,
        "body": body,
    }
    return {"promote": False, "consent": True, **given, **values}


CASES: tuple[Case, ...] = (
    Form(
        "event",
        _event(
            "Repair café: bring a broken thing, go home with a working one",
            "Wanhua Repair Circle",
            "Peggy Sung",
            "repair@wanhua-circle.example",
            In(6, "13:30"),
            "Fourteen volunteers with soldering irons, sewing machines and patience. Lamps, fans, trousers, toys. "
            "No televisions, please, we have no room.",
            venue="Longshan Community Hall, second floor",
            ends_at=In(6, "17:00"),
            price="Free; a jar for spare parts",
        ),
        files=("repair-cafe-poster.png",),
        outcome=Status.ACCEPTED,
        age=4.0,
        labels=("Listings",),
    ),
    Form(
        "event",
        _event(
            "《退潮之後》紀錄片放映暨映後座談",
            "潮間帶影像工作室",
            "黃羿雯",
            "film@intertidal.example",
            In(9, "19:00"),
            "跟拍西海岸三個牡蠣養殖家庭七年。映後由導演與兩位主角到場對談，以台語、華語進行，備有即時聽打。",
            venue="台南市中西區 光復老戲院",
            price="250 元，學生 150 元",
            link="https://intertidal.example/after-the-tide",
            ends_at=In(9, "21:30"),
        ),
        files=("退潮之後_劇照.jpg",),
        outcome=Status.ACCEPTED,
        labels=("Listings", "藝文"),
        age=5.8,
    ),
    Form(
        "event",
        _event(
            "Public hearing on the Bade Road bus lane",
            "Songshan Residents' Forum",
            "Wu Chia-ling",
            "forum@songshan-residents.example",
            In(4, "18:30"),
            "The city presents three variants. Questions can be handed in before, in writing, also in English.",
            venue="Songshan District Office, assembly room",
            price="Free",
        ),
        notes=("Somebody from the city desk should go.",),
        labels=("Listings", "Transport"),
        age=1.9,
    ),
    Form(
        "event",
        _event(
            "親子星空觀測夜",
            "合歡天文同好會",
            "施老師",
            "stars@hehuan-astro.example",
            In(17, "18:00"),
            "現場準備六部望遠鏡，觀測土星環、仙女座星系與雙子座流星雨。請自備保暖衣物，勿使用白光手電筒。雨天延期。",
            venue="清境 見晴停車場旁草坡",
            price="每組家庭 300 元",
            promote=True,
        ),
        age=2.3,
        labels=("Listings",),
    ),
    Form(
        "event",
        _event(
            "An evening of Hakka mountain songs, new and old",
            "Meinung Song Society",
            "Chung Yun-fei",
            "songs@meinung-society.example",
            In(12, "19:30"),
            "Eleven singers between 19 and 84 years old. Tea is served, children are welcome.",
            venue="Meinung, the old tobacco barn",
            price="NT$200",
        ),
        age=0.4,
    ),
    Form(
        "event",
        _event(
            "開源人年會前夜聚會",
            "島嶼開源社群",
            "Ming",
            "meetup@island-foss.example",
            In(3, "19:00"),
            "沒有議程，有披薩。歡迎第一次來的人，門口會有人帶你認識大家。",
            venue="台北市大安區 貓頭鷹共享空間",
            price="自由樂捐",
            link="https://island-foss.example/eve",
        ),
        age=0.8,
    ),
    Form(
        "event",
        _event(
            "Beach clean-up with the harbour divers",
            "Keelung Blue",
            "Nina Fang",
            "blue@keelung-blue.example",
            In(7, "08:00"),
            "Divers bring it up, we sort it. Last time: 212 kg, a rice cooker and a love letter in a bottle.",
            venue="Chaojing, meeting at the shuttle stop",
            price="Free, gloves provided",
        ),
        files=("divers.jpg",),
        outcome=Status.ACCEPTED,
        age=6.9,
        labels=("Listings", "Environment"),
    ),
    Form(
        "event",
        _event(
            "老屋修繕工作坊：檜木門窗怎麼救",
            "大稻埕厝邊會",
            "連師傅",
            "oldhouse@dadaocheng-neighbours.example",
            In(20, "09:30"),
            "由從事木作四十年的連師傅示範拆窗、補榫、上護木油，學員可帶一扇自家的窗來。限十二名。",
            venue="台北市大同區 涼州街老屋",
            price="1,800 元含材料",
        ),
        age=3.0,
    ),
    Form(
        "event",
        _event(
            "Online: reading a balance sheet when you are not an accountant",
            "Civic Data School",
            "Rachel Ng",
            "rachel@civic-data.example",
            In(5, "20:00"),
            "Ninety minutes, with the books of a real (and willing) foundation.",
            link="https://civic-data.example/balance",
            price="Free",
        ),
        age=8.8,
        outcome=Status.ACCEPTED,
    ),
    Form(
        "event",
        _event(
            "Crystal healing and wealth manifestation seminar",
            "Golden Aura Group",
            "Master Leo",
            "leo@golden-aura.example",
            In(8, "14:00"),
            "Bring your bank statement. Limited seats!!!",
            venue="Hotel ballroom, to be announced",
            price="NT$12,000",
        ),
        outcome=Status.DECLINED,
        age=9.4,
        notes=('Not for our listings. "Bring your bank statement" might be a story, though.',),
    ),
)
