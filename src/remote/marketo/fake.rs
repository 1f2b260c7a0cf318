//! A Marketo of a few lines for tests of this room and those above: it counts what it is asked and breaks on demand.
//! It speaks HTTP by hand, so that it can also break off in the middle of an answer.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::remote::call::Caller;
use crate::settings::Settings;

/// What the fake knows, was asked, and will do wrong.
#[derive(Debug, Default)]
pub(crate) struct World {
    pub leads: BTreeMap<i64, Value>,
    pub activities: Vec<Value>,
    pub types: Vec<(i64, &'static str)>,
    pub changed: Vec<i64>,
    pub deleted: Vec<i64>,
    /// Paths in the order in which they were asked for, without what follows a `?`.
    pub asked: Vec<String>,
    pub requests: Vec<Request>,
    /// Answers that come before the ordinary ones, by a part of the path.
    pub faults: VecDeque<(&'static str, Reply)>,
    pub tokens: u32,
    pub expires_in: i64,
    exports: HashMap<String, (bool, Value, u32)>,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Request {
    pub method: String,
    pub path: String,
    pub query: HashMap<String, String>,
    pub headers: HashMap<String, String>,
    pub body: Vec<u8>,
}

#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
    /// Breaks off after so many bytes of the body.
    pub cut: Option<usize>,
}

impl Reply {
    pub(crate) fn json(value: &Value) -> Self {
        Self { status: 200, headers: Vec::new(), body: value.to_string().into_bytes(), cut: None }
    }

    pub(crate) fn error(code: &str) -> Self {
        Self::json(&json!({"requestId": "1#2", "success": false, "errors": [{"code": code, "message": "as ordered"}]}))
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Fake {
    pub address: String,
    world: Arc<Mutex<World>>,
}

impl Fake {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let world = World {
            expires_in: 3_600,
            types: vec![(1, "Visit Webpage"), (12, "New Lead"), (22, "Change Score"), (32, "Merge Leads"), (46, "Interesting Moment")],
            ..World::default()
        };
        let fake = Self { address, world: Arc::new(Mutex::new(world)) };
        let served = fake.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let served = served.clone();
                tokio::spawn(async move { served.serve(stream).await });
            }
        });
        fake
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}/marketo", self.address)
    }

    pub(crate) fn settings(&self) -> Settings {
        let mut settings = Settings::default();
        settings.marketo.extra_hosts = vec![self.address.clone()];
        settings.salesforce.extra_hosts = vec![self.address.clone()];
        settings.marketo.bulk_poll_seconds = 0;
        settings
    }

    pub(crate) fn caller(&self) -> Caller {
        Caller::new(&self.settings()).unwrap()
    }

    /// How often a path that contains `part` was asked for.
    pub(crate) fn count(&self, part: &str) -> usize {
        self.world().asked.iter().filter(|path| path.contains(part)).count()
    }

    /// How many calls were made, not counting identity.
    pub(crate) fn calls(&self) -> usize {
        self.world().asked.iter().filter(|path| !path.contains("/identity/")).count()
    }

    async fn serve(&self, mut stream: TcpStream) {
        while let Some(request) = read(&mut stream).await {
            let reply = self.world().answer(&request);
            let reason = if reply.status < 300 { "OK" } else { "Other" };
            let mut head = format!("HTTP/1.1 {} {reason}\r\nContent-Length: {}\r\n", reply.status, reply.body.len());
            for (name, value) in &reply.headers {
                head.extend([name, ": ", value, "\r\n"]);
            }
            head.push_str("\r\n");
            let whole = reply.cut.unwrap_or(reply.body.len()).min(reply.body.len());
            if stream.write_all(head.as_bytes()).await.is_err() || stream.write_all(&reply.body[..whole]).await.is_err() {
                return;
            }
            if reply.cut.is_some() {
                return;
            }
        }
    }
}

async fn read(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ');
    let (method, target) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers: HashMap<String, String> =
        lines.filter_map(|line| line.split_once(':')).map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned())).collect();
    let length: usize = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = bytes.split_off(end + 4);
    while body.len() < length {
        if stream.read_buf(&mut body).await.ok()? == 0 {
            return None;
        }
    }
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let mut query: HashMap<String, String> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    if headers.get("content-type").is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded")) {
        query.extend(url::form_urlencoded::parse(&body).into_owned());
    }
    Some(Request { method, path: path.to_owned(), query, headers, body })
}

fn page(items: impl Into<Value>) -> Reply {
    let items = items.into();
    Reply::json(&json!({"requestId": "1#2", "success": true, "result": items}))
}

impl World {
    fn answer(&mut self, request: &Request) -> Reply {
        let path = request.path.clone();
        self.asked.push(path.clone());
        self.requests.push(request.clone());
        if let Some(place) = self.faults.iter().position(|(part, _)| path.contains(part)) {
            return self.faults.remove(place).unwrap().1;
        }
        if path.ends_with("/identity/oauth/token") {
            self.tokens += 1;
            let expires_in = self.expires_in;
            self.expires_in = 3_600;
            return Reply::json(
                &json!({"access_token": format!("token-{}", self.tokens), "expires_in": expires_in, "token_type": "bearer"}),
            );
        }
        if !request.headers.contains_key("authorization") {
            return Reply::error("603");
        }
        let Some(path) = path.strip_prefix("/marketo") else { return Reply::error("610") };
        match path {
            "/rest/v1/leads.json" => self.leads(request),
            "/rest/v1/leads/describe2.json" => {
                let fields: Vec<Value> = super::leads::FIELDS.iter().map(|name| json!({"name": name})).collect();
                page(vec![json!({"name": "API Lead", "searchableFields": [["id"]], "fields": fields})])
            }
            "/rest/v1/activities/types.json" => {
                page(self.types.iter().map(|(id, name)| json!({"id": id, "name": name})).collect::<Vec<_>>())
            }
            "/rest/v1/activities/pagingtoken.json" => {
                let since = crate::remote::moment::parse(&request.query["sinceDatetime"]).unwrap();
                let place = self.activities.iter().position(|activity| at(activity) >= since).unwrap_or(self.activities.len());
                Reply::json(&json!({"success": true, "nextPageToken": place.to_string()}))
            }
            "/rest/v1/activities.json" => self.feed(request),
            "/rest/v1/activities/leadchanges.json" => {
                let items = std::mem::take(&mut self.changed).into_iter().map(|id| json!({"marketoGUID": format!("c{id}"), "leadId": id}));
                let items: Vec<Value> = items.collect();
                Reply::json(&json!({"success": true, "result": items, "nextPageToken": "c", "moreResult": false}))
            }
            "/rest/v1/activities/deletedleads.json" => {
                let items = std::mem::take(&mut self.deleted)
                    .into_iter()
                    .map(|id| json!({"marketoGUID": format!("d{id}"), "leadId": id, "primaryAttributeValueId": id}));
                let items: Vec<Value> = items.collect();
                Reply::json(&json!({"success": true, "result": items, "nextPageToken": "d", "moreResult": false}))
            }
            _ => self.bulk(path, request),
        }
    }

    fn leads(&self, request: &Request) -> Reply {
        let filter = request.query["filterType"].as_str();
        let wanted: Vec<&str> = request.query["filterValues"].split(',').collect();
        let matches = |lead: &&Value| {
            let value = &lead[filter];
            let text = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
            wanted.contains(&text.as_str())
        };
        page(self.leads.values().filter(matches).cloned().collect::<Vec<_>>())
    }

    // Three activities a page, so that there are pages; an empty one where the filter leaves nothing.
    fn feed(&self, request: &Request) -> Reply {
        let from: usize = request.query["nextPageToken"].parse().unwrap();
        let to = (from + 3).min(self.activities.len());
        let listed = |name: &str, value: i64| request.query.get(name).is_none_or(|ids| ids.split(',').any(|id| id == value.to_string()));
        let items: Vec<Value> = self.activities[from.min(to)..to]
            .iter()
            .filter(|item| {
                listed("activityTypeIds", item["activityTypeId"].as_i64().unwrap()) && listed("leadIds", item["leadId"].as_i64().unwrap())
            })
            .cloned()
            .collect();
        let more = to < self.activities.len();
        Reply::json(&json!({"success": true, "result": items, "nextPageToken": to.to_string(), "moreResult": more}))
    }

    fn bulk(&mut self, path: &str, request: &Request) -> Reply {
        if path.ends_with("/export.json") {
            return self.exports_of(path.contains("/leads/"));
        }
        let Some((extract, rest)) = path.strip_prefix("/bulk/v1/").and_then(|path| path.split_once("/export/")) else {
            return Reply::error("610");
        };
        let people = extract == "leads";
        if rest == "create.json" {
            let id = format!("export-{}", self.exports.len());
            let filter = serde_json::from_slice::<Value>(&request.body).unwrap()["filter"].clone();
            self.exports.insert(id.clone(), (people, filter, 0));
            return page(vec![json!({"exportId": id, "status": "Created"})]);
        }
        let (id, action) = rest.split_once('/').unwrap();
        let Some((_, filter, looks)) = self.exports.get_mut(id) else { return Reply::error("1013") };
        let filter = filter.clone();
        match action {
            "enqueue.json" => page(vec![json!({"exportId": id, "status": "Queued"})]),
            "status.json" => {
                *looks += 1;
                let looks = *looks;
                page(vec![self.told(id, people, &filter, looks)])
            }
            _ => {
                let file = self.file(people, &filter);
                let range =
                    request.headers.get("range").and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse::<usize>().ok());
                match range {
                    None => Reply { status: 200, headers: Vec::new(), body: file, cut: None },
                    Some(from) => {
                        let total = file.len();
                        let headers = vec![("Content-Range", format!("bytes {from}-{}/{total}", total - 1))];
                        Reply { status: 206, headers, body: file[from..].to_vec(), cut: None }
                    }
                }
            }
        }
    }

    fn exports_of(&mut self, people: bool) -> Reply {
        self.exports.values_mut().for_each(|export| export.2 += 1);
        let of_kind = self.exports.iter().filter(|(_, export)| export.0 == people);
        page(of_kind.map(|(id, (people, filter, looks))| self.told(id, *people, filter, *looks)).collect::<Vec<_>>())
    }

    // An extract of people is under way when it is looked at for the first time.
    fn told(&self, id: &str, people: bool, filter: &Value, looks: u32) -> Value {
        if looks < 2 && people {
            return json!({"exportId": id, "status": "Processing"});
        }
        let file = self.file(people, filter);
        let sum = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &file);
        let sum = super::bulk::hex(sum.as_ref());
        let records = memchr::memchr_iter(b'\n', &file).count() - 1;
        json!({"exportId": id, "status": "Completed", "numberOfRecords": records, "fileSize": file.len(),
            "fileChecksum": format!("sha256:{sum}")})
    }

    pub(crate) fn file(&self, people: bool, filter: &Value) -> Vec<u8> {
        let bound = |name: &str| crate::remote::moment::parse(filter["createdAt"][name].as_str().unwrap()).unwrap();
        let (from, to) = (bound("startAt"), bound("endAt"));
        let mut writer = csv::Writer::from_writer(Vec::new());
        let text = |value: &Value| match value {
            Value::Null => "null".to_owned(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        if people {
            writer.write_record(super::leads::FIELDS).unwrap();
            for lead in self.leads.values() {
                let created = crate::remote::moment::parse(lead["createdAt"].as_str().unwrap()).unwrap();
                if created >= from && created < to {
                    writer.write_record(super::leads::FIELDS.map(|field| text(&lead[field]))).unwrap();
                }
            }
        } else {
            let columns = ["marketoGUID", "leadId", "activityDate", "activityTypeId", "primaryAttributeValue", "attributes"];
            writer.write_record(columns).unwrap();
            for activity in self.activities.iter().filter(|activity| (from..to).contains(&at(activity))) {
                writer.write_record(columns.map(|column| text(&activity[column]))).unwrap();
            }
        }
        writer.into_inner().unwrap()
    }
}

fn at(activity: &Value) -> i64 {
    crate::remote::moment::parse(activity["activityDate"].as_str().unwrap()).unwrap()
}

/// A lead with a Salesforce lead id that follows from its own, owned by somebody.
pub(crate) fn lead(id: i64, created_ms: i64) -> Value {
    let record = crate::salesforce_id::SalesforceId::parse(&format!("00Q{id:012}")).unwrap();
    json!({"id": id, "sfdcType": "Lead", "sfdcLeadId": record.as_str(), "sfdcLeadOwnerId": "005000000000001AAA", "firstName": format!("First{id}"),
        "lastName": "Null", "email": format!("p{id}@example.com"), "leadScore": 5, "createdAt": crate::remote::moment::format(created_ms),
        "updatedAt": crate::remote::moment::format(created_ms)})
}

/// An activity of a type.
pub(crate) fn activity(guid: &str, lead_id: i64, type_id: i64, at_ms: i64) -> Value {
    json!({"marketoGUID": guid, "leadId": lead_id, "activityDate": crate::remote::moment::format(at_ms), "activityTypeId": type_id,
        "primaryAttributeValue": "Web", "attributes": [{"name": "Description", "value": "Pricing"}]})
}
