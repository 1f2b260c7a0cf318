//! Which column holds what: told by the header, or by what stands in the column.

use std::collections::BTreeMap;

use crate::account::email::Email;
use crate::account::query::invalid;
use crate::problem::Problem;

/// The fields that a column can be.
pub const FIELDS: [&str; 5] = ["email", "first_name", "last_name", "role", "teams"];

/// Field to column, counting from 0.
pub type Mapping = BTreeMap<String, Option<usize>>;

const NAMES: [(&str, &[&str]); 5] = [
    (
        "email",
        &[
            "email",
            "emailaddress",
            "mail",
            "emailadresse",
            "epost",
            "epostadress",
            "emailadres",
            "courriel",
            "adresseemail",
            "电子邮件",
            "邮箱",
            "username",
        ],
    ),
    ("first_name", &["firstname", "givenname", "vorname", "prenom", "prénom", "fornamn", "förnamn", "voornaam", "名", "名字"]),
    (
        "last_name",
        &["lastname", "surname", "familyname", "nachname", "familienname", "nom", "nomdefamille", "efternamn", "achternaam", "姓", "姓氏"],
    ),
    ("role", &["role", "rolle", "rôle", "roll", "rol", "角色"]),
    ("teams", &["team", "teams", "équipe", "équipes", "equipe", "equipes", "lag", "团队"]),
];

fn bare(text: &str) -> String {
    text.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Whether the first row is a header: it holds no address.
#[must_use]
pub fn is_header(row: &[String]) -> bool {
    !row.iter().any(|cell| Email::parse(cell.trim()).is_ok())
}

/// The header's cells without white space; columns that have no name at the end are left out.
///
/// # Errors
/// 422 `csv.header` for empty or repeated names.
pub fn header(row: &[String]) -> Result<Vec<String>, Problem> {
    let mut names: Vec<String> = row.iter().map(|cell| cell.trim_start_matches('\u{feff}').trim().to_owned()).collect();
    while names.last().is_some_and(String::is_empty) {
        names.pop();
    }
    let refused = |detail: String| Problem::new(422, "csv.header", "The header cannot be used", detail);
    for (place, name) in names.iter().enumerate() {
        if name.is_empty() {
            return Err(refused(format!("Column {} has no name.", place + 1)));
        }
        if names.iter().take(place).any(|other| other.to_lowercase() == name.to_lowercase()) {
            return Err(refused(format!("Two columns have the same name (column {}).", place + 1)));
        }
    }
    Ok(names)
}

/// The mapping that header and first rows suggest.
#[must_use]
pub fn suggested(header: &[String], sample: &[Vec<String>]) -> Mapping {
    let mut mapping: Mapping = FIELDS.iter().map(|field| ((*field).to_owned(), None)).collect();
    for (field, names) in NAMES {
        let found = header.iter().position(|name| names.contains(&bare(name).as_str()));
        mapping.insert(field.to_owned(), found);
    }
    if mapping.get("email").copied().flatten().is_none() {
        let addresses =
            |column: usize| sample.iter().filter(|row| row.get(column).is_some_and(|cell| Email::parse(cell.trim()).is_ok())).count();
        let best = (0..header.len()).max_by_key(|column| (addresses(*column), usize::MAX - column)).filter(|column| addresses(*column) > 0);
        mapping.insert("email".to_owned(), best);
    }
    mapping
}

/// A mapping that was chosen.
///
/// # Errors
/// 400 for fields that do not exist, columns that the file does not have or that are used twice, or without an address.
pub fn chosen(mapping: BTreeMap<String, Option<usize>>, columns: usize) -> Result<Mapping, Problem> {
    let mut complete: Mapping = FIELDS.iter().map(|field| ((*field).to_owned(), None)).collect();
    let mut used = Vec::new();
    for (field, column) in mapping {
        if !FIELDS.contains(&field.as_str()) {
            return Err(invalid("mapping", "It names a field that there is not."));
        }
        if let Some(column) = column {
            if column >= columns {
                return Err(invalid("mapping", "It names a column that the file does not have."));
            }
            if used.contains(&column) {
                return Err(invalid("mapping", "A column can be one field only."));
            }
            used.push(column);
        }
        complete.insert(field, column);
    }
    if complete.get("email").copied().flatten().is_none() {
        return Err(invalid("mapping", "One column must be the e-mail address."));
    }
    Ok(complete)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(cells: &[&str]) -> Vec<String> {
        cells.iter().map(|cell| (*cell).to_owned()).collect()
    }

    #[test]
    fn columns_are_told_by_their_names_or_by_what_stands_in_them() {
        let mapping = suggested(&texts(&["Vorname", "Nachname", "E-Mail-Adresse", "Rolle"]), &[]);
        assert_eq!(
            (mapping["email"], mapping["first_name"], mapping["last_name"], mapping["role"], mapping["teams"]),
            (Some(2), Some(0), Some(1), Some(3), None)
        );
        let mapping = suggested(&texts(&["x", "y"]), &[texts(&["1", "a@example.com"])]);
        assert_eq!(mapping["email"], Some(1));
        assert_eq!(suggested(&texts(&["x"]), &[texts(&["1"])])["email"], None);
        assert!(!is_header(&texts(&["Ann", "ann@example.com"])));
        assert!(is_header(&texts(&["Name", "E-mail"])));
    }

    #[test]
    fn odd_headers_and_mappings_are_refused() {
        for bad in [&["a", "A"][..], &["a", "", "b"]] {
            assert_eq!(header(&texts(bad)).unwrap_err().code, "csv.header");
        }
        assert_eq!(header(&texts(&["\u{feff} email ", "name", ""])).unwrap(), ["email", "name"]);
        let pick =
            |pairs: &[(&str, Option<usize>)]| chosen(pairs.iter().map(|(field, column)| ((*field).to_owned(), *column)).collect(), 2);
        assert!(pick(&[("email", Some(1)), ("role", None)]).is_ok());
        assert!(pick(&[("email", Some(2))]).is_err());
        assert!(pick(&[("email", Some(1)), ("role", Some(1))]).is_err());
        assert!(pick(&[("first_name", Some(1))]).is_err());
        assert!(pick(&[("email", Some(1)), ("id", Some(0))]).is_err());
    }
}
