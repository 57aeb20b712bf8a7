//! The frame around every page.

use kernel::{AccountId, Actor, Id as _, Lang};

use crate::App;
use crate::request::Req;

/// A link of the navigation, ready to show.
#[derive(Debug, Clone)]
pub struct Link {
    /// Where it leads.
    pub href: &'static str,
    /// Icon.
    pub icon: &'static str,
    /// Name in the page's language.
    pub name: &'static str,
    /// Whether this is where one is.
    pub here: bool,
}

/// A group of the desk navigation.
#[derive(Debug, Clone)]
pub struct Group {
    /// Its name.
    pub name: &'static str,
    /// Its links.
    pub links: Vec<Link>,
}

/// What `layout.html` needs.
#[derive(Debug, Clone)]
pub struct Shell {
    /// Language.
    pub lang: Lang,
    /// Title of the page.
    pub title: String,
    /// Name of the city.
    pub city: String,
    /// Name of whoever is signed in, or empty.
    pub who: String,
    /// Stands for whoever is signed in where this device keeps something for them; empty for visitors.
    pub keeper: String,
    /// Roles held, for the head of the page.
    pub roles: String,
    /// Check code for forms.
    pub csrf: String,
    /// Elder mode.
    pub elder: bool,
    /// Dark mode.
    pub dark: bool,
    /// Message of the step before.
    pub flash: String,
    /// Desk navigation.
    pub groups: Vec<Group>,
    /// Bottom bar of the phone.
    pub bar: Vec<Link>,
    /// This page in the other language.
    pub other_lang: String,
    /// This page, to come back to.
    pub target: String,
    /// Phone number of a real person.
    pub help_phone: String,
    /// Demo city.
    pub demo: bool,
    /// The server's time in UTC milliseconds, so that countdowns do not trust the phone's clock.
    pub now: i64,
}

impl Shell {
    /// The frame for a page.
    #[must_use]
    pub fn new(app: &App, req: &Req, actor: &Actor, title: &str) -> Self {
        let lang = req.lang;
        let shown: Vec<_> =
            app.rooms.iter().flat_map(|room| room.nav).filter(|item| item.shown(actor)).collect();
        let below = app.rooms.iter().flat_map(|room| room.below).copied();
        let places: Vec<&str> = shown.iter().map(|item| item.href).collect();
        let here = here(&req.path, &places, below);
        let mut groups: Vec<Group> = Vec::new();
        let mut bar: Vec<(u8, Link)> = Vec::new();
        for item in shown {
            let link = Link {
                href: item.href,
                icon: item.icon,
                name: lang.t(item.name.0, item.name.1),
                here: here == Some(item.href),
            };
            if let Some(at) = item.bar {
                bar.push((at, link.clone()));
            }
            let name = lang.t(item.group.0, item.group.1);
            match groups.iter_mut().find(|group| group.name == name) {
                Some(group) => group.links.push(link),
                None => groups.push(Group { name, links: vec![link] }),
            }
        }
        bar.sort_by_key(|(at, _)| *at);
        let mut roles: Vec<&str> = actor.grants.iter().map(|grant| grant.role.name(lang)).collect();
        roles.dedup();
        Self {
            lang,
            title: title.to_owned(),
            city: app.city(lang).to_owned(),
            who: actor.name.clone(),
            keeper: actor.account.map(|id| keeper(app, id)).unwrap_or_default(),
            roles: roles.join(lang.t("、", ", ")),
            csrf: req.csrf(&app.vault),
            elder: req.elder,
            dark: req.dark,
            flash: req.flash.clone().unwrap_or_default(),
            groups,
            bar: bar.into_iter().map(|(_, link)| link).collect(),
            other_lang: format!(
                "/settings/lang?lang={}&next={}",
                lang.t("en", "zh"),
                percent_encoding::utf8_percent_encode(&req.target, percent_encoding::NON_ALPHANUMERIC)
            ),
            target: req.target.clone(),
            help_phone: app.settings.help_phone.clone(),
            demo: app.settings.demo,
            now: app.db.ctx().clock.now().0,
        }
    }
}

/// A mark of an account that tells nobody who it is, and that stays the same from session to session.
fn keeper(app: &App, account: AccountId) -> String {
    let mut mark = app.vault.signer.sign("device", &[&account.as_i64().to_be_bytes()]);
    mark.truncate(16);
    mark
}

/// The place in the navigation that a page belongs to: of all `shown` places, and of what belongs `below` one of them,
/// the one whose beginning of the address is the longest.
fn here<'a>(
    path: &str,
    shown: &[&'a str],
    below: impl Iterator<Item = (&'a str, &'a str)>,
) -> Option<&'a str> {
    let within = |from: &str| match path.strip_prefix(from) {
        Some("") => true,
        // Everything lies below the first page: it has no part of its own.
        Some(rest) => from != "/" && (from.ends_with('/') || rest.starts_with('/')),
        None => false,
    };
    let own = shown.iter().map(|href| (*href, *href));
    own.chain(below.filter(|(_, place)| shown.contains(place)))
        .filter(|(from, _)| within(from))
        .max_by_key(|(from, _)| from.len())
        .map(|(_, place)| place)
}

/// How the binary finds an asset; set once at the start. The files themselves are in a crate of their own, so
/// that a changed style does not compile every room anew.
static ASSETS: std::sync::OnceLock<fn(&str) -> &'static str> = std::sync::OnceLock::new();

/// Tells templates where assets are.
pub fn install_assets(find: fn(&str) -> &'static str) {
    let _ = ASSETS.set(find);
}

/// Address of an asset, for templates.
#[must_use]
pub fn asset(name: &str) -> &'static str {
    ASSETS.get().map_or("/assets/missing", |find| find(name))
}

#[cfg(test)]
mod tests {
    use super::here;

    #[test]
    fn a_page_belongs_to_one_place() {
        const BELOW: [(&str, &str); 2] = [("/sessions/", "/manage"), ("/plans", "/manage")];
        let leader = ["/", "/sessions", "/activities", "/manage"];
        let volunteer = ["/", "/sessions", "/activities"];
        for (path, led, own) in [
            ("/", Some("/"), Some("/")),
            ("/sessions", Some("/sessions"), Some("/sessions")),
            ("/sessions/5/roll", Some("/manage"), Some("/sessions")),
            ("/plans", Some("/manage"), None),
            ("/plans/7", Some("/manage"), None),
            ("/plansible", None, None),
            ("/activities/9", Some("/activities"), Some("/activities")),
            ("/me", None, None),
        ] {
            assert_eq!(here(path, &leader, BELOW.into_iter()), led, "{path}");
            assert_eq!(here(path, &volunteer, BELOW.into_iter()), own, "{path}");
        }
    }
}
