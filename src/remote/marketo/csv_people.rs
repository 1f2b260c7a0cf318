//! People of a bulk file.

use super::csv_rows::{CsvError, Fields, Rows, column};
use super::leads::{FIELDS, Lead, Told, whole};
use crate::remote::moment;

/// Where the columns of a person are; columns that we do not know are passed over.
#[derive(Debug)]
pub struct PeopleColumns {
    at: [Option<usize>; FIELDS.len()],
}

impl Rows for PeopleColumns {
    type Row = Lead;

    fn header(names: &[String]) -> Result<Self, CsvError> {
        let columns = Self { at: FIELDS.map(|field| column(names, field)) };
        match columns.at {
            [Some(_), ..] => Ok(columns),
            _ => Err(CsvError::Unreadable("no column id")),
        }
    }

    fn row(&self, fields: &Fields<'_>) -> Option<Lead> {
        let [
            id,
            sfdc_type,
            sfdc_id,
            sfdc_lead_id,
            sfdc_contact_id,
            sfdc_account_id,
            sfdc_opportunity_id,
            owner,
            first_name,
            last_name,
            company,
            title,
            email,
            phone,
            linkedin_url,
            source,
            score,
            relative_score,
            relative_urgency,
            priority,
            created_at,
            updated_at,
        ] = self.at;
        let time = |column| Told::of(fields.borrowed(column).as_deref(), moment::parse);
        let number = |column| Told::of(fields.borrowed(column).as_deref(), whole);
        Some(Lead {
            id: fields.number(id).filter(|id| *id > 0)?,
            sfdc_type: fields.text(sfdc_type),
            sfdc_id: fields.text(sfdc_id),
            sfdc_lead_id: fields.text(sfdc_lead_id),
            sfdc_contact_id: fields.text(sfdc_contact_id),
            sfdc_account_id: fields.text(sfdc_account_id),
            sfdc_opportunity_id: fields.text(sfdc_opportunity_id),
            sfdc_lead_owner_id: fields.text(owner),
            first_name: fields.text(first_name),
            last_name: fields.text(last_name),
            company: fields.text(company),
            title: fields.text(title),
            email: fields.text(email),
            phone: fields.text(phone),
            linkedin_url: fields.text(linkedin_url),
            source: fields.text(source),
            lead_score: number(score),
            relative_score: number(relative_score),
            relative_urgency: number(relative_urgency),
            priority: number(priority),
            created_at: time(created_at),
            updated_at: time(updated_at),
        })
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use proptest::prelude::*;
    use tokio::sync::mpsc;

    use super::super::csv_rows::{Batch, Piece, batches};
    use super::*;

    async fn read(file: &[u8], piece: usize, whole: bool) -> Result<Batch<Lead>, CsvError> {
        let (sender, receiver) = mpsc::channel(2);
        let pieces: Vec<Bytes> = file.chunks(piece.max(1)).map(Bytes::copy_from_slice).collect();
        let feeding = tokio::spawn(async move {
            for piece in pieces {
                if sender.send(Piece::Data(piece)).await.is_err() {
                    return;
                }
            }
            if whole {
                let _ = sender.send(Piece::End).await;
            }
        });
        let mut batches = batches::<PeopleColumns>(receiver, 3);
        let mut all = Batch { rows: Vec::new(), bad: 0 };
        while let Some(batch) = batches.recv().await {
            let batch = batch?;
            assert!(batch.rows.len() <= 3);
            all.rows.extend(batch.rows);
            all.bad += batch.bad;
        }
        feeding.await.unwrap();
        Ok(all)
    }

    #[tokio::test]
    async fn somebody_called_null_keeps_the_name() {
        let file = b"id,firstName,lastName,company\r\n1,null,Null,\"null\"\r\n2,NULL,\"Two\nlines\",\"say \"\"hi\"\"\"\n\0x,a,b,c\n";
        let all = read(file, 7, true).await.unwrap();
        let told: Vec<_> =
            all.rows.iter().map(|lead| (lead.first_name.as_deref(), lead.last_name.as_deref(), lead.company.as_deref())).collect();
        assert_eq!(told, [(None, Some("Null"), None), (Some("NULL"), Some("Two\nlines"), Some("say \"hi\""))]);
        assert_eq!(all.bad, 1);
    }

    #[tokio::test]
    async fn a_byte_order_mark_is_passed_over_however_the_file_is_cut() {
        for marks in 0..3 {
            let file = [&b"\xef\xbb\xbf".repeat(marks)[..], b"id,firstName\n1,Ada\n"].concat();
            for piece in 1..12 {
                let all = read(&file, piece, true).await.unwrap();
                assert_eq!((all.rows.len(), all.bad), (1, 0), "{marks} {piece}");
            }
        }
        assert_eq!(read(b"\xef\xbb\xbf", 3, true).await.unwrap().rows.len(), 0);
        assert!(matches!(read(b"\xef\xbb", 1, false).await, Err(CsvError::Torn)));
    }

    #[tokio::test]
    async fn a_torn_file_never_yields_its_last_row() {
        let torn = read(b"id,firstName\n1,Ada\n12", 4, false).await;
        assert!(matches!(torn, Err(CsvError::Torn)));
    }

    #[tokio::test]
    async fn an_empty_file_is_no_error_and_a_foreign_one_is() {
        assert_eq!(read(b"", 1, true).await.unwrap().rows, []);
        assert_eq!(read(b"id,email\n", 1, true).await.unwrap().rows, []);
        assert!(matches!(read(b"<html>\n", 1, true).await, Err(CsvError::Unreadable(_))));
    }

    #[tokio::test]
    async fn a_row_without_end_is_refused_rather_than_collected() {
        let mut file = b"id,email\n1,\"".to_vec();
        file.extend(std::iter::repeat_n(b'x', 9 * 1024 * 1024));
        assert!(matches!(read(&file, 1 << 16, true).await, Err(CsvError::Unreadable(_))));
    }

    fn field() -> impl Strategy<Value = String> {
        prop_oneof![Just("Null".to_owned()), Just("a,b\r\n\"c\"".to_owned()), "[ -~\u{2028}äß\r\n\",]{1,24}"]
            .prop_filter("empty", |text| text != "null")
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn what_was_written_is_read_in_whatever_pieces_it_comes(
            people in prop::collection::vec((1..i64::MAX, field(), field()), 0..12),
            extra in 0..200_usize,
            piece in 1..50_usize,
            nul in any::<bool>(),
        ) {
            let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
            let further: Vec<String> = (0..extra).map(|number| format!("custom{number}")).collect();
            let mut header = vec!["lastName".to_owned(), "id".to_owned()];
            header.extend(further.clone());
            header.push("title".to_owned());
            writer.write_record(&header).unwrap();
            for (id, name, title) in &people {
                let mut row = vec![name.clone(), id.to_string()];
                row.extend(further.clone());
                row.push(title.clone());
                writer.write_record(&row).unwrap();
            }
            let mut file = writer.into_inner().unwrap();
            if nul {
                file.insert(file.len() / 2, 0);
                file.push(0);
            }
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let all = runtime.block_on(read(&file, piece, true)).unwrap();
            let read: Vec<_> = all.rows.into_iter().map(|lead| (lead.id, lead.last_name.unwrap(), lead.title.unwrap())).collect();
            prop_assert_eq!(read, people);
            prop_assert_eq!(all.bad, 0);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), piece in 1..40_usize) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let mut file = b"id,email\n".to_vec();
            file.extend(bytes);
            let _ = runtime.block_on(read(&file, piece, true));
        }
    }
}
