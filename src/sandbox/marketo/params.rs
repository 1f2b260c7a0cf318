//! Parameters of a call, from the query or a form.

use super::answer::Refusal;

/// Names and values, in the order in which they came.
#[derive(Debug, Clone, Default)]
pub struct Params(Vec<(String, String)>);

impl Params {
    /// Reads a query or a form body.
    pub fn read(encoded: &str) -> Self {
        Self(url::form_urlencoded::parse(encoded.as_bytes()).into_owned().collect())
    }

    /// Adds the parameters of a second source.
    pub fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// The first value of a name, unless empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// A value that must be there.
    pub fn need(&self, name: &str) -> Result<&str, Refusal> {
        self.get(name).ok_or_else(|| Refusal::new("1002", format!("Missing value for required parameter '{name}'")))
    }

    /// The values of a comma-separated list; a name that comes several times adds up.
    pub fn list(&self, name: &str) -> Vec<&str> {
        self.0
            .iter()
            .filter(|(known, _)| known == name)
            .flat_map(|(_, value)| value.split(','))
            .map(str::trim)
            .filter(|value| !value.is_empty())
            .collect()
    }

    /// Numbers of a comma-separated list.
    pub fn numbers(&self, name: &str) -> Result<Vec<u32>, Refusal> {
        let wrong = |value: &str| Refusal::new("1001", format!("Invalid value '{value}'. Required of type 'integer'"));
        self.list(name).into_iter().map(|value| value.parse().map_err(|_| wrong(value))).collect()
    }

    /// The size of a page: 300 unless less is asked for; more is cut to 300.
    pub fn batch_size(&self) -> Result<usize, Refusal> {
        let Some(text) = self.get("batchSize") else { return Ok(300) };
        match text.parse::<usize>() {
            Ok(size) if size > 0 => Ok(size.min(300)),
            _ => Err(Refusal::new("1001", format!("Invalid value '{text}'. Required of type 'integer'"))),
        }
    }
}
