//! The little of SOQL that is asked of this org: SELECT fields FROM object WHERE … AND … LIMIT n.

/// A query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// Fields to show; those of a parent have dots.
    pub fields: Vec<String>,
    pub object: String,
    /// All must hold.
    pub conditions: Vec<Condition>,
    /// The field by which they come, from the smallest on.
    pub order: Option<String>,
    pub limit: Option<usize>,
}

/// The only field of a query that asks how many there are.
const COUNT: &str = "COUNT()";

impl Query {
    /// Whether only the number of records is asked.
    pub fn counts(&self) -> bool {
        matches!(self.fields.as_slice(), [only] if only == COUNT)
    }
}

/// `field = value`, or `field IN (values)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    pub field: String,
    /// Any of these; `None` is null.
    pub values: Vec<Option<String>>,
    /// None of these instead.
    pub negated: bool,
    /// More than the only value instead.
    pub above: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Word(String),
    Text(String),
    Mark(char),
}

/// Reads a query, or says what it stumbled over.
pub fn parse(text: &str) -> Result<Query, String> {
    let mut tokens = Tokens { tokens: split(text)?, at: 0 };
    tokens.keyword("SELECT")?;
    let mut fields = tokens.words()?;
    if matches!(fields.as_slice(), [only] if only.eq_ignore_ascii_case("COUNT")) && tokens.mark('(') {
        if !tokens.mark(')') {
            return Err("expecting a right parenthesis".to_owned());
        }
        fields = vec![COUNT.to_owned()];
    }
    tokens.keyword("FROM")?;
    let object = tokens.word()?;
    let mut conditions = Vec::new();
    if tokens.accept("WHERE") {
        conditions.push(tokens.condition()?);
        while tokens.accept("AND") {
            conditions.push(tokens.condition()?);
        }
    }
    let mut order = None;
    if tokens.accept("ORDER") {
        tokens.keyword("BY")?;
        order = tokens.words()?.into_iter().next();
        if !tokens.accept("ASC") && tokens.accept("DESC") {
            order = None;
        }
    }
    let limit = if tokens.accept("LIMIT") { Some(tokens.word()?.parse().map_err(|_| "unexpected token: LIMIT".to_owned())?) } else { None };
    match tokens.next() {
        None => Ok(Query { fields, object, conditions, order, limit }),
        Some(odd) => Err(format!("unexpected token: {odd:?}")),
    }
}

struct Tokens {
    tokens: Vec<Token>,
    at: usize,
}

impl Tokens {
    fn next(&mut self) -> Option<Token> {
        self.at += 1;
        self.tokens.get(self.at - 1).cloned()
    }

    fn accept(&mut self, word: &str) -> bool {
        let here = matches!(self.tokens.get(self.at), Some(Token::Word(known)) if known.eq_ignore_ascii_case(word));
        self.at += usize::from(here);
        here
    }

    fn mark(&mut self, mark: char) -> bool {
        let here = self.tokens.get(self.at) == Some(&Token::Mark(mark));
        self.at += usize::from(here);
        here
    }

    fn keyword(&mut self, word: &str) -> Result<(), String> {
        if self.accept(word) { Ok(()) } else { Err(format!("expecting {word}")) }
    }

    fn word(&mut self) -> Result<String, String> {
        match self.next() {
            Some(Token::Word(word)) => Ok(word),
            other => Err(format!("unexpected token: {other:?}")),
        }
    }

    fn words(&mut self) -> Result<Vec<String>, String> {
        let mut words = vec![self.word()?];
        while self.mark(',') {
            words.push(self.word()?);
        }
        Ok(words)
    }

    fn value(&mut self) -> Result<Option<String>, String> {
        match self.next() {
            Some(Token::Text(text)) => Ok(Some(text)),
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("null") => Ok(None),
            Some(Token::Word(word)) => Ok(Some(word)),
            other => Err(format!("unexpected token: {other:?}")),
        }
    }

    fn condition(&mut self) -> Result<Condition, String> {
        let field = self.word()?;
        if self.mark('=') {
            return Ok(Condition { field, values: vec![self.value()?], negated: false, above: false });
        }
        if self.mark('!') && self.mark('=') {
            return Ok(Condition { field, values: vec![self.value()?], negated: true, above: false });
        }
        if self.mark('>') {
            return Ok(Condition { field, values: vec![self.value()?], negated: false, above: true });
        }
        let negated = self.accept("NOT");
        self.keyword("IN")?;
        if !self.mark('(') {
            return Err("expecting a left parenthesis".to_owned());
        }
        let mut values = vec![self.value()?];
        while self.mark(',') {
            values.push(self.value()?);
        }
        if self.mark(')') {
            Ok(Condition { field, values, negated, above: false })
        } else {
            Err("expecting a right parenthesis".to_owned())
        }
    }
}

fn split(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            white if white.is_whitespace() => {}
            '\'' => {
                let mut value = String::new();
                loop {
                    match letters.next() {
                        Some('\'') => break,
                        Some('\\') => value.extend(letters.next()),
                        Some(other) => value.push(other),
                        None => return Err("unterminated string".to_owned()),
                    }
                }
                tokens.push(Token::Text(value));
            }
            ',' | '(' | ')' | '=' | '!' | '>' => tokens.push(Token::Mark(letter)),
            start if start.is_alphanumeric() || matches!(start, '_' | '-') => {
                let mut word = String::from(start);
                while let Some(more) = letters.next_if(|more| more.is_alphanumeric() || matches!(more, '_' | '.' | ':' | '-')) {
                    word.push(more);
                }
                tokens.push(Token::Word(word));
            }
            odd => return Err(format!("unexpected character: {odd}")),
        }
    }
    Ok(tokens)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_clients_ask_is_understood() {
        let query = parse("SELECT Id, Account.Name FROM Contact WHERE Id IN ('003a', '003b') AND Email != null LIMIT 200").unwrap();
        assert_eq!(query.fields, ["Id", "Account.Name"]);
        assert_eq!(query.conditions[0].values, [Some("003a".to_owned()), Some("003b".to_owned())]);
        assert!(query.conditions[1].negated && query.conditions[1].values == [None]);
        assert_eq!(query.limit, Some(200));
        let quoted = parse(r"select Name from Account where Name = 'O\'Malley'").unwrap();
        assert_eq!(quoted.conditions[0].values, [Some("O'Malley".to_owned())]);
    }

    #[test]
    fn what_comes_behind_a_record_is_asked_in_order() {
        let query = parse("SELECT Id FROM Lead WHERE HasOptedOutOfEmail = true AND Id > '00Qa' ORDER BY Id LIMIT 2000").unwrap();
        assert!(query.conditions[1].above && !query.conditions[0].above);
        assert_eq!((query.order.as_deref(), query.limit), (Some("Id"), Some(2000)));
        assert_eq!(parse("SELECT Id FROM Lead ORDER BY Id DESC").unwrap().order, None);
    }

    #[test]
    fn a_count_is_no_field() {
        assert!(parse("SELECT COUNT() FROM PermissionSetAssignment WHERE Assignee.IsActive = true").unwrap().counts());
        assert!(!parse("SELECT Count FROM Lead").unwrap().counts());
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "SELECT COUNT( FROM Lead",
            "",
            "SELECT",
            "SELECT Id FROM",
            "SELECT Id FROM Lead WHERE",
            "SELECT Id FROM Lead WHERE Id = 'x",
            "SELECT Id FROM Lead; DROP",
            "SELECT Id FROM Lead LIMIT x",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
