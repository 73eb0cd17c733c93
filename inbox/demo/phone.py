"""WhatsApp, SMS and RCS threads, and what callers left on the answering machine."""

from inbox.demo.cases import Case, Said, Thread
from inbox.models import Channel, Priority, Status

WHATSAPP, SMS, RCS, VOICE = Channel.WHATSAPP, Channel.SMS, Channel.RCS, Channel.VOICE


def _place(latitude: float, longitude: float, label: str) -> Said:
    where = {"latitude": latitude, "longitude": longitude, "label": label, "address": None}
    return Said("", (), {"location": where}, 3, label)


def _photo(caption: str = "", how_many: int = 1) -> Said:
    return Said(caption, ("image/jpeg",) * how_many, {"message_type": "image"}, 1, "" if caption else "Picture")


def _voice_note() -> Said:
    return Said("", ("audio/ogg",), {"message_type": "audio"}, 2, "Voice note")


def _call(number: str, name: str, transcript: str, **more: object) -> Thread:
    return Thread(VOICE, number, name, (Said(transcript, ("audio/mpeg",)),), **more)  # type: ignore[arg-type]


CASES: tuple[Case, ...] = (
    Thread(
        WHATSAPP,
        "+886900000001",
        "陳大文",
        (
            "你好，我在二十一號道路的橋上",
            "橋面裂開了，縣府派人來拉封鎖線，但下面的機車還在走",
            _photo("剛剛拍的"),
            _photo("從河堤往上看", 2),
            _place(23.9577, 120.9632, "二十一號道路 橋頭"),
            Said("現在警察到了，說要全面封閉。小學放學會經過這裡", minutes=14),
        ),
        age=0.08,
        priority=Priority.HIGH,
        labels=("突發",),
        outcome=Status.OPEN,
        notes=("已聯絡地方記者，二十分鐘內到。照片先請他同意使用。",),
    ),
    Thread(
        WHATSAPP,
        "+447700900123",
        "Maya",
        (
            "Hello, is this the number for story tips?",
            "I teach at an international school here and the management has asked all foreign staff to hand in their residence "
            'cards "for safekeeping" over the holidays.',
            "As far as I know that is not legal. Eleven of us are affected. I would rather not give the name of the school yet.",
            Said("Also happy to talk on the phone, after four.", minutes=9),
        ),
        kind="story_tip",
        age=1.1,
        labels=("Education", "Labour"),
        notes=("Called. She will ask two colleagues whether they would talk too.",),
        outcome=Status.OPEN,
    ),
    Thread(
        WHATSAPP,
        "+886900000002",
        "小芳",
        ("請問昨天那篇捷運延誤賠償的報導，自己買的單程票也可以申請嗎？", "票根已經被收走了😭"),
        outcome=Status.CLOSED,
        age=2.0,
    ),
    Thread(
        WHATSAPP,
        "+886900000003",
        "阿宏",
        (_photo("中山路跟成功路口，紅綠燈全滅，沒有人指揮"), "已經半小時了"),
        kind="photo_video",
        age=0.6,
        labels=("Transport",),
    ),
    Thread(
        WHATSAPP,
        "+12025550123",
        "Rosa",
        (
            "Hi! I read you from Washington. My grandmother's village in Chiayi is in your drought story.",
            "She says the reservoir wall has a new crack, you see it when the water is low. My cousin took this:",
            _photo(),
            _place(23.2861, 120.5106, "Reservoir, west bank"),
            Said("He can show somebody the way if you are going.", minutes=40),
        ),
        age=3.4,
        labels=("Environment",),
        notes=("Reservoir office says the crack is known and monitored since 2019. Asked for the readings.",),
        outcome=Status.ACCEPTED,
    ),
    Thread(
        WHATSAPP,
        "+886900000004",
        "Ming",
        ("早安，昨天寄的新聞稿有收到嗎？", "我們是合歡天文同好會", "想改一下集合時間，六點改成五點半，謝謝！"),
        age=1.8,
        outcome=Status.CLOSED,
    ),
    Thread(
        WHATSAPP,
        "+886900000005",
        "水電阿凱",
        (_voice_note(), "不好意思在開車用錄音的，重點是里長叫大家去領的「防災包」裡面罐頭都過期了", _photo(how_many=3)),
        age=0.9,
        priority=Priority.HIGH,
        labels=("地方",),
        outcome=Status.OPEN,
    ),
    Thread(
        WHATSAPP,
        "+447700900321",
        "Dr Anand",
        (
            "I was quoted in today's piece on dengue. I said cases had doubled since August, not since last August. Could you change it?",
            "It does matter :)",
        ),
        age=0.35,
        labels=("Correction",),
    ),
    Thread(
        WHATSAPP,
        "+886900000006",
        "美食獵人",
        ("你們報的那家牛肉湯我去吃了", "讚啦👍", _photo()),
        outcome=Status.CLOSED,
        age=6.3,
    ),
    Thread(
        WHATSAPP,
        "+61491570156",
        "Bruce",
        ("Is the typhoon coming to Kenting on the weekend or not? Your app says yes and the hotel says no",),
        outcome=Status.CLOSED,
        age=8.7,
    ),
    Thread(
        WHATSAPP,
        "+886900000007",
        "匿名",
        (
            "我在連鎖健身房上班",
            "公司要我們把會員的到期日往後改三天，讓人家來不及在期限內取消",
            "系統截圖在這",
            _photo(how_many=2),
            "拜託不要寫是哪一館",
        ),
        kind="story_tip",
        age=2.5,
        labels=("Consumer", "Investigation"),
        priority=Priority.HIGH,
        notes=("截圖上有員工編號，存檔前先遮。另外找兩位會員比對扣款日。",),
        outcome=Status.OPEN,
    ),
    Thread(
        WHATSAPP,
        "+886900000008",
        "Claire Tung",
        ("Are you sending anybody to the harbour regatta? I have a press boat with one free seat 🚤",),
        age=4.2,
        outcome=Status.DECLINED,
    ),
    Thread(
        WHATSAPP,
        "+886900000009",
        "老吳",
        (_photo("門口這棵老榕樹公所說要鋸掉，樹齡一百三十年"), "下禮拜三動工", "里民連署已經兩百多人"),
        age=1.5,
        labels=("地方", "環境"),
    ),
    Thread(
        WHATSAPP,
        "+12025550144",
        "Jen L.",
        (
            "Do you pay for videos? I have the whole thing with the crane on film, 2 min 40",
            Said("Not posting it anywhere yet. The beginning of it:", ("video/mp4",), minutes=20),
        ),
        kind="photo_video",
        age=0.12,
    ),
    Thread(
        SMS,
        "+12025550101",
        "",
        ("Hi, the footbridge on Canal Road has been closed since Tuesday and nobody has said why. Worth a look?",),
        age=5.4,
        outcome=Status.OPEN,
        labels=("Local",),
    ),
    Thread(
        SMS,
        "+886900000010",
        "",
        ("我是早上打電話的那位，機構的名字我想清楚了可以跟記者講，請下午三點後回電",),
        age=4.9,
        labels=("長照",),
        outcome=Status.OPEN,
    ),
    Thread(
        SMS,
        "+447700900456",
        "",
        ("Your reporter left her umbrella at our stall, the blue one. Stall 41.", "She can come any day before noon"),
        age=2.2,
        outcome=Status.CLOSED,
    ),
    Thread(
        SMS,
        "+886900000011",
        "",
        ("國道三號北上一百二十公里處，貨車翻覆，整路都是柳丁",),
        age=0.3,
        labels=("突發", "Transport"),
        outcome=Status.ACCEPTED,
    ),
    Thread(
        SMS,
        "+12025550166",
        "",
        ("STORY IDEA: why do all the vending machines at the station take only one kind of card now",),
        age=7.2,
    ),
    Thread(
        SMS, "+886900000013", "", ("停水公告說到明天，可是我們這裡已經第四天了 中和景平路", "里長電話打不通"), age=1.0
    ),
    Thread(
        SMS,
        "+447700900789",
        "",
        ("Please call me about the school bus contract. Mornings only.",),
        age=3.7,
        labels=("Procurement",),
        outcome=Status.OPEN,
    ),
    Thread(
        RCS,
        "+12025550177",
        "Lena",
        ("Just saw the press release about the kettle recall. Mine is a K17C, is that one safe?",),
        age=2.8,
        outcome=Status.CLOSED,
    ),
    Thread(RCS, "+886900000014", "阿德", ("公車站牌的即時看板壞一個月了，一直顯示「末班已過」", _photo()), age=4.7),
    _call(
        "+886900000021",
        "",
        "Hello, this is a message for the newsroom. I work at the market on Dihua Street and I would like to talk to somebody about the rents. Please call me back after six.",
        age=1.9,
        labels=("Local",),
    ),
    _call(
        "+886900000022",
        "",
        "喂，你好，我是住在石碇的啦，那個山上的路，颱風之後到現在都沒有人來修，救護車上不來。我七十幾歲了，不會用電腦，所以打電話。拜託你們幫忙報一下。",
        age=3.5,
        priority=Priority.HIGH,
        notes=("已回電，阿伯說路斷在七公里處。請地方記者跑一趟，也問公所工程進度。",),
        labels=("地方",),
        outcome=Status.ACCEPTED,
    ),
    _call(
        "+447700900654",
        "",
        "Good afternoon, this is regarding your article on the harbour tunnel. I was the surveyor in nineteen ninety-eight. There is a second set of drawings. I am in the book under Whitcombe.",
        age=2.3,
        priority=Priority.HIGH,
        labels=("Investigation",),
        notes=("Called back: he has the drawings in his attic.",),
        outcome=Status.OPEN,
    ),
    _call(
        "+886900000023",
        "",
        "我要投訴啦，你們昨天標題寫錯字，「再接再厲」的厲寫成勵志的勵。這樣小孩子會學壞。",
        age=6.8,
        outcome=Status.CLOSED,
    ),
    _call(
        "+12025550188",
        "",
        "Hi, it's the press office of the Formosa Coastal Lines, just checking you got our release and that you saw the embargo. Thanks, bye.",
        age=0.22,
    ),
    _call(
        "+886900000024",
        "",
        "我想請問廣告部門的電話，我們要登一個尋人啟事，我弟弟走失三天了。",
        age=0.5,
        priority=Priority.HIGH,
        notes=("尋人免費刊登，已轉給社會線，也請她先報警。",),
        outcome=Status.OPEN,
    ),
)
