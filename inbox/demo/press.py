"""Press releases."""

from inbox.demo.cases import Case, Form, In
from inbox.models import Priority, Status


def _release(subject: str, organisation: str, name: str, email: str, body: str, **values: object) -> dict[str, object]:
    given = {"subject": subject, "organisation": organisation, "name": name, "email": email, "body": body}
    return {"embargo": "none", "consent": True, **given, **values}


CASES: tuple[Case, ...] = (
    Form(
        "press_release",
        _release(
            "Lanyu ferry to sail with two electric ships from spring",
            "Formosa Coastal Lines",
            "Grace Huang",
            "press@coastal-lines.example",
            "Formosa Coastal Lines will put two battery-electric ferries on the route between Taitung and Lanyu. "
            "The ships carry 180 passengers each and charge in 40 minutes while unloading.\n\n"
            "“The island has asked us for quieter ships for years,” says managing director Lo Wen-chi. Fares stay as they "
            "are until the end of next year; residents keep their discount.\n\n"
            "Photographs of the first hull and a fact sheet are attached. Interviews can be arranged on the quay.",
            phone="+886 900 000 071",
            dateline="Taitung",
            website="https://coastal-lines.example/electric",
            embargo="hold",
            embargo_until=In(2, "10:00"),
        ),
        files=("electric-ferry-factsheet.pdf", "hull-at-yard.jpg"),
        age=0.3,
        labels=("Transport", "Embargo"),
        notes=("Good picture. Ask whether the charging station already has its permit before we run this.",),
        outcome=Status.OPEN,
    ),
    Form(
        "press_release",
        _release(
            "島嶼半導體宣布於台南設立先進封裝研發中心",
            "島嶼半導體股份有限公司",
            "周雅婷",
            "pr@island-semi.example",
            "島嶼半導體今日宣布，將投資新台幣四十二億元，在台南設立先進封裝研發中心，預計明年第三季啟用，"
            "初期招募研發及製程工程師約三百人。\n\n"
            "公司表示，新中心將採用再生水並設置屋頂型太陽能，用水回收率目標為百分之八十五。"
            "董事長許志明指出：「封裝已經不是後段，而是決定效能的前線。」\n\n"
            "本新聞稿禁止於解禁時間前發布。法人說明會後另備有執行長專訪時段，請洽媒體聯絡人。",
            dateline="台南",
            embargo="hold",
            embargo_until=In(1, "14:30"),
            website="https://island-semi.example/news",
        ),
        files=("新聞稿_先進封裝研發中心.pdf",),
        age=0.6,
        labels=("財經", "Embargo"),
        notes=("解禁前先跟財經組對一下金額，去年法說會講的是三十八億。",),
        priority=Priority.HIGH,
        outcome=Status.OPEN,
    ),
    Form(
        "press_release",
        _release(
            "Survey: six in ten tenants in Greater Taipei have no written lease",
            "Housing Rights Watch Taiwan",
            "Amber Lai",
            "media@housing-watch.example",
            "Of 2,140 tenants we asked between August and October, 61 per cent rent without a written lease or with one "
            "they were never given a copy of. Among people under thirty the share is 68 per cent.\n\n"
            "The report, the questionnaire and the anonymised data are free to use with attribution. "
            "Our spokeswoman is available in Mandarin, Taiwanese and English.",
            dateline="Taipei",
            embargo="hold",
            embargo_until=In(-3, "09:00"),
            website="https://housing-watch.example/leases",
        ),
        files=("tenant-survey-report.pdf", "chart-leases.png"),
        age=5.2,
        labels=("Housing",),
        notes=("Method looks sound, weighting is explained on page 9. I would run it with our own reader call-out.",),
        outcome=Status.ACCEPTED,
    ),
    Form(
        "press_release",
        _release(
            "蘭陽平原冬季水鳥普查 志工記錄到一百零三種",
            "宜蘭濕地之友會",
            "簡文德",
            "hello@lanyang-wetland.example",
            "宜蘭濕地之友會上週末動員八十六位志工，完成今年冬季水鳥普查，共記錄到一百零三種、一萬四千餘隻次，"
            "其中黑面琵鷺二十七隻，為近五年同期最多。\n\n"
            "協會同時提醒，部分休耕田近期出現填土情形，水鳥可利用的棲地正逐年減少。完整名錄可於網站下載，"
            "附件照片由志工拍攝，歡迎註明出處後使用。",
            dateline="宜蘭",
            website="https://lanyang-wetland.example",
        ),
        files=("水鳥普查名錄.pdf", "黑面琵鷺群.jpg"),
        labels=("環境",),
        outcome=Status.ACCEPTED,
        age=8.4,
    ),
    Form(
        "press_release",
        _release(
            "Night-shift nurses' union calls for two nurses on every ward after midnight",
            "Taiwan Union of Night-shift Nurses",
            "Hsu Min-jung",
            "contact@night-nurses.example",
            "One nurse for thirty-one patients: that is what our members report from eleven of the forty hospitals in our "
            "survey. On Wednesday we hand 18,000 signatures to the legislature's health committee and will speak to the "
            "press on the steps at half past nine.",
            phone="+886 900 000 072",
            dateline="Taipei",
        ),
        labels=("Health",),
        notes=("Send somebody to the steps. Daniel knows two of the hospitals.",),
    ),
    Form(
        "press_release",
        _release(
            "台中綠園道書店串聯 二十三家獨立書店聯手推「走讀護照」",
            "台中獨立書店聯盟",
            "蔡孟儒",
            "bookshops@taichung-indie.example",
            "即日起至明年元宵，讀者持「走讀護照」在任三家參與書店集滿章，即可兌換限量藏書票。"
            "活動串聯二十三家獨立書店，並安排十二場作家散步，由在地作家帶路，從第二市場一路走到審計新村。"
            "護照每本一百二十元，所得全數捐作偏鄉圖書車油料費。",
            dateline="台中",
        ),
        files=("走讀護照主視覺.png",),
        labels=("藝文",),
    ),
    Form(
        "press_release",
        _release(
            "Recall: Sunny Kettle 1.7 l, models K17A and K17B",
            "Sunny Home Appliances",
            "Customer safety team",
            "safety@sunny-home.example",
            "The handle of these kettles can come loose when they are full. Eleven cases are known, two people had minor burns. "
            "Please stop using the kettle, look for the model under the base, and bring it to any shop that sells our goods; "
            "you get your money back without a receipt. About 9,300 were sold in Taiwan.",
            dateline="New Taipei",
            phone="+886 900 000 073",
        ),
        files=("recall-notice.pdf",),
        labels=("Consumer",),
        priority=Priority.HIGH,
        notes=("Checked with the ministry's recall page: it is listed. Short item today.",),
        outcome=Status.ACCEPTED,
        age=3.1,
    ),
    Form(
        "press_release",
        _release(
            "新創團隊「聽見」推出長者防詐通話小幫手",
            "聽見科技有限公司",
            "Kevin Lo",
            "hi@tingjian.example",
            "「聽見」在手機上即時辨識常見詐騙話術，偵測到「操作 ATM」、「監管帳戶」等關鍵語句時會以長輩熟悉的聲音提醒。"
            "語音辨識全程在裝置端進行，不上傳通話內容。產品自下月起於三縣市社區據點免費試用，名額五百位。",
            dateline="新竹",
            website="https://tingjian.example",
        ),
        files=("產品說明.pdf",),
        notes=("要實測過再說，先借一支來試。「全程在裝置端」這句要求證。",),
        labels=("科技",),
        outcome=Status.OPEN,
        age=2.2,
    ),
    Form(
        "press_release",
        _release(
            "Orchestra of the Strait names Lin Tzu-han as its first woman principal conductor",
            "Orchestra of the Strait",
            "Felicity Moran",
            "press@strait-orchestra.example",
            "Lin Tzu-han, 38, takes over in September for four seasons. She studied in Taipei and Leipzig and was assistant "
            "conductor here until 2021. Her first programme brings two new works by Taiwanese composers.",
            embargo="hold",
            embargo_until=In(5, "18:00"),
            dateline="Kaohsiung",
        ),
        files=("lin-tzu-han-portrait.jpg",),
        age=1.1,
        labels=("Culture", "Embargo"),
        outcome=Status.OPEN,
    ),
    Form(
        "press_release",
        _release(
            "花蓮溪口堤防災後修復工程 月底前恢復自行車道通行",
            "洄瀾河川工程處",
            "承辦人 葉先生",
            "service@huilan-river.example",
            "花蓮溪口堤防第三期災後修復工程已完成八成，本處預計於月底前開放自行車道。施工期間請用路人依現場指示改道，"
            "並留意重型機具進出。",
            dateline="花蓮",
        ),
    ),
    Form(
        "press_release",
        _release(
            "Guava growers: prices at the farm gate have halved since September",
            "Yanchao Guava Growers' Cooperative",
            "Tsai Jui-lin",
            "coop@yanchao-guava.example",
            "Our 212 members now get NT$14 a kilogram, in September it was NT$29. In the supermarkets in Taipei the same fruit "
            "costs what it did. We invite the press to an orchard to see what is left hanging, any morning this week before nine.",
            dateline="Kaohsiung",
            phone="+886 900 000 074",
        ),
        files=("price-table.pdf", "orchard.jpg"),
        labels=("Farming",),
        notes=("Worth a trip. The gap between farm gate and shop is the story, not the fall.",),
        age=4.5,
        outcome=Status.OPEN,
    ),
    Form(
        "press_release",
        _release(
            "全台最大床墊品牌週年慶 最低三折起",
            "夢鄉寢具",
            "行銷部",
            "marketing@dream-bedding.example",
            "夢鄉寢具歡慶三十週年，即日起全品項三折起，再抽日本來回機票！懇請貴社協助露出，圖檔可直接使用。",
        ),
        notes=("這是廣告，請他們改填廣告詢問。",),
        outcome=Status.DECLINED,
        age=6.6,
    ),
)
