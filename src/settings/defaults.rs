//! What counts where the configuration is silent.

use secrecy::SecretString;

use super::{Account, Campaigns, Canvas, Database, Delivery, Gateway, Log, LogFormat, Mail, Marketo, Replay, Salesforce, Secrets};

impl Default for Gateway {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8080".to_owned(),
            public_url: "http://127.0.0.1:8080".to_owned(),
            token_key: SecretString::default(),
            session_seconds: 900,
            access_seconds: 900,
            fragment_seconds: 15,
            workers: 0,
            max_requests: 2_000,
            max_requests_per_account: 400,
            leaving_seconds: 5,
            trusted_proxies: Vec::new(),
        }
    }
}

impl Default for Account {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8081".to_owned(),
            url: "http://127.0.0.1:8081".to_owned(),
            key: SecretString::default(),
            seats: 100,
            max_requests: 2_000,
            max_requests_per_account: 400,
            leaving_seconds: 5,
        }
    }
}

impl Default for Database {
    fn default() -> Self {
        Self { url: SecretString::from("sqlite://msi-gateway.db"), connections: 8 }
    }
}

impl Default for Secrets {
    fn default() -> Self {
        Self { sealing_key: SecretString::default(), sealing_key_id: "k1".to_owned(), previous_sealing_keys: SecretString::default() }
    }
}

impl Default for Canvas {
    fn default() -> Self {
        Self {
            consumer_secrets: SecretString::default(),
            replay: Replay::Verify,
            max_age_seconds: 600,
            seen_seconds: 43_200,
            max_body_bytes: 524_288,
        }
    }
}

impl Default for Mail {
    fn default() -> Self {
        Self { url: None, from: None, poll_seconds: 60, extra_hosts: Vec::new() }
    }
}

impl Default for Marketo {
    fn default() -> Self {
        Self {
            calls_per_window: 50,
            concurrent_calls: 5,
            daily_calls: 40_000,
            background_percent: 80,
            standings_hour: 4,
            history_days: 90,
            poll_seconds: 55,
            follow_calls: 5_500,
            bulk_poll_seconds: 60,
            lease_seconds: 60,
            timeout_seconds: 65,
            people_list: None,
            extra_hosts: Vec::new(),
            endpoint: "https://{munchkin_id}.mktorest.com".to_owned(),
        }
    }
}

impl Default for Salesforce {
    fn default() -> Self {
        Self {
            timeout_seconds: 10,
            extra_hosts: Vec::new(),
            client_id: String::new(),
            client_secret: SecretString::default(),
            login_url: "https://login.salesforce.com".to_owned(),
            sandbox_login_url: "https://test.salesforce.com".to_owned(),
            jwt_key: SecretString::default(),
            jwt_username: String::new(),
        }
    }
}

impl Default for Campaigns {
    fn default() -> Self {
        Self { launches_per_day: 200, running_launches: 200, sends_per_day: 1_000, task_look_seconds: 60 }
    }
}

impl Default for Delivery {
    fn default() -> Self {
        Self { settle_seconds: 120, lease_seconds: 60, call_seconds: 20, retry_seconds: 5 }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { filter: "info".to_owned(), format: LogFormat::Json, traces: String::new(), trace_percent: 10, metrics: String::new() }
    }
}
