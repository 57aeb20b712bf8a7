//! Lists as people set them up for themselves: what they are narrowed to, and which columns are shown. A list declares
//! its filters and columns once; page, file, saved views and the address all follow that declaration.

use kernel::Lang;

use crate::form::Fields;
use crate::request::Req;
use crate::sheet::Cell;

/// Name of the parameter that names the shown columns, with commas between them.
pub const COLUMNS: &str = "cols";
/// Name of the parameter that asks for the whole list, whatever view opens first.
pub const ALL: &str = "all";
/// Most bytes of what is kept of an address.
const LONGEST: usize = 1_000;

/// Whether a column is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// Always: without it nobody knows what a line is about.
    Always,
    /// Unless somebody leaves it out.
    Usual,
    /// When somebody asks for it.
    Asked,
}

/// A column of a list.
#[derive(Debug)]
pub struct Column {
    /// Its name in addresses; never changes.
    pub key: &'static str,
    /// Its head, in Chinese and English.
    pub name: (&'static str, &'static str),
    /// Whether it is there.
    pub shown: Shown,
    /// Whether it holds numbers, which stand to the right.
    pub number: bool,
}

impl Column {
    /// A column of texts.
    #[must_use]
    pub const fn text(key: &'static str, zh: &'static str, en: &'static str, shown: Shown) -> Self {
        Self { key, name: (zh, en), shown, number: false }
    }

    /// A column of numbers.
    #[must_use]
    pub const fn number(key: &'static str, zh: &'static str, en: &'static str, shown: Shown) -> Self {
        Self { key, name: (zh, en), shown, number: true }
    }

    /// Its head.
    #[must_use]
    pub const fn head(&self, lang: &Lang) -> &'static str {
        lang.t(self.name.0, self.name.1)
    }
}

/// A list that people may set up for themselves.
#[derive(Debug)]
pub struct List {
    /// Its address.
    pub path: &'static str,
    /// Its name, in Chinese and English.
    pub name: (&'static str, &'static str),
    /// Parameters of its address that narrow it.
    pub filters: &'static [&'static str],
    /// Its columns in their order; none: they cannot be chosen.
    pub columns: &'static [Column],
}

impl List {
    /// What of an address narrows this list or chooses its columns, in one form: known parameters in the order of the
    /// declaration, empty ones left out. Nothing else of the address survives, so that the result can only ever be a
    /// query of this very list.
    #[must_use]
    pub fn query(&'static self, asked: &Fields) -> String {
        let mut out = String::new();
        let mut add = |name: &str, value: &str| {
            if !out.is_empty() {
                out.push('&');
            }
            out.push_str(name);
            out.push('=');
            // A comma needs no coding, and reads better in an address that people pass on.
            out.push_str(&value.split(',').map(encoded).collect::<Vec<_>>().join(","));
        };
        for name in self.filters {
            for value in asked.all(name) {
                add(name, value);
            }
        }
        if !self.columns.is_empty()
            && let Some(columns) = self.chosen(asked)
            && !columns.usual()
        {
            add(COLUMNS, &columns.param());
        }
        out
    }

    /// [`List::query`] of a text from outside; `None` when it holds anything that is no parameter of this list, or is
    /// too long. Empty when the list is not narrowed at all.
    #[must_use]
    pub fn checked(&'static self, query: &str) -> Option<String> {
        let asked = Fields::parse(query.as_bytes());
        let known =
            |name: &str| self.filters.contains(&name) || (name == COLUMNS && !self.columns.is_empty());
        let clean = |value: &str| !value.chars().any(char::is_control);
        let fits = asked.0.iter().all(|(name, value)| known(name) && clean(value));
        let made = self.query(&asked);
        (fits && made.len() <= LONGEST).then_some(made)
    }

    /// The address with a query of this list; an empty one asks for the whole list.
    #[must_use]
    pub fn address(&self, query: &str) -> String {
        if query.is_empty() { self.whole() } else { format!("{}?{query}", self.path) }
    }

    /// The address of the whole list.
    #[must_use]
    pub fn whole(&self) -> String {
        format!("{}?{ALL}=1", self.path)
    }

    /// The columns that an address names; `None` when it names none of this list.
    #[must_use]
    pub fn chosen(&'static self, asked: &Fields) -> Option<Columns> {
        let named = asked.all(COLUMNS);
        let keys: Vec<&str> = named.iter().flat_map(|text| text.split(',')).map(str::trim).collect();
        self.columns.iter().any(|one| keys.contains(&one.key)).then(|| Columns::of(self, &keys))
    }

    /// Its name.
    #[must_use]
    pub const fn title(&self, lang: &Lang) -> &'static str {
        lang.t(self.name.0, self.name.1)
    }
}

fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// The columns that are shown, in the order of the declaration.
#[derive(Debug, Clone)]
pub struct Columns {
    list: &'static List,
    shown: Vec<&'static Column>,
}

impl Columns {
    /// The columns with these keys, and those that are always there.
    #[must_use]
    pub fn of(list: &'static List, keys: &[&str]) -> Self {
        let shown =
            list.columns.iter().filter(|one| one.shown == Shown::Always || keys.contains(&one.key)).collect();
        Self { list, shown }
    }

    /// The columns of whoever chose nothing.
    #[must_use]
    pub fn usually(list: &'static List) -> Self {
        Self { list, shown: list.columns.iter().filter(|one| one.shown != Shown::Asked).collect() }
    }

    /// Whether they are those of whoever chose nothing.
    #[must_use]
    pub fn usual(&self) -> bool {
        let usual = self.list.columns.iter().filter(|one| one.shown != Shown::Asked).map(|one| one.key);
        self.shown.iter().map(|one| one.key).eq(usual)
    }

    /// What is shown, from the first column on.
    pub fn iter(&self) -> std::slice::Iter<'_, &'static Column> {
        self.shown.iter()
    }

    /// Whether a column is shown.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.shown.iter().any(|one| one.key == key)
    }

    /// What an address says of them.
    #[must_use]
    pub fn param(&self) -> String {
        self.shown.iter().map(|one| one.key).collect::<Vec<_>>().join(",")
    }

    /// The heads, for a file.
    #[must_use]
    pub fn heads(&self, lang: Lang) -> Vec<&'static str> {
        self.shown.iter().map(|one| one.head(&lang)).collect()
    }

    /// One line of a file: the cell of each shown column.
    pub fn cells(&self, mut cell: impl FnMut(&str) -> Cell) -> Vec<Cell> {
        self.shown.iter().map(|one| cell(one.key)).collect()
    }
}

impl<'a> IntoIterator for &'a Columns {
    type Item = &'a &'static Column;
    type IntoIter = std::slice::Iter<'a, &'static Column>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// A saved view above its list.
#[derive(Debug, Clone)]
pub struct View {
    /// Its name.
    pub name: String,
    /// Where it opens.
    pub href: String,
    /// Whether the list shows just that now.
    pub here: bool,
    /// Whether the list opens with it.
    pub first: bool,
}

/// What stands above a list that people set up for themselves; `_list.html` shows it.
#[derive(Debug, Clone)]
pub struct Desk {
    /// The list.
    pub list: &'static List,
    /// What is shown of it.
    pub columns: Columns,
    /// What it is narrowed to now.
    pub query: String,
    /// The saved views of whoever looks.
    pub views: Vec<View>,
    /// Whether whoever looks may save views and choose columns: for visitors there is nowhere to keep them.
    pub own: bool,
}

impl Desk {
    /// What an address alone says, for whoever has nothing saved.
    #[must_use]
    pub fn plain(list: &'static List, req: &Req) -> Self {
        let asked = Fields::parse(req.query().as_bytes());
        Self {
            list,
            columns: list.chosen(&asked).unwrap_or_else(|| Columns::usually(list)),
            query: list.query(&asked),
            views: Vec::new(),
            own: false,
        }
    }

    /// Whether nothing is narrowed: the query is empty or names columns alone, which stand at its end.
    #[must_use]
    pub fn whole(&self) -> bool {
        self.query.is_empty() || self.query.starts_with("cols=")
    }

    /// What forms and links of the page carry along so that the columns stay: the parameter's value, or nothing when
    /// the columns are the usual ones.
    #[must_use]
    pub fn kept(&self) -> Option<String> {
        (!self.columns.usual()).then(|| self.columns.param())
    }

    /// The same at the end of an address that has a query already.
    #[must_use]
    pub fn more(&self) -> String {
        self.kept().map(|columns| format!("&{COLUMNS}={columns}")).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static LIST: List = List {
        path: "/things",
        name: ("东西", "Things"),
        filters: &["q", "state"],
        columns: &[
            Column::text("name", "名称", "Name", Shown::Always),
            Column::text("state", "状态", "State", Shown::Usual),
            Column::number("count", "数量", "Count", Shown::Asked),
        ],
    };

    fn query(text: &str) -> String {
        LIST.query(&Fields::parse(text.as_bytes()))
    }

    #[test]
    fn an_address_is_brought_into_one_form() {
        assert_eq!(
            query("state=open&q=%E5%BC%A0+a&after=9&lang=en&format=xlsx"),
            "q=%E5%BC%A0%20a&state=open"
        );
        assert_eq!(query("q=&state="), "");
        assert_eq!(query("q=a&cols=count"), "q=a&cols=name,count");
        assert_eq!(query("cols=state&cols=name"), "", "the usual columns need no words");
        assert_eq!(query("cols=nonsense"), "");
        let once = query("q=a%26b%3D1,2&cols=count");
        assert_eq!(once, "q=a%26b%3D1,2&cols=name,count");
        assert_eq!(query(&once), once, "it stays as it is");
    }

    #[test]
    fn only_a_query_of_this_list_is_taken() {
        assert_eq!(LIST.checked("q=a"), Some("q=a".to_owned()));
        assert_eq!(LIST.checked(""), Some(String::new()));
        for bad in
            ["https://elsewhere.example/?q=1", "//elsewhere.example", "q=1&next=/x", "/people?q=1", "q=%0Ax"]
        {
            assert_eq!(LIST.checked(bad), None, "{bad}");
        }
        assert_eq!(LIST.checked(&format!("q={}", "长".repeat(400))), None);
        // Whatever stands in a value stays in it.
        assert_eq!(LIST.checked("q=//x.example%23").as_deref(), Some("q=%2F%2Fx%2Eexample%23"));
        assert_eq!(LIST.address("q=a"), "/things?q=a");
        assert_eq!(LIST.address(""), "/things?all=1");
    }

    #[test]
    fn columns_stand_in_their_order() {
        let all = Columns::of(&LIST, &["count", "state"]);
        assert_eq!(all.param(), "name,state,count");
        assert_eq!(all.heads(Lang::En), ["Name", "State", "Count"]);
        let usual = Columns::usually(&LIST);
        assert!(usual.usual() && !all.usual() && !usual.has("count"));
        let row = all.cells(|key| key.into());
        assert_eq!(row.len(), 3);
    }
}
