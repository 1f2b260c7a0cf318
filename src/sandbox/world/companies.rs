//! Companies: the accounts of the org, the employers of its leads. A function of seed and index.

use super::names::slug;
use crate::sandbox::dice::{Dice, Stream};

const STEMS: &[&str] = &[
    "Northwind",
    "Blue Heron",
    "Müller & Söhne",
    "Copperfield",
    "O'Malley",
    "Vantage",
    "Sequoia",
    "Lighthouse",
    "Redwood",
    "Silverline",
    "Atlas",
    "Meridian",
    "Fjord",
    "Kestrel",
    "Crème de la Mer",
    "Ironbridge",
    "Aurora",
    "Pinnacle",
    "Cobalt",
    "Juniper",
    "Harbor",
    "Quantum Leap",
    "Saffron",
    "Tidewater",
    "Umbra",
    "Vireo",
    "Willowbrook",
    "Xenon",
    "Yarrow",
    "Zephyr",
    "Granite",
    "Halcyon",
    "Ember",
    "Foxglove",
    "Glacier",
    "Havana",
    "Indigo",
    "Jasper",
    "Kite",
    "Larkspur",
    "Monsoon",
    "Nimbus",
    "Orchard",
    "Palisade",
    "Quarry",
    "Rivet",
    "Summit",
    "Trellis",
];
const FIELDS: &[&str] = &[
    "Logistics",
    "Robotics",
    "Foods",
    "Analytics",
    "Energy",
    "Health",
    "Textiles",
    "Software",
    "Insurance",
    "Aerospace",
    "Pharma",
    "Retail",
    "Marine",
    "Optics",
    "Media",
    "Materials",
    "Mobility",
    "Biotech",
    "Furniture",
    "Security",
    "Travel",
    "Machinery",
    "Chemicals",
    "Education",
    "Packaging",
    "Semiconductors",
    "Telecom",
    "Water",
    "Farming",
    "Instruments",
    "Capital",
    "Design",
];
const FORMS: &[&str] = &["", ", Inc.", " GmbH", " AB", " Ltd", " S.A.", " B.V.", " LLC", " & Co. KG", " Oy", " Group"];
const TOWNS: &[&str] = &[
    "Lisbon", "Oslo", "Denver", "Kyoto", "Nairobi", "Porto", "Zagreb", "Quito", "Leeds", "Turin", "Boise", "Perth", "Ghent", "Tampere",
    "Graz", "Lyon", "Cusco", "Busan", "Tulsa", "Riga", "Basel", "Malaga", "Dakar", "Pune",
];

/// A company.
#[derive(Debug, Clone)]
pub struct Company {
    pub index: u32,
    pub name: String,
    /// Below the reserved top-level domain `.example`; no two companies share one.
    pub domain: String,
    pub industry: &'static str,
    pub employees: u32,
    pub revenue: u32,
}

/// The company with this index.
pub fn company(seed: u64, index: u32) -> Company {
    let mut dice = Dice::of(seed, Stream::Company, u64::from(index), 0);
    let (stem, field, tail) = parts(seed, index);
    let name = match tail {
        Tail::None => format!("{stem} {field}{}", dice.pick(FORMS)),
        Tail::Town(town) => format!("{stem} {field} {town}{}", dice.pick(FORMS)),
        Tail::Number(number) => format!("{stem} {field} {number}{}", dice.pick(FORMS)),
    };
    let employees = 12 + dice.below(400) * (1 + dice.below(30));
    Company {
        index,
        name,
        domain: domain(seed, index),
        industry: field,
        employees,
        revenue: employees.saturating_mul(90_000 + dice.below(200_000)),
    }
}

/// The domain of the company with this index.
pub fn domain(seed: u64, index: u32) -> String {
    let (stem, field, tail) = parts(seed, index);
    let tail = match tail {
        Tail::None => String::new(),
        Tail::Town(town) => format!("-{}", slug(town)),
        Tail::Number(number) => format!("-{number}"),
    };
    format!("{}-{}{tail}.example", slug(stem), slug(field))
}

enum Tail {
    None,
    Town(&'static str),
    Number(u32),
}

fn parts(seed: u64, index: u32) -> (&'static str, &'static str, Tail) {
    let stems = u32::try_from(STEMS.len()).unwrap_or(1);
    let fields = u32::try_from(FIELDS.len()).unwrap_or(1);
    let pairs = stems * fields;
    // 1,361 has no factor in common with 48 × 32, so that every pair comes up once in each round.
    let start = u32::try_from(seed % u64::from(pairs)).unwrap_or(0);
    let pair = ((index % pairs) * 1_361 + start) % pairs;
    let at = |list: &'static [&'static str], position: u32| list.get(usize::try_from(position).unwrap_or(0)).copied().unwrap_or("");
    let round = index / pairs;
    let tail = match round {
        0 => Tail::None,
        town if usize::try_from(town).is_ok_and(|town| town <= TOWNS.len()) => Tail::Town(at(TOWNS, town - 1)),
        number => Tail::Number(number),
    };
    (at(STEMS, pair % stems), at(FIELDS, pair / stems), tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_companies_share_a_domain() {
        let mut seen = std::collections::HashSet::new();
        for index in 0..60_000 {
            assert!(seen.insert(domain(11, index)), "{index}");
        }
    }
}
