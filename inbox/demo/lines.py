"""The daily small things, one line each: what fills a queue between the stories."""

from collections.abc import Iterator
from itertools import cycle

from inbox.demo.cases import Case, Form, In, Mail, Said, Thread
from inbox.kinds import Money
from inbox.models import Channel

# What readers write from the telephone, one message each.
_SHORT = """
光復路人行道的地磚翹起來，我媽昨天絆倒縫了三針
市場後面的垃圾堆了五天，清潔隊說不是他們的範圍
公園的飲水機寫「維修中」，從五月寫到現在
捷運三號出口電扶梯又停了，輪椅族只能繞到對街
隔壁工地半夜一點還在灌漿，1999 打了四次
我們里的路燈整排不亮，晚上都要開手機走回家
學校旁邊的斑馬線已經看不見了，家長會反映兩年
YouBike 站連續一週零輛，上班族都在排隊等
早餐店老闆免費請消防隊吃早餐，可以採訪他嗎？人很好
夜市入口的排水溝冒白煙，味道很像瓦斯
公車改道沒有貼公告，站牌旁一堆長輩在等
河濱籃球場的燈從上週就沒開，小朋友摸黑打球
社區電梯昨天把我們關了四十分鐘，對講機沒人接
火車站前計程車拒載短程，我有錄音
菜價漲到空心菜一把五十，產地明明沒漲
郵局的號碼機壞掉，變成誰大聲誰先辦
海邊出現一大片像果凍的東西，是水母嗎？
圖書館自習室冷氣開到十八度，大家都穿羽絨衣
請問昨晚的地震報導為什麼寫三級？我們這裡杯子都掉了
廟會放炮到凌晨，狗嚇到跑掉，黃色米克斯，請幫忙
The crossing at the hospital gives you eleven seconds. My father needs thirty.
Somebody painted over the mural on Yong'an Street last night. Was that the city?
Our bus now stops 400 metres from the school. Nobody asked the parents.
There is a queue of two hours at the passport office and one window open
The tap water in our lane has been brown since Sunday
Who decided to cut the banyans along the canal? There was no notice.
They are selling the old cinema. A surveyor told me.
The drone show was cancelled but the road is still closed
A delivery van parks on the tactile paving every single morning
The playground swings were taken away "for repair" in March
Fishing boats are back early and the captains are furious, ask them about quotas
Saw your van at the harbour. Did you get the part with the crane?
Is the story about the stolen temple bell true? My aunt says it was lent.
The airport train has had no heating for a week and it is eleven degrees
Could you explain the new recycling rules? Our building got a fine and nobody knows for what
收到「水費退款」的簡訊要我點連結，看起來很像詐騙，提醒大家
小學門口的家長接送車停三排，救護車開不過去
我家樓下的老樹被綁上紅布條，里長說下週要鋸
昨天的停電公告貼在電線桿上，停電後才看到
農會的肥料漲了三成，資材行說還會再漲
火車便當的排骨越來越薄，有人跟我一樣嗎？
颱風假到底誰決定的，隔一條河就不一樣
長輩打疫苗排了三小時，最後說沒有了
河裡又浮出死魚，這個月第三次
車站的無障礙廁所拿來放掃具
The lifeguard chair at our beach has been empty all weekend
Our landlord charges six a unit for electricity, is that even allowed?
Somebody keeps feeding the macaques at the trailhead and now they open cars
The library van has not come to our village since the summer
Three of us had the same fake parcel message this morning
There is a crack in the sea wall you can put your hand in, by the ice factory
My daughter's class has had nine substitute teachers since September
The new bridge sings when the wind is in the north. Is it meant to?
The bank closed the only cash machine on the island
Please write something about the swallows under the arcade, they are back
Nobody collects the glass any more, we have forty bottles in the hall
Your weather map has Penghu in the wrong place :)
"""

# What callers leave on the answering machine, as the machine wrote it down.
_CALLS = """
喂，我住三樓，對面大樓的水塔一直在漏水，已經流到馬路上，麻煩派人來看，謝謝。
你好，我是計程車司機，機場排班的地方整個下午沒有廁所可以用，大家都很生氣。
我想請問你們昨天報的那個補助，七十歲沒有電腦的人要怎麼申請，請回電。
那個魚塭的事情，我是隔壁的養殖戶，我有看到他們晚上放水，可是我不想講名字。
我媽媽的藥全部缺貨，問了五家藥局都沒有，可以報一下嗎？
剛剛那個地震，我們學校的天花板掉下來，還好沒有人在裡面。
我要找寫米價的那位記者，我是碾米廠的，數字不太對，我可以說明。
山上的吊橋斷了一根鋼索，今天早上還有遊客在走，這個很急。
Hello, it's about the ferry. We have been waiting since seven and nobody at the pier speaks to us.
Good morning. You printed my husband's photograph with another man's name. Please ring me back.
Yes, hi. I clean offices in the tower by the station and they stopped paying us in September.
I am calling from the orchid farm. The power has failed four times this week and the company says it has not.
This is for the weather desk. The wind has taken the roof off the bus shelter at the fish market.
I saw the accident you reported. The light was green for the truck. I would tell that to someone.
"""

# (office, name of its press contact, address, subject, text)
_OFFICES = (
    (
        "Qingshui Farmers' Association",
        "qingshui-farmers.example",
        "Taro festival draws 31,000 visitors in two days",
        "Growers sold 86 tonnes on site. The association thanks four hundred volunteers and the bus company.",
    ),
    (
        "澎南漁會",
        "pengnan-fish.example",
        "白帶魚季開跑 漁會推產地直送",
        "本季首批八百公斤已完成低溫檢測，即日起於漁會網站開放預購，離島免運。",
    ),
    (
        "Northern Rail Passengers' League",
        "rail-passengers.example",
        "Punctuality in October: 87.3 per cent on the coast line",
        "Our volunteers timed 2,604 trains. The table by station is on our site, the method too.",
    ),
    (
        "東港社區大學",
        "donggang-college.example",
        "社區大學春季班招生 五十三門課開放選課",
        "新增「手機防詐」與「越南語入門」兩門課，六十五歲以上學費半價。",
    ),
    (
        "Museum of Everyday Things",
        "everyday-things.example",
        "The museum acquires 4,000 enamel mugs",
        "A collector from Chiayi has left us his life's work. A first choice can be seen from next month.",
    ),
    (
        "苗栗慢城協會",
        "miaoli-slow.example",
        "油桐步道整修完成 假日試辦人車分流",
        "步道鋪面改採透水材質，假日上午九時至下午四時禁止機車進入。",
    ),
    (
        "Taiwan Deaf Theatre",
        "deaf-theatre.example",
        "A King Lear in sign language goes on tour",
        "Twelve towns, from Keelung to Hengchun. Hearing spectators get surtitles.",
    ),
    (
        "高屏牙醫師志工團",
        "dentist-volunteers.example",
        "牙醫志工團入山義診 一年服務九百餘人次",
        "義診團每月一次進入山區部落，明年將增加行動診療車一輛，歡迎媒體隨行採訪。",
    ),
    (
        "Blue Magpie Observatory",
        "blue-magpie.example",
        "A comet for the naked eye, if the sky is clear",
        "Best seen in the west, forty minutes after sunset, until the end of next week. A chart is on our page.",
    ),
    (
        "北投溫泉業者聯誼會",
        "beitou-springs.example",
        "溫泉季首創「泡湯護照」 十八家業者響應",
        "集滿五館可兌換當地特色伴手禮，活動至三月底止。",
    ),
    (
        "Cyclists for Safe Streets",
        "safe-streets.example",
        "Forty-one near misses in an hour: our count at six junctions",
        "We ask the city for a green phase of our own at the worst two. Video and table are free to use.",
    ),
    (
        "後山文化工作隊",
        "houshan-culture.example",
        "縱谷老電影院口述歷史 徵集一百個故事",
        "您在戲院約過會、打過工、看過電影嗎？工作隊將於三月巡迴六鄉鎮收集口述，並出版成冊。",
    ),
    (
        "Sunrise Hospice Foundation",
        "sunrise-hospice.example",
        "Home hospice nurses now reach three mountain townships",
        "Two nurses, one car and a satellite telephone. The first year is paid for by donations.",
    ),
    (
        "台西青年返鄉聯盟",
        "taixi-youth.example",
        "返鄉青年市集 六十攤海口味集合",
        "從蛤蜊餅乾到牡蠣殼磚，返鄉青年用在地素材做創業，週末兩天於台西公有市場展售。",
    ),
    (
        "Formosa Chess Federation",
        "formosa-chess.example",
        "Eleven-year-old from Pingtung wins the open championship",
        "Tseng Yu-an beat two masters on the way. She says that she mostly likes the sandwiches.",
    ),
    (
        "新埔柿餅產業協會",
        "xinpu-persimmon.example",
        "九降風起 柿餅曬場開放參觀",
        "即日起至十二月底，六處曬場開放預約參觀，拍照請勿進入竹篩區。",
    ),
    (
        "Open Court Project",
        "open-court.example",
        "One judgment in nine cannot be found online",
        "We compared the courts' own numbers with their database. The list of gaps is attached to this mail.",
    ),
    (
        "阿里山鄒族茶農合作社",
        "tsou-tea.example",
        "冬茶比賽成績揭曉 特等獎由達邦茶農奪下",
        "本屆參賽一百七十二點，評審讚許整體香氣穩定；頒獎典禮歡迎媒體到場。",
    ),
)

# (title, organiser, venue, price, days from now, time)
_LISTINGS = (
    ("Sunday jazz in the courtyard", "Lane 12 Records", "Tainan, Shennong Street", "NT$300", 5, "15:00"),
    ("社區共煮：一人一菜的晚餐", "安平共好廚房", "台南安平 老鹽倉", "自備一道菜", 8, "18:00"),
    (
        "Lecture: what pollen tells about the last ice age",
        "Society for Old Climates",
        "Taipei, Guting library",
        "Free",
        11,
        "19:00",
    ),
    ("二手書交換日", "板橋讀書會", "新北板橋 湳仔溝公園", "免費", 6, "10:00"),
    ("Beginners' bouldering night for women", "Granite Hall", "Taichung, Xitun", "NT$350 with shoes", 9, "19:00"),
    ("台語詩朗讀會", "咱的詩社", "台中 中區綠川", "自由入場", 13, "19:30"),
    ("Choir seeks basses: open rehearsal", "Harbour Choir", "Keelung, Zhongzheng hall", "Free", 7, "19:00"),
    ("親子手作草仔粿", "客家囝仔工作室", "新竹北埔 老聚落", "每組 450 元", 15, "09:30"),
    ("Board games in three languages", "Dice & Tea", "Taipei, Gongguan", "One drink", 4, "18:00"),
    ("社區老照片數位化日", "鹿谷文史協會", "南投鹿谷 農會二樓", "免費", 16, "09:00"),
    (
        "Night walk: frogs of the rice terraces",
        "Green Valley Guides",
        "Sanzhi, meeting at the school",
        "NT$200",
        10,
        "18:30",
    ),
    ("馬拉松選手分享會：四十歲才開始跑", "風城跑團", "新竹 護城河草坪", "免費", 12, "16:00"),
    ("Second-hand bicycle market", "Spoke", "Kaohsiung, Pier 4", "Free entry", 14, "09:00"),
    ("影像工作坊：用手機拍部落", "山羌影像", "花蓮 萬榮國小", "1,200 元含午餐", 19, "09:00"),
    ("Winter swap of house plants", "Leaf & Root", "Hsinchu, East Gate underpass", "Bring a plant", 18, "11:00"),
    ("長照家屬支持團體", "木棉花關懷站", "高雄左營 關懷據點", "免費，請先報名", 9, "14:00"),
    ("Open day at the tide station", "Coastal Survey Friends", "Suao harbour", "Free", 21, "10:00"),
    ("菜市場走讀：跟阿嬤學挑魚", "東門散步隊", "台北 東門市場", "350 元", 8, "08:00"),
    ("Puppet theatre for adults", "Five Strings Puppets", "Yunlin, Huwei temple square", "NT$250", 22, "19:30"),
    ("黑膠聆聽會：民歌四十年", "轉角唱片行", "嘉義 文化路", "低消一杯", 11, "20:00"),
)

# (company, address, subject, lowest, highest)
_ENQUIRIES = (
    ("Blue Kiln Ceramics", "blue-kiln.example", "Christmas market stall, small banner", 8_000, 12_000),
    ("早安豆漿連鎖", "good-soymilk.example", "新店開幕一週橫幅", 20_000, 30_000),
    ("Nimbus Umbrellas", "nimbus-umbrellas.example", "Weather page, rainy season", 60_000, 90_000),
    ("綠點家教平台", "green-dot-tutors.example", "寒假班招生 教育版露出", 40_000, 60_000),
    ("Island Hop Rentals", "island-hop.example", "Newsletter placement for e-scooters", 15_000, 25_000),
    ("鴻運旅行社", "hongyun-travel.example", "北海道賞雪團 贊助文章", 80_000, 120_000),
    ("Slow Bread Bakery", "slow-bread.example", "We would like to sponsor the food column", 30_000, 45_000),
    ("安心保全", "anxin-guard.example", "居家保全系列短影音", 150_000, 200_000),
    ("Kite & Co Toys", "kite-toys.example", "Children's page before New Year", 25_000, 35_000),
    ("永和樂器行", "yonghe-music.example", "鋼琴出租 社群貼文三則", 9_000, 15_000),
    ("Straits Insurance Brokers", "straits-brokers.example", "Video pre-roll, twelve weeks", 250_000, 400_000),
    ("山嵐民宿聯盟", "mountain-mist.example", "平日住房專案 旅遊版橫幅", 35_000, 50_000),
    ("Second Wind Clinic", "second-wind.example", "Sleep apnoea awareness month", 50_000, 70_000),
    ("好日子婚禮顧問", "good-day-weddings.example", "婚禮博覽會活動宣傳", 45_000, 65_000),
    ("Parallel Bookshop", "parallel-books.example", "Author evening, event promotion", 6_000, 9_000),
    ("海線鐵馬租借", "coast-bikes.example", "單車日橫幅兩週", 18_000, 24_000),
)

# (story, text)
_REPLIES = (
    ("metro-fares", "Your graph starts at 60 per cent, which makes a small change look like a cliff."),
    ("metro-fares", "通勤族說一句：漲五塊可以，先把班距縮短。"),
    ("rice-prices", "My brother farms. He gets none of the rise you write about."),
    ("old-trees", "文中的樟樹其實是茄苳，葉子三片一組，請更正。"),
    ("museum-free-days", "Free days are crowded days. Make the evenings free instead."),
    ("long-term-care", "居服員一天跑六家，交通時間都不算薪水，這才是留不住人的原因。"),
    ("tide-pools", "Lovely pictures. Please do not name the place next time; last weekend there were forty cars."),
    ("school-lunch", "營養師在此，一餐五十八元真的做不出文中那份菜單。"),
    ("night-buses", "The night bus you call empty is full at four, with cleaners. Ride it once."),
    ("dog-parks", "狗公園不是用來丟垃圾的，建議你們拍拍週一早上的樣子。"),
    ("street-names", "There are three spellings of my street on three signs. Thank you for finally asking why."),
    ("veterans-village", "謝謝你們寫眷村的湖南臘肉，家父看了很久。"),
    ("chip-water", "The tonne figures are per day, not per month. It matters by a factor of thirty."),
    ("single-parents", "單親爸爸也是單親，整篇只訪問媽媽。"),
    ("e-scooters", "I am 71 and ride one. Come and film that."),
    ("temple-air", "香爐減量之後，廟裡的貓都回來了，真的。"),
    ("rent-subsidy", "Nobody mentions that the landlord has to agree. Mine did not."),
    ("coral", "第三段的水溫單位是不是寫成華氏了？"),
    ("indigenous-names", "Thank you for printing our names the way we write them."),
    ("fire-inspections", "我是消防志工，你們漏了一點：違建擋住的是整條巷子的水線。"),
    ("remote-schools", "The teacher in your picture is my niece, and she has never been so proud."),
    ("noise-map", "地圖很好用，但學校周邊可以加上下課時間嗎？"),
    ("pension-reform", "Disagree with every word and enjoyed every word."),
    ("traffic-cameras", "測速桿前五十公尺才有牌子，這樣叫宣導還是叫埋伏？"),
)

# (what it shows, where)
_PICTURES = (
    ("Rainbow over the wind farm, double at the left end.", "Changhua coast"),
    ("清晨五點的果菜市場，搬貨大哥在喝第一碗湯。", "台北 萬華"),
    ("A crested serpent eagle on our balcony, for eleven minutes.", "Xindian"),
    ("里民自己把被沖壞的小橋鋪回來。", "苗栗 南庄"),
    ("Graduation of the night school: oldest pupil 82.", "Fengshan"),
    ("雲瀑從大崙山流下來，等了三個早上。", "南投 鹿谷"),
    ("Queue for the last day of the old ticket office.", "Tainan station"),
    ("小琉球海灘上的膠粒，一手就是一把。", "屏東 小琉球"),
    ("Lanterns being tested before the festival.", "Pingxi"),
    ("百年茄苳樹下的里民大會。", "雲林 北港"),
    ("The barber who cuts hair on the ferry.", "between Dongliu and Liuqiu"),
    ("柿子曬場的橘色海，用手機拍的。", "新竹 新埔"),
    ("Road sign with three different names for one bridge.", "Yilan"),
    ("停電那晚整條街點蠟燭繼續賣麵。", "嘉義 文化路"),
)

# (subject, text)
_LETTERS = (
    ("Crossword", "Seven down was not a fish in my dictionary."),
    ("訂閱發票", "請問可以開三聯式發票嗎？統編可以補填嗎？"),
    ("A word of praise", "The reporter who stayed in the village after the flood did more than the cameras."),
    ("想當志工", "退休後有時間，想問社區新聞志工怎麼報名。"),
    (
        "Accessibility",
        "Your photo galleries have no descriptions. I am blind and would like to know what everyone talks about.",
    ),
    ("App 登入", "換手機之後一直要我重新驗證，驗證信又收不到。"),
    ("Old issues", "Is there a reading room where one can see the papers of 1958?"),
    ("廣告太多", "一篇文章跳三次廣告，手機都發燙，我有付費耶。"),
    ("Spelling", "It is “Taitung”, not “Taidong”, on the weather page. Every day."),
    ("採訪邀請", "我們社團做口述歷史十年了，想邀請記者來座談，可付車馬費。"),
    ("Weather by SMS?", "My parents have a phone without internet. Do you still send the forecast as a text message?"),
    ("更正電話", "貴報黃頁上我們診所的電話是舊的，每天都有人打到別人家。"),
    ("Recording of the debate", "May our school show it in class? We would say where it is from."),
    ("找一篇舊文章", "大約民國九十七年，寫蘭嶼老人造船，有一張黑白照片，請問標題？"),
    ("Comments", "Please bring the comments back, with real names. I miss arguing with my neighbours."),
    ("捐款", "想以家母的名義捐一筆錢給調查報導，請問有收據嗎？"),
    ("Job advertisement", "The opening for a night editor says “young and dynamic”. Is one of the two enough?"),
    ("電視節目表", "週日的節目表印成上週的了。"),
)


def _numbers() -> Iterator[str]:
    """Numbers that nobody else of the made-up writers has."""
    for n in range(30, 99):
        yield f"+8869000000{n}"
        yield f"+447700900{n + 500}"


def _by_phone() -> Iterator[Case]:
    numbers = _numbers()
    channels = cycle((Channel.WHATSAPP, Channel.WHATSAPP, Channel.SMS))
    for text, channel in zip(_SHORT.strip().splitlines(), channels, strict=False):
        yield Thread(channel, next(numbers), "", (text,))
    for transcript in _CALLS.strip().splitlines():
        yield Thread(Channel.VOICE, next(numbers), "", (Said(transcript, ("audio/mpeg",)),))


def _by_mail() -> Iterator[Case]:
    for office, domain, subject, text in _OFFICES:
        yield Mail("press_release", office, f"press@{domain}", subject, text)


def _by_form() -> Iterator[Case]:
    for title, organiser, venue, price, days, clock in _LISTINGS:
        values = {
            "venue": venue,
            "price": price,
            "starts_at": In(days, clock),
            "body": f"{title}。{venue}，{price}。" if _is_chinese(title) else f"{title}. {venue}, {price}.",
        }
        yield _form("event", title, organiser, values)
    for company, domain, subject, low, high in _ENQUIRIES:
        values = {"format": "unsure", "budget": Money(low, high, "TWD"), "email": f"hello@{domain}"}
        yield _form("advertising", subject, company, values)
    for story, text in _REPLIES:
        yield Form(
            "reader_reply",
            {"article_url": f"https://news.newsroom.example/2026/{story}", "body": text, "consent": True},
        )
    for number, (caption, place) in enumerate(_PICTURES):
        values = {"body": caption, "where": place, "taken_by": "me", "consent": True}
        yield Form("photo_video", values, (f"IMG_{3100 + 7 * number}.jpg",))
    for subject, text in _LETTERS:
        yield Form("message", {"subject": subject, "body": text, "consent": True})


def _form(kind: str, subject: str, organisation: str, values: dict[str, object]) -> Form:
    given = {"subject": subject, "organisation": organisation, "name": organisation, "consent": True}
    return Form(kind, {"email": "hello@mailbox.example", **given, **values})


def _is_chinese(text: str) -> bool:
    return any("\u4e00" <= character <= "\u9fff" for character in text)


CASES: tuple[Case, ...] = (*_by_phone(), *_by_mail(), *_by_form())
