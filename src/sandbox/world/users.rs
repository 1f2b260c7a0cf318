//! The people who work in the Salesforce org: the owners of its records, the reps who open them.

use super::ids::{Object, record_id};

/// A Salesforce user.
#[derive(Debug, Clone, Copy, Default)]
pub struct User {
    pub index: u32,
    pub first: &'static str,
    pub last: &'static str,
    pub login: &'static str,
    /// Salesforce's language code.
    pub language: &'static str,
    pub locale: &'static str,
    pub time_zone: &'static str,
    pub title: &'static str,
}

/// All of them. The first is the one who is signed in unless a page is asked for another.
pub const USERS: &[User] = &[
    user(0, "Robin", "Alvarez", "robin.alvarez", "en_US", "en_US", "America/Los_Angeles", "Account Executive"),
    user(1, "Katharina", "Vogel", "katharina.vogel", "de", "de_DE", "Europe/Berlin", "Vertriebsleiterin"),
    user(2, "Étienne", "Caron", "etienne.caron", "fr", "fr_FR", "Europe/Paris", "Ingénieur commercial"),
    user(3, "Linnéa", "Åberg", "linnea.aberg", "sv", "sv_SE", "Europe/Stockholm", "Säljare"),
    user(4, "Jeroen", "van Dijk", "jeroen.vandijk", "nl_NL", "nl_NL", "Europe/Amsterdam", "Accountmanager"),
    user(5, "思琪", "林", "lin.siqi", "zh_CN", "zh_CN", "Asia/Shanghai", "销售经理"),
    user(6, "Maya", "Okonkwo", "maya.okonkwo", "en_US", "en_GB", "Europe/London", "Sales Development Representative"),
    user(7, "Tom", "D'Souza", "tom.dsouza", "en_US", "en_IN", "Asia/Kolkata", "Account Executive"),
    user(8, "Grace", "Whitlock", "grace.whitlock", "en_US", "en_US", "America/New_York", "VP of Sales"),
    user(9, "Mateo", "Rossi", "mateo.rossi", "en_US", "en_US", "America/Sao_Paulo", "Account Executive"),
    user(10, "Ingrid", "Solberg", "ingrid.solberg", "en_US", "nb_NO", "Europe/Oslo", "Key Account Manager"),
    user(11, "Sam", "Taylor", "sam.taylor", "en_US", "en_US", "America/Chicago", "Salesforce Administrator"),
];

#[expect(clippy::too_many_arguments, reason = "a row of the table above")]
const fn user(
    index: u32,
    first: &'static str,
    last: &'static str,
    login: &'static str,
    language: &'static str,
    locale: &'static str,
    time_zone: &'static str,
    title: &'static str,
) -> User {
    User { index, first, last, login, language, locale, time_zone, title }
}

impl User {
    /// The user with this index.
    pub fn at(index: u32) -> Option<Self> {
        USERS.get(usize::try_from(index).ok()?).copied()
    }

    /// The user named by a login, a record id or an index.
    pub fn named(text: &str) -> Option<Self> {
        if let Some((Object::User, index)) = super::ids::parse(text) {
            return Self::at(index);
        }
        USERS.iter().find(|user| user.login == text).copied().or_else(|| text.parse().ok().and_then(Self::at))
    }

    /// The 18-character record id.
    pub fn id(self) -> String {
        record_id(Object::User, self.index)
    }

    /// First and last name.
    pub fn name(self) -> String {
        if self.locale == "zh_CN" { format!("{}{}", self.last, self.first) } else { format!("{} {}", self.first, self.last) }
    }

    /// The name to sign in with.
    pub fn username(self) -> String {
        format!("{}@brightwater.example", self.login)
    }

    /// The letters on the round picture.
    pub fn initials(self) -> String {
        self.first.chars().take(1).chain(self.last.chars().take(1)).collect()
    }
}
