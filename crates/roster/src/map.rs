//! Which column holds what: known names of columns first, content second, and a check that the content
//! is what the name says (Chk-09). The result is a few words of text that a person can correct.

use std::marker::PhantomData;

use kernel::{Date, Error, Refusal};

use crate::read::Row;
use crate::{clean, refusals, text};

/// What a column of some kind of table may hold: [`Field`] for rosters, [`crate::past::Past`] for past hours.
pub trait Column: Copy + Eq + 'static {
    /// All of them, in the order they are shown; at most [`MAX_FIELDS`].
    const ALL: &'static [Self];

    /// Its place among [`Column::ALL`].
    fn at(self) -> usize;

    /// Its stable name in mappings and forms.
    fn key(self) -> &'static str;

    /// Its name for people, in Chinese and English.
    fn labels(self) -> (&'static str, &'static str);
}

/// Most fields a kind of table may have.
pub const MAX_FIELDS: usize = 32;

/// Declares the fields of a kind of table.
macro_rules! fields {
    ($(#[$of:meta])* $Kind:ident { $($(#[$doc:meta])* $name:ident = $key:literal, $zh:literal, $en:literal;)* }) => {
        $(#[$of])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $Kind { $($(#[$doc])* $name,)* }

        impl $crate::map::Column for $Kind {
            const ALL: &'static [Self] = Self::ALL;

            fn at(self) -> usize {
                self as usize
            }

            fn key(self) -> &'static str {
                self.key()
            }

            fn labels(self) -> (&'static str, &'static str) {
                self.labels()
            }
        }

        impl $Kind {
            /// All of them, in the order they are shown.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Its stable name in mappings and forms.
            #[must_use]
            pub const fn key(self) -> &'static str {
                match self { $(Self::$name => $key,)* }
            }

            /// Its name for people, in Chinese and English.
            #[must_use]
            pub const fn labels(self) -> (&'static str, &'static str) {
                match self { $(Self::$name => ($zh, $en),)* }
            }

            /// By its stable name.
            #[must_use]
            pub fn from_key(key: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|f| f.key() == key)
            }

            /// Its label in a language.
            #[must_use]
            pub const fn label(self, lang: kernel::Lang) -> &'static str {
                let (zh, en) = self.labels();
                match lang {
                    kernel::Lang::Zh => zh,
                    kernel::Lang::En => en,
                }
            }
        }
    };
}
pub(crate) use fields;

fields! {
    /// What a column of a roster may hold.
    Field {
    /// The person's name.
    Name = "name", "姓名", "Name";
    /// The type of the identity document.
    IdType = "id_type", "证件类型", "Document type";
    /// The number of the identity document.
    IdNumber = "id_number", "证件号码", "Document number";
    /// The phone.
    Phone = "phone", "联系电话", "Phone";
    /// The gender.
    Gender = "gender", "性别", "Gender";
    /// The birth date.
    BirthDate = "birth_date", "出生日期", "Birth date";
    /// The community (residence or unit).
    Community = "community", "社区", "Community";
    /// The service teams.
    Team = "team", "服务队", "Team";
    /// Skills.
    Skills = "skills", "特长", "Skills";
    /// Service categories.
    Categories = "categories", "服务类别", "Service categories";
    /// The day of joining.
    JoinedOn = "joined_on", "加入时间", "Joined on";
    /// The mail address.
    Email = "email", "电子邮箱", "Email";
    /// The address.
    Address = "address", "住址", "Address";
    /// The political status.
    PoliticalStatus = "political_status", "政治面貌", "Political status";
    /// The education.
    Education = "education", "学历", "Education";
    /// The employer.
    Employer = "employer", "工作单位", "Employer";
    /// The number in the national system.
    NationalNo = "national_no", "全国编号", "National number";
    /// Notes.
    Note = "note", "备注", "Notes";
    }
}

/// How sure a name of a column is: an exact name beats one that other columns use as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    Loose,
    Weak,
    Exact,
}

/// As [`recognise`], by place among the fields: what tables are found by.
pub(crate) fn recognise_at(name: &str) -> Option<usize> {
    recognise(name).map(|field| field as usize)
}

/// The field a column name stands for.
#[must_use]
pub fn recognise(name: &str) -> Option<Field> {
    fit(name).map(|(field, _)| field)
}

/// Half-width, lower case, letters and digits only; once with what stands in brackets, once without.
pub(crate) fn normal(name: &str, brackets: bool) -> String {
    let mut out = String::new();
    let mut depth = 0_usize;
    for c in name.chars().map(text::half) {
        match c {
            '(' | '[' | '【' | '〔' | '{' | '「' | '<' | '《' => depth += 1,
            ')' | ']' | '】' | '〕' | '}' | '」' | '>' | '》' => depth = depth.saturating_sub(1),
            _ if depth > 0 && !brackets => {}
            _ if c.is_alphanumeric() => out.extend(c.to_lowercase()),
            _ => {}
        }
    }
    for mark in ["必填", "选填", "可选", "非必填", "必填项", "required", "optional"] {
        while let Some(rest) = out.strip_suffix(mark) {
            out.truncate(rest.len());
        }
    }
    // "1.姓名", "2、电话"
    let digits = out.bytes().take_while(u8::is_ascii_digit).count();
    if digits <= 2 {
        out.drain(..digits);
    }
    out
}

fn fit(name: &str) -> Option<(Field, Fit)> {
    if name.len() > 200 || name.trim().is_empty() {
        return None;
    }
    let whole = normal(name, true);
    exact(&whole).or_else(|| exact(&normal(name, false))).or_else(|| loose(&whole))
}

fn exact(name: &str) -> Option<(Field, Fit)> {
    use Field as F;
    use Fit::{Exact, Weak};
    Some(match name {
        "姓名" | "名字" | "志愿者姓名" | "队员姓名" | "志愿者名称" | "成员姓名" | "人员姓名" | "真实姓名"
        | "中文姓名" | "志愿者名字" | "党员姓名" | "name" | "fullname" | "volunteername" | "volunteer"
        | "realname" => (F::Name, Exact),
        "志愿者" | "人员" | "成员" | "队员" => (F::Name, Weak),
        "证件类型" | "证件种类" | "证件类别" | "身份证件类型" | "证件名称" | "idtype" | "documenttype"
        | "certificatetype" => (F::IdType, Exact),
        "身份证号"
        | "身份证号码"
        | "证件号码"
        | "证件号"
        | "公民身份号码"
        | "公民身份证号码"
        | "公民身份证号"
        | "身份证"
        | "身份证件号码"
        | "居民身份证号"
        | "居民身份证号码"
        | "身份号码"
        | "身份证编号"
        | "有效证件号码"
        | "志愿者身份证号"
        | "idnumber"
        | "idno"
        | "idcard"
        | "idcardnumber"
        | "idcardno"
        | "identitynumber"
        | "documentnumber"
        | "nationalid" => (F::IdNumber, Exact),
        "手机" | "手机号" | "手机号码" | "移动电话" | "本人电话" | "联系手机" | "手机电话" | "mobile"
        | "mobilephone" | "cellphone" | "phonenumber" | "mobilenumber" => (F::Phone, Exact),
        "联系电话" | "电话" | "联系方式" | "电话号码" | "联系号码" | "联系电话手机" | "联系方式手机"
        | "联络电话" | "联络方式" | "phone" | "tel" | "telephone" | "contact" | "contactnumber" => {
            (F::Phone, Weak)
        }
        "性别" | "男女" | "gender" | "sex" => (F::Gender, Exact),
        "出生日期" | "出生年月" | "生日" | "出生年月日" | "出生时间" | "生日期" | "出生" | "birthdate"
        | "dateofbirth" | "birthday" | "dob" => (F::BirthDate, Exact),
        "所属社区" | "社区" | "居住社区" | "所在社区" | "单位社区" | "村社区" | "所属村社区" | "社区村"
        | "所在村社区" | "社区名称" | "所属社区村" | "村居" | "所属村居" | "社区居委会" | "居委会"
        | "常住社区" | "报到社区" | "community" | "neighbourhood" | "neighborhood" => {
            (F::Community, Exact)
        }
        "居住地" | "所属地" | "居住区域" | "所在地" => (F::Community, Weak),
        "服务队"
        | "所属队伍"
        | "队伍"
        | "志愿服务队"
        | "志愿队伍"
        | "所属服务队"
        | "所在队伍"
        | "队伍名称"
        | "志愿服务队伍"
        | "志愿服务队名称"
        | "服务队名称"
        | "所属志愿服务队"
        | "所属志愿队伍"
        | "所属团队"
        | "志愿团队"
        | "所属组织"
        | "志愿服务组织"
        | "所属志愿服务组织"
        | "加入队伍"
        | "小队"
        | "team"
        | "teamname"
        | "group" => (F::Team, Exact),
        "单位" | "所属单位" | "组织" | "团队" | "组别" => (F::Team, Weak),
        "特长" | "技能" | "专业特长" | "服务特长" | "个人特长" | "技能特长" | "特长技能" | "擅长"
        | "专业技能" | "兴趣特长" | "爱好特长" | "特长爱好" | "skills" | "skill" | "specialty" => {
            (F::Skills, Exact)
        }
        "专业" | "爱好" => (F::Skills, Weak),
        "服务类别" | "意向" | "服务意向" | "服务类型" | "志愿服务类别" | "志愿服务意向" | "意向服务"
        | "服务领域" | "志愿服务类型" | "服务方向" | "意向服务类别" | "参与意向" | "categories"
        | "category" | "servicecategories" | "servicecategory" => (F::Categories, Exact),
        "类别" | "类型" => (F::Categories, Weak),
        "加入时间" | "注册时间" | "入队时间" | "加入日期" | "注册日期" | "入队日期" | "注册年月"
        | "登记日期" | "登记时间" | "joinedon" | "joindate" | "joined" | "registeredon"
        | "registrationdate" => (F::JoinedOn, Exact),
        "时间" | "日期" => (F::JoinedOn, Weak),
        "电子邮箱" | "邮箱" | "电子邮件" | "邮箱地址" | "email" | "mail" | "emailaddress" => {
            (F::Email, Exact)
        }
        "住址" | "地址" | "家庭住址" | "居住地址" | "现住址" | "家庭地址" | "详细地址" | "联系地址"
        | "现居住地址" | "通讯地址" | "常住地址" | "address" | "homeaddress" => {
            (F::Address, Exact)
        }
        "政治面貌" | "政治身份" | "党派" | "politicalstatus" | "politicalaffiliation" => {
            (F::PoliticalStatus, Exact)
        }
        "学历" | "文化程度" | "教育程度" | "最高学历" | "受教育程度" | "education" | "degree" => {
            (F::Education, Exact)
        }
        "工作单位"
        | "就职单位"
        | "单位名称"
        | "工作单位职务"
        | "工作单位及职务"
        | "就业单位"
        | "学校单位"
        | "单位学校"
        | "工作单位学校"
        | "employer"
        | "company"
        | "workunit" => (F::Employer, Exact),
        "全国编号"
        | "志愿者编号"
        | "志愿者号"
        | "全国志愿者编号"
        | "志愿汇编号"
        | "志愿者证号"
        | "志愿服务编号"
        | "志愿者注册编号"
        | "注册编号"
        | "注册号"
        | "志愿中国编号"
        | "nationalno"
        | "nationalnumber"
        | "volunteerno"
        | "volunteernumber"
        | "volunteerid" => (F::NationalNo, Exact),
        "备注" | "说明" | "备注说明" | "其他说明" | "附注" | "note" | "notes" | "remark" | "remarks"
        | "comment" | "comments" => (F::Note, Exact),
        _ => return None,
    })
}

/// Longer names that contain a telling word, unless they speak of somebody else.
fn loose(name: &str) -> Option<(Field, Fit)> {
    use Field as F;
    let length = name.chars().count();
    if !(3..=14).contains(&length) {
        return None;
    }
    let has = |word: &str| name.contains(word);
    let other = [
        "监护",
        "家长",
        "紧急",
        "负责人",
        "推荐",
        "家属",
        "联系人",
        "领队",
        "队长",
        "子女",
        "配偶",
        "介绍",
        "法人",
    ];
    if other.iter().any(|w| has(w)) {
        return None;
    }
    let field = if has("身份证") && !has("类型") && !has("地址") && !has("复印") {
        F::IdNumber
    } else if has("手机") || has("电话") && !has("单位") && !has("家庭") && !has("固定") {
        F::Phone
    } else if name.ends_with("姓名") {
        F::Name
    } else if has("出生") && (has("年") || has("日")) && !has("地") {
        F::BirthDate
    } else if has("政治面貌") {
        F::PoliticalStatus
    } else if has("工作单位") {
        F::Employer
    } else if has("服务队") || has("志愿队") {
        F::Team
    } else if has("特长") || has("技能") {
        F::Skills
    } else if has("意向") {
        F::Categories
    } else if name.ends_with("社区") && length <= 8 {
        F::Community
    } else if has("住址") {
        F::Address
    } else if has("邮箱") {
        F::Email
    } else if has("备注") {
        F::Note
    } else {
        return None;
    };
    Some((field, Fit::Loose))
}

/// Which column each field is read from; each column serves one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns<F>([Option<u16>; MAX_FIELDS], PhantomData<F>);

/// The columns of a roster.
pub type Mapping = Columns<Field>;

impl<F> Default for Columns<F> {
    fn default() -> Self {
        Self([None; MAX_FIELDS], PhantomData)
    }
}

impl<F: Column> Columns<F> {
    /// The column of a field, from 0.
    #[must_use]
    pub fn column(&self, field: F) -> Option<usize> {
        self.0.get(field.at()).copied().flatten().map(usize::from)
    }

    /// The field read from a column.
    #[must_use]
    pub fn field(&self, column: usize) -> Option<F> {
        F::ALL.iter().copied().find(|f| self.column(*f) == Some(column))
    }

    /// Sets or clears the column of a field; another field that had the column loses it.
    pub fn set(&mut self, field: F, column: Option<usize>) {
        let column = column.and_then(|c| u16::try_from(c).ok());
        for slot in &mut self.0 {
            if column.is_some() && *slot == column {
                *slot = None;
            }
        }
        if let Some(slot) = self.0.get_mut(field.at()) {
            *slot = column;
        }
    }

    /// The mapped fields with their columns, in the order of [`Column::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = (F, usize)> {
        F::ALL.iter().filter_map(|f| self.column(*f).map(|c| (*f, c)))
    }

    /// Reads the text written by `Display`, `name=0,phone=3`.
    ///
    /// # Errors
    /// Refuses unknown fields, columns beyond the limit, and fields or columns named twice.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let no = || Refusal::new(&refusals::MAPPING_INVALID);
        let mut mapping = Self::default();
        for pair in text.split(',').map(str::trim).filter(|p| !p.is_empty()) {
            let (key, column) = pair.split_once('=').ok_or_else(no)?;
            let field = F::ALL.iter().copied().find(|f| f.key() == key.trim()).ok_or_else(no)?;
            let column: usize = column.trim().parse().map_err(|_| no())?;
            let taken = mapping.column(field).is_some() || mapping.field(column).is_some();
            if taken || column >= crate::read::MAX_COLUMNS {
                return Err(no());
            }
            mapping.set(field, Some(column));
        }
        Ok(mapping)
    }
}

impl<F: Column> std::fmt::Display for Columns<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (at, (field, column)) in self.iter().enumerate() {
            let gap = if at == 0 { "" } else { "," };
            write!(f, "{gap}{}={column}", field.key())?;
        }
        Ok(())
    }
}

/// A day so late that no real date lies after it: what is checked here is the form.
fn far() -> Date {
    Date::from_days(47_481)
}

/// Whether a value fits a field by its form; none for fields of free text.
fn fits(field: Field, value: &str) -> Option<bool> {
    Some(match field {
        Field::Name => clean::name(value).is_ok(),
        Field::IdNumber => clean::document(None, value, far()).is_ok(),
        Field::Phone => clean::phone(value).is_ok(),
        Field::Gender => clean::gender(value).is_ok(),
        Field::BirthDate | Field::JoinedOn => clean::date(field, value).is_ok(),
        Field::IdType => clean::id_kind(value).is_ok(),
        Field::Email => clean::email(value).is_ok(),
        _ => return None,
    })
}

/// (filled, fitting) values of a column.
fn count(field: Field, sample: &[Row], column: usize) -> (usize, usize) {
    count_by(sample, column, |value| fits(field, value) == Some(true))
}

/// (filled, fitting) values of a column, by any measure.
pub(crate) fn count_by(sample: &[Row], column: usize, fits: impl Fn(&str) -> bool) -> (usize, usize) {
    let mut filled = 0;
    let mut fitting = 0;
    for row in sample {
        let value = row.get(column);
        if !text::is_blank(value) && value.len() <= 400 {
            filled += 1;
            fitting += usize::from(fits(value));
        }
    }
    (filled, fitting)
}

/// Whether enough of the values checked fit: 80 %, and of fewer than ten, where one or two mistakes are no swap, half.
pub(crate) const fn enough(filled: usize, fitting: usize) -> bool {
    if filled < 10 { fitting * 2 >= filled } else { fitting * 5 >= filled * 4 }
}

/// The refusal of a column whose content is not what it is said to be; `looks` is what it looks like.
fn not_fitting<F: Column>(
    field: F,
    column: usize,
    filled: usize,
    fitting: usize,
    looks: Option<F>,
) -> Refusal {
    let (zh, en) = field.labels();
    let (looks_zh, looks_en) = looks.map_or((String::new(), String::new()), |other| {
        let (zh, en) = other.labels();
        (format!("，更像“{zh}”"), format!("; it looks like “{en}”"))
    });
    Refusal::new(&refusals::COLUMN_CONTENT)
        .on(field.key())
        .with("column", column + 1)
        .with("label_zh", zh)
        .with("label_en", en)
        .with("checked", filled)
        .with("valid", fitting)
        .with("looks_zh", looks_zh)
        .with("looks_en", looks_en)
}

/// Refusals of columns whose content is not what they are said to be. Few ID numbers count when they have the right
/// form; `telling` are the fields that content is recognised by.
pub(crate) fn contents<F: Column>(
    columns: impl Iterator<Item = (F, usize)>,
    sample: &[Row],
    id: F,
    telling: &[F],
    fits: impl Fn(F, &str) -> Option<bool>,
) -> Vec<Refusal> {
    let count = |field: F, column| count_by(sample, column, |value| fits(field, value) == Some(true));
    let mut refused = Vec::new();
    for (field, column) in columns {
        let (filled, mut fitting) = count(field, column);
        if filled < 10 && field == id {
            fitting = sample.iter().filter(|row| clean::looks_like_id(row.get(column))).count();
        }
        if enough(filled, fitting) {
            continue;
        }
        let looks = telling.iter().copied().filter(|other| *other != field).find(|other| {
            let (all, fit) = count(*other, column);
            all > 0 && fit * 5 >= all * 4
        });
        refused.push(not_fitting(field, column, filled, fitting, looks));
    }
    refused
}

/// Guesses the columns: by their names, then, for the telling fields that no name speaks of, by content
/// (at least 80 % of the values). A name is never overruled by content: [`check`] says so instead.
#[must_use]
pub fn guess(header: &[impl AsRef<str>], sample: &[Row]) -> Mapping {
    let mut mapping = Mapping::default();
    let mut named: Vec<(Fit, usize, Field)> = header
        .iter()
        .enumerate()
        .take(crate::read::MAX_COLUMNS)
        .filter_map(|(column, name)| fit(name.as_ref()).map(|(field, fit)| (fit, column, field)))
        .collect();
    named.sort_by_key(|(fit, column, _)| (std::cmp::Reverse(*fit), *column));
    for (_, column, field) in named {
        if mapping.column(field).is_none() {
            mapping.set(field, Some(column));
        } else if field == Field::Team && mapping.column(Field::Employer).is_none() {
            // "单位" beside a column of teams is where the person works.
            mapping.set(Field::Employer, Some(column));
        }
    }
    let width = sample.iter().map(Row::len).max().unwrap_or(0).max(header.len());
    for field in [Field::IdNumber, Field::Phone, Field::Gender, Field::Email, Field::Name] {
        if mapping.column(field).is_some() {
            continue;
        }
        let found = (0..width).filter(|column| mapping.field(*column).is_none()).find(|column| {
            let named = header.get(*column).is_some_and(|h| recognise(h.as_ref()).is_some());
            let (filled, fitting) = count(field, sample, *column);
            let fitting = match field {
                Field::Name => names(sample, *column),
                // Not the codes 1 and 2: a serial number starts like that.
                Field::Gender => words(sample, *column, &["男", "女"]),
                _ => fitting,
            };
            !named && filled > 0 && fitting * 5 >= filled * 4
        });
        if let Some(column) = found {
            mapping.set(field, Some(column));
        }
    }
    mapping
}

/// Values that are one of the words.
fn words(sample: &[Row], column: usize, words: &[&str]) -> usize {
    sample.iter().filter(|row| words.contains(&text::bare(row.get(column)))).count()
}

/// Values that are Chinese names beyond doubt: two to four Han, the first a common surname.
fn names(sample: &[Row], column: usize) -> usize {
    const SURNAMES: &str = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向汤欧阳温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝官封谈匡鞠惠荆乐冀郁胥南班储原栗燕楚鄢劳谌奚皮粟冼蔺楼盘满闻位厉伊仝区郜海阚花权强帅屠豆朴盖练廉禹井祖漆巴丰支卿国狄平计索宣晋相初门云容敬来扈晁芮都普阙浦戈伏鹿薄邸雍辜羊阿乌母裘亓修邰赫杭况那宿鲜印逯隆茹诺战慕危玉银亢嵇公哈湛宾戎勾茅利於呼居揭干但尉冶斯元束檀衣信展阴昝智幸奉植衡富尧闭由";
    sample
        .iter()
        .filter(|row| {
            let value = text::bare(row.get(column));
            (6..=12).contains(&value.len())
                && value.chars().all(text::is_han)
                && value.chars().next().is_some_and(|c| SURNAMES.contains(c))
        })
        .count()
}

/// Holds the mapping against the first rows: a mapped column with content must be what it is said to be
/// in at least 80 % of its values. Below ten values one or two mistakes are no swap: half of them is enough
/// then, and a number counts when it has the right form.
///
/// # Errors
/// One refusal for each column whose content does not fit, and one when no column holds the names.
pub fn check(mapping: &Mapping, sample: &[Row]) -> Result<(), Error> {
    let mut refused = Vec::new();
    if mapping.column(Field::Name).is_none() {
        refused.push(Refusal::new(&refusals::NAME_COLUMN_MISSING).on(Field::Name.key()));
    }
    let checked = |field| {
        matches!(
            field,
            Field::Name | Field::IdNumber | Field::Phone | Field::Gender | Field::BirthDate | Field::JoinedOn
        )
    };
    let telling = [Field::IdNumber, Field::Phone, Field::Gender, Field::BirthDate, Field::Name];
    let columns = mapping.iter().filter(|(field, _)| checked(*field));
    refused.extend(contents(columns, sample, Field::IdNumber, &telling, fits));
    if refused.is_empty() { Ok(()) } else { Err(Error::Refused(refused)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_people_use() {
        for (name, field) in [
            ("姓 名", Field::Name),
            ("*姓名（必填）", Field::Name),
            ("１．姓名", Field::Name),
            ("志愿者姓名", Field::Name),
            ("身份证号码\n(18位)", Field::IdNumber),
            ("公民身份号码", Field::IdNumber),
            ("证件号码＊", Field::IdNumber),
            ("联系电话（手机）", Field::Phone),
            ("本人手机号码", Field::Phone),
            ("村（社区）", Field::Community),
            ("所属社区（村）", Field::Community),
            ("单位", Field::Team),
            ("工作单位及职务", Field::Employer),
            ("出生年月", Field::BirthDate),
            ("Date of Birth", Field::BirthDate),
            ("ID No.", Field::IdNumber),
            ("全国志愿者编号", Field::NationalNo),
            ("文化程度", Field::Education),
            ("备 注", Field::Note),
            ("服务意向（可多选）", Field::Categories),
            ("E-mail", Field::Email),
        ] {
            assert_eq!(recognise(name), Some(field), "{name}");
        }
        for name in [
            "序号",
            "监护人姓名",
            "紧急联系人电话",
            "身份证类型",
            "朝阳社区志愿者花名册汇总表二〇二四",
            "联系人",
        ] {
            assert_eq!(recognise(name), None, "{name}");
        }
    }

    #[test]
    fn every_key_and_text() {
        for field in Field::ALL {
            assert_eq!(Field::from_key(field.key()), Some(*field));
        }
        let mut mapping = Mapping::default();
        mapping.set(Field::Phone, Some(3));
        mapping.set(Field::Name, Some(0));
        assert_eq!(mapping.to_string(), "name=0,phone=3");
        assert_eq!(Mapping::parse(" name=0, phone=3 ").unwrap(), mapping);
        mapping.set(Field::Gender, Some(0));
        assert_eq!(mapping.to_string(), "phone=3,gender=0");
        for bad in ["name", "name=x", "name=0,phone=0", "name=0,name=1", "nom=1", "name=600", "name=-1"] {
            assert_eq!(Mapping::parse(bad).unwrap_err().code(), "roster.mapping_invalid", "{bad}");
        }
    }

    #[test]
    fn team_and_employer() {
        let none: &[Row] = &[];
        assert_eq!(guess(&["姓名", "单位", "志愿服务队"], none).to_string(), "name=0,team=2,employer=1");
        assert_eq!(guess(&["姓名", "单位"], none).to_string(), "name=0,team=1");
        assert_eq!(guess(&["姓名", "联系方式", "手机号"], none).to_string(), "name=0,phone=2");
    }

    #[test]
    fn guesses_by_content() {
        let rows: Vec<Row> = ["王芳", "李娜", "张伟", "赵敏", "何平"]
            .iter()
            .enumerate()
            .map(|(n, name)| {
                Row::new(1, [format!("{n}"), (*name).to_owned(), format!("1380013800{n}"), "女".to_owned()])
            })
            .collect();
        assert_eq!(
            guess(&["第1列", "第2列", "第3列", "第4列"], &rows).to_string(),
            "name=1,phone=2,gender=3"
        );
    }
}
