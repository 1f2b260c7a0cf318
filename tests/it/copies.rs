//! A copy of the database is made while everything runs, and put back as the README says; what was made since is gone, the rest serves.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::roles::{Fleet, free_address, text};

fn done(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

// Debian keeps PostgreSQL's programs in a folder of each version.
fn postgres_program(name: &str) -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").unwrap();
    versions
        .map(|version| version.unwrap().path().join("bin").join(name))
        .filter(|path| path.exists())
        .max()
        .expect("PostgreSQL's programs")
}

fn org(fleet: &Fleet, name: &str, id: &str) {
    let words = ["admin", "org", "--name", name, "--org-id", id, "--instance-url", "https://acme.my.salesforce.com"];
    let output = fleet.run(&[&words[..], &["--frame", "https://acme.lightning.force.com"]].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

// What an operator does: copy, work on, put back; `back` is given the copy.
async fn goes_back(fleet: &mut Fleet, copy: impl Fn(&Fleet, &Path), back: impl Fn(&Path)) {
    assert!(fleet.run(&["migrate"]).status.success());
    org(fleet, "Kept", "00D000000000001EAA");
    fleet.start("account", &free_address());
    fleet.start("worker", &free_address());
    fleet.start("gateway", &free_address());
    fleet.ready().await;

    let file = fleet.folder.path().join("copy");
    copy(fleet, &file);
    org(fleet, "Made since", "00D000000000002EAA");
    assert!(text(&fleet.run(&["admin", "accounts"])).contains("Made since"));
    fleet.stop();

    back(&file);
    let restored = fleet.run(&["admin", "restored"]);
    assert_eq!(text(&restored).trim(), "deliveries=0 people=0", "{}", String::from_utf8_lossy(&restored.stderr));
    let accounts = text(&fleet.run(&["admin", "accounts"]));
    assert!(accounts.contains("Kept") && !accounts.contains("Made since"), "{accounts}");
    for role in ["account", "worker", "gateway"] {
        fleet.start(role, &free_address());
    }
    fleet.ready().await;
}

#[tokio::test]
async fn a_copy_of_the_embedded_database_is_put_back() {
    let mut fleet = Fleet::new("http://127.0.0.1:9");
    let database = fleet.folder.path().join("fleet.db");
    let copy = |fleet: &Fleet, file: &Path| {
        let path = file.display().to_string();
        assert!(text(&fleet.run(&["admin", "backup", &path])).starts_with(&format!("file={path} bytes=")));
        let again = fleet.run(&["admin", "backup", &path]);
        assert!(!again.status.success(), "a copy is never written over");
    };
    let back = |file: &Path| {
        for suffix in ["-wal", "-shm"] {
            let beside = PathBuf::from(format!("{}{suffix}", database.display()));
            assert!(!beside.exists() || fs::remove_file(beside).is_ok());
        }
        fs::copy(file, &database).unwrap();
    };
    goes_back(&mut fleet, copy, back).await;
}

#[tokio::test]
async fn a_dump_of_postgresql_is_put_back() {
    let Ok(server) = std::env::var("MSI_TEST_POSTGRES_URL") else { return };
    let name = format!("copies_{}", std::process::id());
    done(Command::new(postgres_program("psql")).args(["--quiet", &server, "-c", &format!("CREATE DATABASE {name}")]));
    let url = format!("{}/{name}", server.rsplit_once('/').unwrap().0);
    let mut fleet = Fleet::new("http://127.0.0.1:9");
    fleet.environment.push(("MSI__DATABASE__URL".to_owned(), url.clone()));
    let copy = |fleet: &Fleet, file: &Path| {
        let refused = fleet.run(&["admin", "backup", &file.display().to_string()]);
        assert!(String::from_utf8_lossy(&refused.stderr).contains("pg_dump --format=custom"), "{refused:?}");
        done(Command::new(postgres_program("pg_dump")).args(["--format=custom", &format!("--file={}", file.display()), &url]));
    };
    let back = |file: &Path| {
        let restore = ["--clean", "--if-exists", "--single-transaction", &format!("--dbname={url}"), &file.display().to_string()];
        done(Command::new(postgres_program("pg_restore")).args(restore));
    };
    goes_back(&mut fleet, copy, back).await;
}
