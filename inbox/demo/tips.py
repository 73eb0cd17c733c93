"""Story tips: most without a name, some with a way to ask back."""

from inbox.demo.cases import Case, Form
from inbox.models import Priority, Status


def _tip(body: str, where: str = "", when: str = "", know: str = "unsaid", **values: object) -> dict[str, object]:
    given = {"body": body, "where": where, "when": when, "source_of_knowledge": know}
    return {"may_contact": "no", **given, **values}


CASES: tuple[Case, ...] = (
    Form(
        "story_tip",
        _tip(
            "I work nights at a plating plant in the industrial park. Since May we are told to open the rinse valve after "
            "eleven, when the inspectors have gone home. The water goes into the storm drain, not to the treatment tank. "
            "It is green some nights and it smells of metal. The meter at the official outlet shows nothing, because "
            "nothing goes through it.\n\nI have children and I cannot lose this job. Please do not write which shift.",
            "An industrial park near the mouth of a river in Changhua",
            "Most nights since May, between eleven and two",
            "saw",
            consent=True,
        ),
        files=("drain.jpg", "valve.jpg"),
        age=2.4,
        priority=Priority.HIGH,
        labels=("Investigation", "Environment"),
        notes=(
            "Do not forward this by mail. Pictures have no location in them, I checked.",
            "The county published its samples for this outlet: all clean, all taken before six in the evening.",
        ),
        asks=(
            (
                "Thank you for trusting us. Could somebody see from outside the fence which drain you mean? And does the "
                "valve have a number or a label? Do not take any risk to find out.",
                "Yes. From the cycle path behind the park you see a round concrete outlet with a blue 7 painted on it. The "
                "valve has a tag, I will not write the number here because only four people know it.",
            ),
            (
                "That is enough, and you are right not to write it. We will go there on our own. Look in here again on Friday.",
                None,
            ),
        ),
        outcome=Status.OPEN,
    ),
    Form(
        "story_tip",
        _tip(
            "我是某公立國中的代課老師。學校從上學期開始要求我們在「自願切結書」上簽名，放棄寒暑假期間的鐘點費，"
            "不簽的人下學期就不續聘。我們科室已經有三位老師這樣離開。切結書的範本我有拍下來，但上面有校名，"
            "如果刊出請務必遮掉。我不確定這是一所學校的問題，還是整個縣市都這樣。",
            "中部某縣市",
            "今年二月到現在",
            "documents",
            consent=True,
        ),
        files=("切結書_已遮.jpg",),
        age=3.3,
        labels=("教育", "勞動"),
        notes=("打給兩個縣市的教師工會問過，都說有接過類似申訴。值得做。",),
        asks=(
            (
                "謝謝您願意告訴我們。請問切結書是由校長、人事室還是教務處交給您的？有沒有附上任何公文字號？",
                "是教務處在開學前的會議上發的，說「大家都這樣」。沒有公文字號，當場簽完就收走，所以我只拍到自己那張。",
            ),
        ),
        priority=Priority.HIGH,
        outcome=Status.ACCEPTED,
    ),
    Form(
        "story_tip",
        _tip(
            "The lift inspection stickers in our building (28 floors, about 200 flats) are dated last month, but nobody "
            "inspected anything: two of the lifts have been out of order since summer. The management committee paid "
            "NT$186,000 for it. The company that signed belongs to the chairman's brother-in-law.",
            "Banqiao, near the old sugar warehouse",
            "October",
            "documents",
            may_contact="yes",
            name="A neighbour",
            email="neighbour.28f@mailbox.example",
        ),
        files=("lift-invoice.pdf",),
        labels=("Local",),
        notes=("Company register confirms the name. Ask the city for the inspection record.",),
        age=6.2,
        outcome=Status.OPEN,
    ),
    Form(
        "story_tip",
        _tip(
            "漁港冷凍廠的移工宿舍，一間房睡十四個人，護照都被仲介收走說是「代為保管」。上週有人發燒，仲介說去看醫生要扣一天薪水。"
            "我是船上的翻譯，他們不敢講，我也不方便出面。",
            "宜蘭某漁港",
            "一直都這樣，上週最嚴重",
            "saw",
        ),
        age=1.6,
        labels=("移工", "Investigation"),
        asks=(("謝謝您。請問還有多少人的護照被收走？如果由我們轉介給移工庇護團體，對您或他們會不會有風險？", None),),
        notes=("先跟庇護團體談，確認安全之後再去現場。不要單獨行動。",),
        priority=Priority.HIGH,
        outcome=Status.OPEN,
    ),
    Form(
        "story_tip",
        _tip(
            "A bid for school lunches was opened with the envelopes already unsealed. I was in the room as a parent "
            "representative. The official said it was for scanning. The firm that won was NT$2 per meal under the second.",
            "A town in Yunlin",
            "the second week of this month",
            "saw",
            consent=True,
        ),
        labels=("Procurement",),
        asks=(
            (
                "Were minutes taken, and did anybody object on the record? If you have the tender number, it lets us look "
                "the rest up without you.",
                "Nobody objected. The number is on the public notice for the second semester, lunches, group B.",
            ),
        ),
        age=9.1,
        outcome=Status.ACCEPTED,
    ),
    Form(
        "story_tip",
        _tip(
            "家母在長照機構住了兩年，上個月發現她手上有綁痕，護理長說是「怕她拔管」。我們從來沒有簽過約束同意書。"
            "調病歷時對方說要等三十天。其他家屬私下也說看過一樣的痕跡。",
            "桃園市，機構名稱我想先不寫",
            "十月中至今",
            "saw",
            may_contact="yes",
            name="不願具名的女兒",
            phone="+886 900 000 075",
        ),
        labels=("長照",),
        notes=("已通電話，情緒很激動，約週四當面談。提醒她可以向衛生局申訴，也可以要求調閱約束紀錄。",),
        age=5.5,
        priority=Priority.HIGH,
        outcome=Status.OPEN,
    ),
    Form(
        "story_tip",
        _tip(
            "Our delivery app changed how it counts distance. It used to be the road, now it is the straight line. Same trips, "
            "about a fifth less pay. They say it is a test for some cities but everybody I know has it. Screenshots of one "
            "trip before and after, same shop, same customer.",
            "Kaohsiung",
            "Since the first of the month",
            "documents",
            may_contact="yes",
            name="Rider 4",
            email="rider.four@mailbox.example",
        ),
        files=("trip-before.png", "trip-after.png"),
        labels=("Labour", "Tech"),
        notes=("Three more riders said the same on WhatsApp. Measure five routes ourselves.",),
        age=7.4,
        outcome=Status.ACCEPTED,
    ),
    Form(
        "story_tip",
        _tip(
            "同事把還沒公告的都市計畫變更圖拿給建商看，我親耳聽到他們在茶水間講「先買三十七號那塊」。"
            "那一區下個月才要公展。我手上沒有圖，但土地登記應該查得到最近的移轉。",
            "某市政府都發局",
            "上個月底",
            "told",
        ),
        age=0.9,
        labels=("Investigation",),
        notes=("先調那個街廓半年內的移轉登記，不要打電話到都發局。",),
        outcome=Status.OPEN,
    ),
    Form(
        "story_tip",
        _tip(
            'The mayor\'s "solar roof" on the new sports centre is not connected to anything. I installed the frames. The '
            "inverter was never delivered.",
            "Sports centre, opened in August",
            "",
            "saw",
        ),
        age=0.2,
    ),
    Form(
        "story_tip",
        _tip(
            "巷口的變電箱一直發出嗡嗡聲，晚上特別大聲，台電來看過兩次都說正常，可是里民已經有人睡不著看醫生了。",
            "新店區安坑一帶",
            "入秋以後",
            "saw",
        ),
        labels=("地方",),
        outcome=Status.DECLINED,
        age=10.3,
        notes=("先請他向里辦公處申請量測，有數據再說。",),
    ),
    Form(
        "story_tip",
        _tip(
            "There is a mushroom farm behind the temple where the dogs bark in a strange rhythm. I think it is a signal.",
            "Nantou",
            "",
            "unsaid",
        ),
        outcome=Status.DECLINED,
        age=11.7,
    ),
    Form(
        "story_tip",
        _tip(
            "醫院急診從上週起用「待床證明」把等超過四十八小時的病人改登記成新掛號，統計上就不會超時。值班的都知道，"
            "因為每次改登記家屬就要重繳一次掛號費。",
            "北部某區域級醫院",
            "上週起",
            "saw",
            consent=True,
        ),
        age=0.7,
        priority=Priority.HIGH,
        labels=("醫療",),
    ),
    Form(
        "story_tip",
        _tip(
            "I was a moderator for a livestream shopping company. We had a list of customers, mostly elderly, marked "
            '"buys everything", and hosts got a bonus when one of them came back the same night. Some of them spent their '
            "pension. I left in July. I still have the training slides.",
            "Taichung",
            "Until July",
            "documents",
            may_contact="yes",
            name="K.",
            email="k.former@mailbox.example",
            consent=True,
        ),
        age=4.1,
        labels=("Consumer", "Investigation"),
        notes=("Spoke for an hour. Credible, careful, has slides and a chat export. Lawyer to look at both first.",),
        outcome=Status.ACCEPTED,
    ),
)
