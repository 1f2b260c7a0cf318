//! Activities of a bulk file. The attributes come as one JSON object in a column.

use serde_json::Value;

use super::activities::{RawActivity, attribute_map};
use super::csv_rows::{CsvError, Fields, Rows, column};
use crate::remote::moment;

/// Where the columns of an activity are.
#[derive(Debug)]
pub struct ActivityColumns {
    guid: Option<usize>,
    lead: Option<usize>,
    at: Option<usize>,
    kind: Option<usize>,
    primary_id: Option<usize>,
    primary: Option<usize>,
    attributes: Option<usize>,
}

impl Rows for ActivityColumns {
    type Row = RawActivity;

    fn header(names: &[String]) -> Result<Self, CsvError> {
        let at = |name| column(names, name);
        let columns = Self {
            guid: at("marketoGUID"),
            lead: at("leadId"),
            at: at("activityDate"),
            kind: at("activityTypeId"),
            primary_id: at("primaryAttributeValueId"),
            primary: at("primaryAttributeValue"),
            attributes: at("attributes"),
        };
        if columns.guid.is_none() || columns.lead.is_none() || columns.at.is_none() || columns.kind.is_none() {
            return Err(CsvError::Unreadable("a column of activities is missing"));
        }
        Ok(columns)
    }

    fn row(&self, fields: &Fields<'_>) -> Option<RawActivity> {
        let attributes = fields.text(self.attributes).and_then(|text| serde_json::from_str::<Value>(&text).ok());
        Some(RawActivity {
            guid: fields.text(self.guid)?,
            lead_id: fields.number(self.lead)?,
            at: fields.text(self.at).as_deref().and_then(moment::parse)?,
            type_id: fields.number(self.kind)?,
            primary_attribute_value_id: fields.number(self.primary_id),
            primary_attribute_value: fields.text(self.primary),
            attributes: attributes.map(attribute_map).unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use tokio::sync::mpsc;

    use super::super::csv_rows::{Piece, batches};
    use super::*;

    #[tokio::test]
    async fn attributes_are_read_from_their_json() {
        let file = "marketoGUID,leadId,activityDate,activityTypeId,primaryAttributeValueId,primaryAttributeValue,attributes\n\
            99,7,2026-11-02T08:00:00Z,46,null,Web,\"{\"\"Description\"\":\"\"Pricing, twice\"\",\"\"Source\"\":null}\"\n\
            ,7,2026-11-02T08:00:00Z,46,null,Web,null\n";
        let (sender, receiver) = mpsc::channel(4);
        sender.send(Piece::Data(Bytes::from_static(file.as_bytes()))).await.unwrap();
        sender.send(Piece::End).await.unwrap();
        let batch = batches::<ActivityColumns>(receiver, 10).recv().await.unwrap().unwrap();
        assert_eq!((batch.rows.len(), batch.bad), (1, 1));
        assert_eq!(batch.rows[0].attribute("Description").as_deref(), Some("Pricing, twice"));
        assert_eq!(batch.rows[0].attribute("Source"), None);
    }
}
