//! People of a file as they come out of its reader: admitted, or why not. The reader has a thread of its own, so that
//! whoever writes them need not judge them as well.

use crate::account::arrivals::people::{LeftOut, Skip, admit};
use crate::remote::marketo::csv_people::PeopleColumns;
use crate::remote::marketo::csv_rows::{CsvError, Fields, Rows};
use crate::remote::marketo::leads::Lead;
use crate::store::people::NewPerson;

/// A row of a file of people.
#[derive(Debug)]
pub struct Candidate {
    pub lead_id: i64,
    pub outcome: Result<NewPerson, Skip>,
    pub left_out: LeftOut,
}

impl From<Lead> for Candidate {
    fn from(lead: Lead) -> Self {
        let mut left_out = LeftOut::new();
        Self { lead_id: lead.id, outcome: admit(lead, &mut left_out), left_out }
    }
}

/// The columns of such a file.
#[derive(Debug)]
pub struct CandidateColumns(PeopleColumns);

impl Rows for CandidateColumns {
    type Row = Candidate;

    fn header(names: &[String]) -> Result<Self, CsvError> {
        PeopleColumns::header(names).map(Self)
    }

    fn row(&self, fields: &Fields<'_>) -> Option<Candidate> {
        self.0.row(fields).map(Candidate::from)
    }
}
