//! Short help for each role: what one comes for most, step by step.

use askama::Template;
use axum::extract::{Path, State};
use kernel::error::common;
use kernel::{Actor, Role};
use ui::{Answer, App, Req, Shell};

/// A text in both languages.
type Pair = (&'static str, &'static str);

/// Whom a topic is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum For {
    Volunteers,
    Leaders,
    Stations,
    Offices,
    Admins,
    System,
}

impl For {
    const ALL: [Self; 6] =
        [Self::Volunteers, Self::Leaders, Self::Stations, Self::Offices, Self::Admins, Self::System];

    const fn name(self) -> Pair {
        match self {
            Self::Volunteers => ("志愿者", "Volunteers"),
            Self::Leaders => ("队长和联络员", "Team leaders"),
            Self::Stations => ("站点工作人员", "Station staff"),
            Self::Offices => ("市级办公室", "City office"),
            Self::Admins => ("三类管理员", "Administrators"),
            Self::System => ("系统管理员", "System administrator"),
        }
    }

    /// Whether the actor can do it: volunteers' topics are for visitors as well, not for staff who are no
    /// person of the city.
    fn fits(self, actor: &Actor) -> bool {
        match self {
            Self::Volunteers => !actor.signed_in() || actor.person.is_some(),
            Self::Leaders => actor.is(Role::Leader),
            Self::Stations => actor.is(Role::Station),
            Self::Offices => actor.is(Role::Office),
            Self::System => actor.is(Role::System),
            Self::Admins => actor.grants.iter().any(|grant| grant.role.is_admin()),
        }
    }
}

struct Topic {
    code: &'static str,
    to: For,
    title: Pair,
    steps: &'static [Pair],
    /// Where one does it.
    href: &'static str,
    action: Pair,
}

const fn topic(
    code: &'static str,
    to: For,
    title: Pair,
    steps: &'static [Pair],
    href: &'static str,
    action: Pair,
) -> Topic {
    Topic { code, to, title, steps, href, action }
}

const TOPICS: &[Topic] = &[
    topic(
        "register",
        For::Volunteers,
        ("怎样成为志愿者", "Become a volunteer"),
        &[
            (
                "点“注册志愿者”，填手机号，再填收到的验证码。",
                "Press “Register”, enter your phone number and the code you receive.",
            ),
            (
                "填姓名和证件，选您所在的社区。证件号码加密保存，只用来确认是您本人。",
                "Enter your name and document and choose your community. The number is kept encrypted and only shows that it is you.",
            ),
            (
                "完成后得到志愿者编号和会员卡。家人可以共用一个手机号。",
                "You get a volunteer number and a member card. A family may share one phone number.",
            ),
            (
                "不方便自己登记？请到社区或站点，工作人员当面帮您办。",
                "Would you rather not do it yourself? Staff at the community or station register you.",
            ),
        ],
        "/register",
        ("注册志愿者", "Register"),
    ),
    topic(
        "sign-in",
        For::Volunteers,
        ("怎样登录", "Sign in"),
        &[
            (
                "点右上角“登录”，填登记时留的手机号，再填验证码。",
                "Press “Sign in” at the top, enter the number you registered with, then the code.",
            ),
            (
                "没有手机？用站点打印的纸条：输入 10 位编码，每张用一次。",
                "No phone? Use a slip printed by the station: enter its ten characters; each works once.",
            ),
            (
                "看到“您是哪一位”时，选自己的名字；不是您就点“这不是我”。",
                "When asked who you are, choose your own name; if it is not you, press “not me”.",
            ),
        ],
        "/sign-in",
        ("登录", "Sign in"),
    ),
    topic(
        "join",
        For::Volunteers,
        ("怎样报名活动", "Sign up for an activity"),
        &[
            (
                "在“活动”里找：可按社区、类别、时间筛选。",
                "Look under “Activities”: filter by community, category and time.",
            ),
            (
                "点开活动，看清时间、地点、要求和风险，点“报名”。",
                "Open one, read time, place, conditions and risks, and press “Sign up”.",
            ),
            (
                "去不了请尽早在“我的日程”取消，把名额让给别人。",
                "If you cannot come, cancel in “My schedule” early, so that somebody else can go.",
            ),
        ],
        "/activities",
        ("看活动", "Activities"),
    ),
    topic(
        "check-in",
        For::Volunteers,
        ("怎样签到", "Check in"),
        &[
            (
                "到现场后打开“签到”，扫队长手机上的二维码，或输入下面的数字。",
                "On the spot open “Check in” and scan the code on the leader's phone, or type the digits under it.",
            ),
            (
                "二维码 30 秒一换，截图没有用。",
                "The code changes every 30 seconds; a picture of it is of no use.",
            ),
            (
                "没带手机：请队长扫您的会员卡，或在点名表上给您签到。",
                "No phone with you: the leader scans your member card or ticks you in the roll-call.",
            ),
            ("结束时同样签退一次，时长由系统计算。", "Check out the same way; the system computes the time."),
        ],
        "/check-in",
        ("去签到", "Check in"),
    ),
    topic(
        "hours",
        For::Volunteers,
        ("怎样看我的时长", "See your hours"),
        &[
            (
                "活动结束后由队长提交、站点确认，确认后计入您的时长。",
                "After the activity the leader submits and the station confirms; then they count.",
            ),
            ("在“我的时长”里能看到每一条在哪一步。", "“My hours” shows where each record stands."),
            (
                "有出入请联系队长或站点更正；时长不会被悄悄删除，作废会写明理由。",
                "If something is wrong, ask the leader or station; nothing is removed silently, a void record says why.",
            ),
        ],
        "/me/hours",
        ("我的时长", "My hours"),
    ),
    topic(
        "plan",
        For::Leaders,
        ("怎样发起活动", "Plan an activity"),
        &[
            (
                "在“活动管理”里新建：写清时间、地点、名额、内容和风险。",
                "Create it under “Manage”: time, place, places, what is done, and the risks.",
            ),
            (
                "可分岗位，每个岗位有自己的名额和要求。",
                "Split it into posts with their own places and conditions where needed.",
            ),
            (
                "发布前核对排除事项的声明；发布后所有人可见并可报名。",
                "Check the declaration before publishing; then everybody sees it and can sign up.",
            ),
        ],
        "/manage",
        ("活动管理", "Manage"),
    ),
    topic(
        "roll-call",
        For::Leaders,
        ("活动当天怎样点名", "On the day"),
        &[
            (
                "打开场次的“签到码”，把屏幕给大家扫。",
                "Open the session's code and let people scan your screen.",
            ),
            (
                "没带手机的人在“点名”里直接勾选；临时来的人可当场登记。",
                "Tick those without a phone in the roll-call; somebody new can be registered on the spot.",
            ),
            (
                "结束后点“结束场次”，核对时长后提交给站点。",
                "Afterwards close the session, check the times and submit them to the station.",
            ),
        ],
        "/manage",
        ("活动管理", "Manage"),
    ),
    topic(
        "desk",
        For::Stations,
        ("怎样登记志愿者、打印纸条", "Register people and print slips"),
        &[
            (
                "在“志愿者”里点“登记”，本人在场并同意后填写。",
                "Under “Volunteers” press “Register”, with the person present and agreeing.",
            ),
            (
                "名册导入的人待本人认领：给他打印纸条，或用手机验证码认领。",
                "People of a roster claim themselves: print a slip, or let them use a phone code.",
            ),
            (
                "查看完整证件号码会写入审计日志，只在需要时查看。",
                "Looking at a full document number is noted in the audit log; do it only when needed.",
            ),
        ],
        "/people",
        ("志愿者", "Volunteers"),
    ),
    topic(
        "roster",
        For::Stations,
        ("怎样导入名册", "Import a roster"),
        &[
            (
                "在“名册导入”上传 Excel 或 CSV，列的顺序不限。",
                "Upload Excel or CSV under “Roster import”; columns may stand in any order.",
            ),
            (
                "核对每一列的含义，看预览：哪些新增、哪些已有、哪些被拒绝和原因。",
                "Check what each column means and read the preview: new, known, refused and why.",
            ),
            (
                "点“发布”才生效；之前随时可取消，不会留下一半。",
                "It takes effect when you publish; until then cancel at any time, nothing is half-done.",
            ),
        ],
        "/import",
        ("名册导入", "Roster import"),
    ),
    topic(
        "confirm",
        For::Stations,
        ("怎样确认时长", "Confirm hours"),
        &[
            (
                "在“时长确认”里逐场核对：人、时间、签到方式。",
                "Check session by session under “Records”: who, when, how they checked in.",
            ),
            (
                "有问题的退回并写明原因，其余确认。",
                "Return what is wrong with a reason and confirm the rest.",
            ),
            (
                "请在活动结束后 10 个工作日内完成（《志愿服务记录与证明出具办法》第十一条）。",
                "Do it within ten working days after the activity (Order 67, Article 11).",
            ),
        ],
        "/records",
        ("时长确认", "Records"),
    ),
    topic(
        "export",
        For::Stations,
        ("怎样导出名单", "Export a list"),
        &[
            (
                "在列表上先筛选，再点“导出表格”，导出的就是您看到的内容。",
                "Filter the list and press “Export”: the file holds what you see.",
            ),
            (
                "距上次验证超过 10 分钟，会请您再输一次密码或验证码。",
                "If the last check is older than 10 minutes you prove once more that it is you.",
            ),
            (
                "人数较多时要写明用途，由第二个人批准，24 小时内可下载一次。",
                "A large list needs its purpose and a second person's approval; download it once within 24 hours.",
            ),
            (
                "每次导出都写入审计日志。用完请删除文件。",
                "Every export is in the audit log. Delete the file when you are done.",
            ),
        ],
        "/exports",
        ("导出申请", "Export requests"),
    ),
    topic(
        "monday",
        For::Offices,
        ("周一例会看什么", "For the Monday meeting"),
        &[
            (
                "“看板”列出本周的服务、未确认的时长、没有活动的队伍和站点覆盖。",
                "The dashboard shows the week's service, what waits for confirmation, idle teams and coverage.",
            ),
            (
                "每个数字都能点开看到明细，“指标说明”写明怎么算。",
                "Every figure opens its rows; the dictionary says how it is counted.",
            ),
            (
                "排行可按人、队伍、社区和时间段查看并导出。",
                "Rankings can be read by person, team, community and period, and exported.",
            ),
        ],
        "/dashboard",
        ("看板", "Dashboard"),
    ),
    topic(
        "three-admins",
        For::Admins,
        ("三类管理员各管什么", "Who administers what"),
        &[
            (
                "系统管理员：账号、备份、设置；看不到志愿者档案。",
                "System: accounts, backups, settings; no personal files.",
            ),
            (
                "安全管理员：谁有什么角色；批准较大的导出；重置二次验证。",
                "Security: who holds which role; approves large exports; resets second factors.",
            ),
            (
                "审计管理员：只读审计日志，可核对它没有被改动。",
                "Audit: reads the audit log and can check that nobody changed it.",
            ),
            (
                "三者互斥。不齐全时不能导出个人信息。",
                "The three exclude each other. Until all are held, no personal data leaves.",
            ),
        ],
        "/",
        ("首页", "Home"),
    ),
    topic(
        "second-factor",
        For::Admins,
        ("怎样设置二次验证", "Set up a second factor"),
        &[
            (
                "手机上装一个验证器应用（不需要网络）。",
                "Install an authenticator on your phone (it needs no network).",
            ),
            (
                "在“我的登录”里点“二次验证”，扫码并填写 6 位数字。",
                "In “My sessions” open “Second factor”, scan the code and enter the six digits.",
            ),
            (
                "把 10 个恢复码打印或抄下，放在安全的地方。",
                "Print or write down the ten recovery codes and keep them safe.",
            ),
            (
                "手机丢了：用恢复码登录，或请安全管理员重置。",
                "Phone lost: sign in with a recovery code, or ask the security administrator.",
            ),
        ],
        "/me/second-factor",
        ("二次验证", "Second factor"),
    ),
    topic(
        "backup",
        For::System,
        ("怎样备份和恢复", "Back up and restore"),
        &[
            (
                "运维在配置中写明 backup_to，之后每天自动备份；“备份”页能看到结果，也能马上做一份。",
                "With backup_to set, a backup is made every day; the page “Backups” shows them and makes one at once.",
            ),
            (
                "备份是加密的。密钥文件不在其中，请另存一份，放在别处。",
                "Backups are encrypted. The key file is not inside: keep a copy elsewhere.",
            ),
            (
                "恢复用 linli restore，只能恢复到空的地方。请定期试一次。",
                "linli restore puts one back into an empty place. Try it regularly.",
            ),
        ],
        "/backups",
        ("备份", "Backups"),
    ),
];

struct Group {
    name: &'static str,
    mine: bool,
    links: Vec<(&'static str, &'static str)>,
}

#[derive(Template)]
#[template(path = "home/help.html")]
struct HelpPage {
    shell: Shell,
    groups: Vec<Group>,
}

/// `GET /help`: the topics, one's own first.
pub async fn index(State(app): State<App>, req: Req) -> Answer {
    let a = app.clone();
    app.page(req, move |_, req, actor| {
        let lang = req.lang;
        let mut groups: Vec<Group> = For::ALL
            .into_iter()
            .map(|to| Group {
                name: lang.t(to.name().0, to.name().1),
                mine: to != For::Volunteers && to.fits(actor),
                links: TOPICS
                    .iter()
                    .filter(|one| one.to == to)
                    .map(|one| (one.code, lang.t(one.title.0, one.title.1)))
                    .collect(),
            })
            .collect();
        groups.sort_by_key(|group| !group.mine);
        ui::answer::html(&a, req, &HelpPage { shell: a.shell(req, actor, lang.t("帮助", "Help")), groups })
    })
    .await
}

#[derive(Template)]
#[template(path = "home/topic.html")]
struct TopicPage {
    shell: Shell,
    title: &'static str,
    who: &'static str,
    steps: Vec<&'static str>,
    href: &'static str,
    action: &'static str,
    mine: bool,
}

/// `GET /help/{topic}`.
pub async fn topic_page(State(app): State<App>, req: Req, Path(code): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |_, req, actor| {
        let lang = req.lang;
        let one = TOPICS.iter().find(|one| one.code == code).ok_or(&common::NOT_FOUND)?;
        let title = lang.t(one.title.0, one.title.1);
        let page = TopicPage {
            shell: a.shell(req, actor, title),
            title,
            who: lang.t(one.to.name().0, one.to.name().1),
            steps: one.steps.iter().map(|(zh, en)| lang.t(zh, en)).collect(),
            href: one.href,
            action: lang.t(one.action.0, one.action.1),
            mine: one.to.fits(actor),
        };
        ui::answer::html(&a, req, &page)
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_has_topics_and_every_topic_has_both_languages() {
        let mut codes = std::collections::BTreeSet::new();
        for one in TOPICS {
            assert!(codes.insert(one.code), "{}", one.code);
            for (zh, en) in one.steps.iter().chain([&one.title, &one.action]) {
                assert!(zh.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)), "{zh}");
                assert!(!en.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)), "{en}");
            }
            assert!(one.steps.len() >= 3, "{}", one.code);
        }
        for to in For::ALL {
            assert!(TOPICS.iter().any(|one| one.to == to));
        }
    }
}
