//! Names from many places, including those that trip software: apostrophes, quotes, commas, non-Latin
//! scripts, a family called Null.

use crate::sandbox::dice::Dice;

/// A place that people come from. Names that aren't Latin carry a romanised form after `|`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Culture {
    given: &'static [&'static str],
    family: &'static [&'static str],
    /// Shape of a telephone number; `#` is a digit.
    pub phone: &'static str,
    /// Country and a city of it.
    pub places: &'static [(&'static str, &'static str)],
}

const CULTURES: &[Culture] = &[
    Culture {
        given: &[
            "Ada",
            "Grace",
            "Marcus",
            "Olivia",
            "Ethan",
            "Naomi",
            "Caleb",
            "Hannah",
            "Dylan",
            "Priscilla",
            "Terrence",
            "Abigail",
            "Jordan",
            "Evelyn",
            "Wyatt",
            "Beth-Ann",
            "William \"Bill\"",
            "D'Andre",
            "Mary Jane",
            "Theodore",
        ],
        family: &[
            "Carter",
            "Whitfield",
            "O'Brien",
            "Nguyen-Hall",
            "Brooks",
            "Delacroix",
            "Hawthorne",
            "Lindqvist",
            "Mercer",
            "Null",
            "Okafor",
            "Prescott",
            "Reyes",
            "Sullivan",
            "Thatcher",
            "Underwood",
            "Vance",
            "Winslow",
            "Smith, Jr.",
            "McAllister",
        ],
        phone: "+1 (555) 01#-####",
        places: &[("United States", "Portland"), ("United States", "Austin"), ("Canada", "Halifax"), ("United States", "Columbus")],
    },
    Culture {
        given: &["Siobhán", "Callum", "Niamh", "Rhys", "Fiona", "Angus", "Imogen", "Declan", "Bronwen", "Alistair", "Poppy", "Gareth"],
        family: &[
            "O'Connell",
            "MacLeod",
            "Ó Súilleabháin",
            "Fairweather",
            "Penhaligon",
            "ap Rhys",
            "Kilbride",
            "Ashworth",
            "Blackwood",
            "D'Arcy",
            "Yates",
            "Featherstone",
        ],
        phone: "+44 20 7946 0###",
        places: &[("United Kingdom", "Leeds"), ("Ireland", "Cork"), ("United Kingdom", "Cardiff"), ("United Kingdom", "Glasgow")],
    },
    Culture {
        given: &[
            "Jörg",
            "Anneliese",
            "Björn",
            "Käthe",
            "Lukas",
            "Friederike",
            "Jürgen",
            "Sabine",
            "Matthias",
            "Leonie",
            "Götz",
            "Ursula",
            "Hans-Jürgen",
        ],
        family: &[
            "Müller",
            "Weiß",
            "von der Heide",
            "Schäfer",
            "Köhler",
            "Großmann",
            "Brandt",
            "Hübner",
            "Zimmermann",
            "Jäger",
            "Pfeiffer",
            "Öztürk",
            "Freiherr zu Lippe",
        ],
        phone: "+49 30 5550 ####",
        places: &[("Germany", "Köln"), ("Austria", "Linz"), ("Switzerland", "Zürich"), ("Germany", "Leipzig")],
    },
    Culture {
        given: &["Zoé", "Éloïse", "François", "Anaïs", "Jean-Luc", "Maëlle", "Théo", "Gaëlle", "Benoît", "Hélène", "Noël", "Aurélie"],
        family: &[
            "d'Avignon",
            "Lefèvre",
            "Béranger",
            "L'Hôpital",
            "Dubœuf",
            "Châtelain",
            "Moreau",
            "Garçon",
            "Saint-Exupère",
            "Renaud",
            "Noël",
            "Marchand",
        ],
        phone: "+33 1 99 00 ## ##",
        places: &[("France", "Nîmes"), ("Belgium", "Liège"), ("France", "Lyon"), ("Luxembourg", "Luxembourg")],
    },
    Culture {
        given: &["Åsa", "Björn", "Søren", "Märta", "Øyvind", "Ingrid", "Håkan", "Solveig", "Jón", "Aino", "Väinö", "Linnéa"],
        family: &[
            "Ödegård",
            "Åkesson",
            "Østergaard",
            "Hämäläinen",
            "Þórsdóttir",
            "Nyström",
            "Bjørklund",
            "Sjöberg",
            "Kjær",
            "Virtanen",
            "Lindgren",
            "Ångström",
        ],
        phone: "+46 8 465 00# ##",
        places: &[("Sweden", "Malmö"), ("Norway", "Tromsø"), ("Denmark", "Århus"), ("Finland", "Jyväskylä")],
    },
    Culture {
        given: &["Daan", "Sanne", "Joost", "Femke", "Thijs", "Lotte", "Bram", "Maartje", "Ruben", "Anouk"],
        family: &["van der Berg", "de Vries", "'t Hooft", "van 't Hek", "Janssen", "IJsselstein", "Bakker", "ten Brinke", "Koïn", "Meijer"],
        phone: "+31 20 555 0###",
        places: &[("Netherlands", "Utrecht"), ("Belgium", "Gent"), ("Netherlands", "'s-Hertogenbosch")],
    },
    Culture {
        given: &["José", "María José", "Iñaki", "Begoña", "Joaquín", "Ximena", "Raúl", "Inês", "João", "Luís", "Íñigo", "Conceição"],
        family: &[
            "Núñez",
            "García Márquez",
            "Peña y Lillo",
            "Ibáñez",
            "Gonçalves",
            "dos Santos",
            "Muñoz",
            "Assunção",
            "Ordóñez",
            "de la Cruz",
            "Araújo",
            "Güell",
        ],
        phone: "+34 910 000 ###",
        places: &[("Spain", "A Coruña"), ("Portugal", "Évora"), ("Mexico", "Mérida"), ("Brazil", "São Paulo"), ("Argentina", "Córdoba")],
    },
    Culture {
        given: &["Łukasz", "Małgorzata", "Jiří", "Božena", "Ștefan", "Ioana", "Zoltán", "Ágnes", "Dušan", "Živa", "Stanisław", "Kateřina"],
        family: &[
            "Wiśniewski",
            "Šimůnek",
            "Łódź-Kowalska",
            "Țepeș",
            "Kovács",
            "Dvořák",
            "Hrušovský",
            "Pawłowska",
            "Čapek",
            "Szőke",
            "Novák",
            "Żuławski",
        ],
        phone: "+48 22 555 0# ##",
        places: &[("Poland", "Łódź"), ("Czechia", "Plzeň"), ("Hungary", "Győr"), ("Romania", "Iași")],
    },
    Culture {
        given: &["小明|Xiaoming", "丽华|Lihua", "伟|Wei", "静|Jing", "建国|Jianguo", "雪梅|Xuemei", "宇航|Yuhang", "思远|Siyuan"],
        family: &["王|Wang", "李|Li", "欧阳|Ouyang", "陈|Chen", "张|Zhang", "司马|Sima", "黄|Huang", "赵|Zhao"],
        phone: "+86 10 5550 ####",
        places: &[("China", "杭州"), ("China", "成都"), ("Singapore", "Singapore")],
    },
    Culture {
        given: &["花子|Hanako", "健太|Kenta", "美咲|Misaki", "大輔|Daisuke", "結衣|Yui", "翔|Sho", "恵|Megumi", "隆|Takashi"],
        family: &[
            "佐藤|Sato",
            "渡辺|Watanabe",
            "小野寺|Onodera",
            "伊藤|Ito",
            "中村|Nakamura",
            "長谷川|Hasegawa",
            "森|Mori",
            "岡本|Okamoto",
        ],
        phone: "+81 3 5550 ####",
        places: &[("Japan", "大阪"), ("Japan", "札幌")],
    },
    Culture {
        given: &["Aarav", "Ishaani", "Venkatesh", "Lakshmi", "Rohan", "Meera", "Arjun", "Ananya", "Imran", "Fatima"],
        family: &["Iyer", "Chatterjee", "Subramanian", "Kaur", "Patel", "Deshmukh", "Rao", "Khan", "Mukherjee", "Bhattacharya"],
        phone: "+91 22 5550 ####",
        places: &[("India", "Pune"), ("India", "Kochi"), ("India", "Chennai")],
    },
    Culture {
        given: &["Chidi", "Ngozi", "Thabo", "Amina", "Kwame", "Zanele", "Yusuf", "Leïla", "Omar", "Noor"],
        family: &["Adébáyò", "N'Diaye", "Mokoena", "El-Sayed", "Mensah", "van Wyk", "Ben Ali", "Haddad", "Traoré", "Al-Rashid"],
        phone: "+27 21 555 0###",
        places: &[("South Africa", "Gqeberha"), ("Nigeria", "Ibadan"), ("Ghana", "Kumasi"), ("Morocco", "Fès")],
    },
    Culture {
        given: &["Ελένη|Eleni", "Γιώργος|Giorgos", "Κατερίνα|Katerina", "Олена|Olena", "Тарас|Taras", "Мирослава|Myroslava"],
        family: &[
            "Παπαδόπουλος|Papadopoulos",
            "Νικολάου|Nikolaou",
            "Шевченко|Shevchenko",
            "Коваль|Koval",
            "Δημητρίου|Dimitriou",
            "Мельник|Melnyk",
        ],
        phone: "+30 21 5550 ####",
        places: &[("Greece", "Πάτρα"), ("Ukraine", "Львів")],
    },
];

const NOWHERE: Culture = Culture { given: &[], family: &[], phone: "", places: &[] };

/// How often each culture occurs, in the order above.
const WEIGHTS: &[u32] = &[26, 11, 11, 8, 8, 5, 8, 6, 4, 3, 5, 3, 2];

/// A person's name and where they come from.
#[derive(Debug, Clone)]
pub struct Name {
    pub given: &'static str,
    pub family: &'static str,
    given_latin: &'static str,
    family_latin: &'static str,
    pub culture: &'static Culture,
}

impl Name {
    /// The name that these dice give.
    pub fn roll(dice: &mut Dice) -> Self {
        let total = WEIGHTS.iter().sum();
        let mut at = dice.below(total);
        let found = CULTURES.iter().zip(WEIGHTS).find(|&(_, &weight)| {
            let here = at < weight;
            at = at.saturating_sub(weight);
            here
        });
        let culture = found.map_or(&NOWHERE, |(culture, _)| culture);
        let (given, given_latin) = both(dice.pick(culture.given));
        let (family, family_latin) = both(dice.pick(culture.family));
        Self { given, family, given_latin, family_latin, culture }
    }

    /// The local part of an e-mail address: plain ASCII, as Marketo demands.
    pub fn mailbox(&self) -> String {
        format!("{}.{}", slug(self.given_latin), slug(self.family_latin))
    }

    /// A telephone number of the place.
    pub fn phone(&self, dice: &mut Dice) -> String {
        self.culture.phone.chars().map(|letter| if letter == '#' { char::from(dice.pick(b"0123456789")) } else { letter }).collect()
    }
}

fn both(entry: &'static str) -> (&'static str, &'static str) {
    entry.split_once('|').unwrap_or((entry, entry))
}

/// Lower-case ASCII letters and digits, other runs as single hyphens.
pub fn slug(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match plain(letter) {
            "" if letter.is_ascii_alphanumeric() => out.push(letter.to_ascii_lowercase()),
            "" if matches!(letter, '\'' | '"' | '.' | ',') => {}
            "" if out.ends_with('-') || out.is_empty() => {}
            "" => out.push('-'),
            folded => out.push_str(folded),
        }
    }
    out.trim_end_matches('-').to_owned()
}

fn plain(letter: char) -> &'static str {
    match letter.to_lowercase().next().unwrap_or(letter) {
        'á' | 'à' | 'â' | 'ã' | 'å' | 'ă' => "a",
        'ä' | 'æ' => "ae",
        'ç' | 'č' | 'ć' => "c",
        'ď' => "d",
        'é' | 'è' | 'ê' | 'ë' | 'ě' => "e",
        'í' | 'ì' | 'î' | 'ï' => "i",
        'ł' => "l",
        'ñ' | 'ň' | 'ń' => "n",
        'ó' | 'ò' | 'ô' | 'õ' | 'ő' => "o",
        'ö' | 'ø' | 'œ' => "oe",
        'ř' => "r",
        'š' | 'ś' | 'ș' => "s",
        'ß' => "ss",
        'ț' => "t",
        'þ' => "th",
        'ú' | 'ù' | 'û' | 'ů' => "u",
        'ü' => "ue",
        'ý' => "y",
        'ź' | 'ż' | 'ž' => "z",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::dice::Stream;

    #[test]
    fn every_name_makes_an_ascii_mailbox() {
        for index in 0..5_000 {
            let name = Name::roll(&mut Dice::of(3, Stream::Person, index, 0));
            let mailbox = name.mailbox();
            assert!(mailbox.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-'), "{mailbox}");
            assert!(!mailbox.starts_with('.') && !mailbox.ends_with('.'), "{mailbox} of {} {}", name.given, name.family);
        }
    }
}
