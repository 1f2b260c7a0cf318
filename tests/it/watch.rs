//! What the rules and the dashboard ask for is what the program says: a figure that was renamed would leave them silent.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

fn sources(folder: &Path, text: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, text);
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            text.push_str(&fs::read_to_string(&path).unwrap());
        }
    }
}

// Names of figures in PromQL: they have an underscore, unlike functions and labels; what stands in quotes is a value.
fn names(promql: &str) -> BTreeSet<String> {
    let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let plain = |name: &str| name.contains('_') && !["histogram_quantile", "__rate_interval"].contains(&name);
    let outside = promql.split('"').step_by(2);
    let words = outside.flat_map(|part| part.split(|c: char| !word(c))).filter(|name| plain(name));
    words.map(|name| name.strip_suffix("_bucket").unwrap_or(name).to_owned()).collect()
}

#[test]
fn rules_and_dashboard_know_only_figures_that_there_are() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut text = String::new();
    sources(&root.join("src"), &mut text);
    let rules = fs::read_to_string(root.join("scripts/watch/alerts.yml")).unwrap();
    let mut asked: Vec<String> = rules.lines().filter_map(|line| line.trim().strip_prefix("expr: ").map(str::to_owned)).collect();
    assert!(asked.len() > 5);
    let dashboard: serde_json::Value = serde_json::from_str(&fs::read_to_string(root.join("scripts/watch/grafana.json")).unwrap()).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    for panel in panels.iter().filter(|panel| panel["type"] != "row") {
        let targets = panel["targets"].as_array().unwrap();
        assert!(!targets.is_empty() && !panel["description"].as_str().unwrap().is_empty(), "{panel}");
        asked.extend(targets.iter().map(|target| target["expr"].as_str().unwrap().to_owned()));
    }
    // Those that the library about processes tells of itself.
    let of_processes = ["process_resident_memory_bytes", "process_open_fds", "process_max_fds"];
    let known = |name: &str| of_processes.contains(&name) || text.contains(&format!("\"{name}\""));
    for promql in &asked {
        let names = names(promql);
        assert!(!names.is_empty(), "{promql}");
        assert!(names.iter().all(|name| known(name)), "{promql}: {names:?}");
    }
    let shown: BTreeSet<String> = asked.iter().flat_map(|promql| names(promql)).collect();
    assert!(shown.len() > 15, "{shown:?}");
}
