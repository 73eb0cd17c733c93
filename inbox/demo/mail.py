"""E-mails."""

from inbox.demo.cases import Case, Mail
from inbox.models import Status

PDF, JPEG = "application/pdf", "image/jpeg"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

CASES: tuple[Case, ...] = (
    Mail("press_release", "Grace Huang", "press@coastal-lines.example", "Correction to our release: 180 passengers, not 180 tonnes", "Dear colleagues,\n\nin the fact sheet of this morning the capacity stands in the wrong line. The ships carry 180 passengers. The embargo stays as it is.\n\nGrace Huang", (("factsheet-corrected.pdf", PDF),), age=0.28),
    Mail("press_release", "國立海岸博物館 公關組", "pr@coast-museum.example", "【採訪通知】「浪的形狀」特展開幕記者會", "各位媒體先進您好:\n\n本館年度特展「浪的形狀」將舉行開幕記者會,館長與三位駐館藝術家將親自導覽,現場備有媒體專車自高鐵站接駁,請於三日前回覆出席人數。\n\n敬祝 編安", (("採訪通知.pdf", PDF), ("主視覺.jpg", JPEG)), age=2.9, labels=("藝文",), outcome=Status.ACCEPTED),
    Mail("press_release", "Formosa Trail Runners", "media@formosa-trail.example", "Results: 312 finishers at the Snow Ridge 50", "The women's race was decided in the last 400 metres. Full results attached; photographs on request.", (("results.pdf", PDF),), outcome=Status.DECLINED, age=9.2),
    Mail("message", "Frau Dr. Petersen", "petersen@university-north.example", "Quote request: your series on salt-water rice", "For a textbook we would like to quote two paragraphs (enclosed) with full credit. Print run 1,200. Would you let me know by the end of the month?", (("paragraphs.docx", WORD),), age=6.1, outcome=Status.ACCEPTED),
    Mail("story_tip", "R.", "r.8841@securemail.example", "The audit you did not get to see", "You asked the ministry for the audit of the flood fund and got eleven black pages. I have the other version. I will not send it by mail. Tell me how.", age=1.3, labels=("Investigation",), notes=("Answer only with the link to the tip form. Nothing else by mail.",), outcome=Status.OPEN),
    Mail("reader_reply", "曾俊傑", "junjie.tseng@mailbox.example", "關於〈少子化下的幼兒園〉", "編輯您好:\n\n拜讀貴報專題,有一處想補充:文中說準公共幼兒園「全面凍漲」,其實延托費並不在內,我們家兩個孩子這學期延托就多了三千二。建議把各縣市延托費也列出來,家長會很有感。\n\n讀者 曾俊傑 敬上", age=3.3, labels=("教育",), outcome=Status.ACCEPTED),
    Mail("advertising", "Bella Kuo", "bella@northcoast-surf.example", "Rates for a spring campaign?", "Hello, please send us your rate card. We run three surf schools on the north coast and think of NT$20,000 to 30,000 for April and May.", age=1.6, labels=("Quote sent",), outcome=Status.OPEN),
    Mail("advertising", "品冠傳媒 採購", "buy@pinguan-media.example", "代客戶詢問首頁蓋版", "您好,代汽車客戶詢問首頁蓋版廣告兩週之費用、素材規格與可否排他,麻煩盡速提供報價單,謝謝。", age=0.4),
    Mail("event", "Taitung Book Fair", "hello@taitung-books.example", "Programme of the small book fair, three evenings", "Please find the programme below and as a file. Thirty presses, four languages, one stage under a banyan tree. Admission is free.", (("programme.pdf", PDF),), age=4.3, labels=("Listings",), outcome=Status.ACCEPTED),
    Mail("message", "Otto Lindqvist", "otto@archive-north.example", "A letter from 1931 that mentions your founder", "I catalogue the papers of a tea merchant. There is a letter from Tamsui, four pages, in which he complains about a printer who can only be your founder. Scan enclosed.", (("letter-1931.jpg", JPEG),), age=7.5, labels=("History",), notes=("Wonderful. For the anniversary issue.",), outcome=Status.ACCEPTED),
    Mail("photo_video", "蔡明翰", "minghan.tsai@mailbox.example", "龜山島海龜照片投稿", "附上昨天潛水拍到的玳瑁,背甲有被漁線勒過的痕跡,已通報海巡。照片可無償使用,請署名。", (("turtle-01.jpg", JPEG), ("turtle-02.jpg", JPEG)), age=2.0, labels=("環境",), outcome=Status.ACCEPTED),
    Mail("story_tip", "Worried parent", "parent.of.three@mailbox.example", "School trip bus had no seat belts", "The bus for the whole second grade (58 children) came without belts on the rear benches. The school says the law does not apply to \"short trips\". Is that so?", age=5.3, labels=("Education",), outcome=Status.OPEN),
)
