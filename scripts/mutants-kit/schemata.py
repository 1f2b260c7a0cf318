"""Mutants that are all built at once, into a copy of the house, where a number in the environment says which of them lives.

tenant: every condition of an SQL statement that keeps one account from another: C becomes `(C or exists (select 1 from mutant where k = 17))`.
outbox: every condition of the ledger's statements, and what cargo-mutants would change in the code that delivers.

Usage: schemata.py SCRATCH tenant|outbox TESTS…, by parts of their names. A first run notes which test comes past which mutant; then each
mutant is tried with those. ONLY=REGEX chooses by file and line, MOST=N takes only so many of the tests, the nearest first, THREADS is how
many run at once, REUSE=1 takes the copy and the first run as they are, GO_ON=1 what was noticed before.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time

HOUSE = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
TENANT = re.compile(r"(?<![\w.])\+?(?:[a-z_]+\.)?account_id(?: \|\| '')? (?:=|<>) (?:\$\d+|[a-z_]+\.account_id)(?!\w)")
OPERAND = r"(?:\$\d+|'[a-z]*'|\d+|[a-z_]+\.[a-z_]+|[a-z_]+)"
# Not what is set, only what is asked for.
CONDITION = re.compile(
    r"(?:(?<=where )|(?<=and )|(?<= or )|(?<=or \()|(?<=and \())\+?(?:[a-z]\.)?[a-z_]+ "
    r"(?:(?:=|<>|<=|>=|<|>) " + OPERAND + r"|in \('[a-z', ]+\))"
)
# Seconds for one mutant: for so many tests, and for all others.
FEW, LONGEST_OF_FEW, LONGEST = 5, 45, 120
LEDGER = "src/store/deliveries.rs"
DELIVERS = ["src/sync/deliver/*.rs", LEDGER]
# Mutants that can't be told from the house, each with the reason.
SAME = json.load(open(os.path.join(HOUSE, "scripts/mutants-kit/same.json"), encoding="utf-8"))

LIVES = """
/// Whether the mutant of this number lives.
pub fn mutant(number: u32) -> bool {
    static LIVES: std::sync::LazyLock<u32> = std::sync::LazyLock::new(|| std::env::var("MUTANT").ok().and_then(|k| k.parse().ok()).unwrap_or(0));
    passed(number);
    *LIVES == number
}

/// Notes which test came past a mutant, when `PASSED` names a file.
pub fn passed(number: u32) {
    type Seen = (std::collections::HashSet<(u32, String)>, std::fs::File);
    static SEEN: std::sync::LazyLock<Option<std::sync::Mutex<Seen>>> = std::sync::LazyLock::new(|| {
        let path = std::env::var("PASSED").ok()?;
        let file = std::fs::OpenOptions::new().create(true).append(true).open(path).ok()?;
        Some(std::sync::Mutex::new((std::collections::HashSet::new(), file)))
    });
    let Some(seen) = &*SEEN else { return };
    let name = std::thread::current().name().unwrap_or_default().to_owned();
    let mut seen = seen.lock().unwrap();
    if seen.0.insert((number, name.clone())) {
        use std::io::Write;
        writeln!(seen.1, "{number} {name}").unwrap();
    }
}

struct Statements;

impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for Statements {
    fn on_event(&self, event: &tracing::Event<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
        struct Text;
        impl tracing::field::Visit for Text {
            fn record_debug(&mut self, _: &tracing::field::Field, value: &dyn std::fmt::Debug) {
                self.look(&format!("{value:?}"));
            }
            fn record_str(&mut self, _: &tracing::field::Field, value: &str) {
                self.look(value);
            }
        }
        impl Text {
            fn look(&self, text: &str) {
                for part in text.split("mutant where k = ").skip(1) {
                    let digits: String = part.chars().take_while(char::is_ascii_digit).collect();
                    if let Ok(number) = digits.parse() {
                        passed(number);
                    }
                }
            }
        }
        event.record(&mut Text);
    }
}

/// Listens to statements, once.
pub fn listen() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        if std::env::var("PASSED").is_ok() {
            use tracing_subscriber::prelude::*;
            let filter = tracing_subscriber::EnvFilter::new("off,sqlx::query=debug");
            let _ = tracing_subscriber::registry().with(Statements.with_filter(filter)).try_init();
        }
    });
}
"""
ROW = """        if let Ok(k) = std::env::var("MUTANT") {
            on!(self, pool => sqlx::query("insert into mutant values ($1)").bind(k.parse::<i64>().unwrap_or(0)).execute(pool).await.map(drop))?;
        }
"""
OPTIONS = "                .foreign_keys(true);"
# SQLite works in a thread of its own, which is to be known by the test's name.
NAMED = """                .foreign_keys(true)
                .thread_name({
                    let name = std::thread::current().name().unwrap_or_default().to_owned();
                    move |_| name.clone()
                });"""
CONNECT = "    pub async fn connect(url: &str, connections: u32) -> Result<Self, StoreError> {"
MIGRATED = "        Ok(())\n    }\n\n    /// Answers when the database does."


class Found:
    """The mutants, by number."""

    def __init__(self):
        self.mutants = []

    def add(self, file, line, what, text):
        self.mutants.append({"k": len(self.mutants) + 1, "file": file, "line": line, "what": what, "text": text.strip()})
        return len(self.mutants)


def of_sql(name, text, found, pattern, ways):
    """The text with every such condition made to depend on the row of its number."""
    at = text.find("#[cfg(test)]")
    body, tests = (text, "") if at < 0 else (text[:at], text[at:])
    lines = body.split("\n")
    for number, line in enumerate(lines):
        if line.lstrip().startswith("//"):
            continue

        def wrapped(match, number=number, line=line):
            said = match.group()
            # Those on an account are the other kind's.
            if pattern is CONDITION and TENANT.search(said):
                return said
            for way in ways:
                k = found.add(name, number + 1, f"{match.group()} {way}", line)
                lives = f"exists (select 1 from mutant where k = {k})"
                said = f"({said} or {lives})" if way == "always" else f"({said} and not {lives})"
            return said

        lines[number] = pattern.sub(wrapped, line)
    return "\n".join(lines) + tests


def of_code(scratch, files, found, left_out):
    """What cargo-mutants would change in these files, as branches of the code. `left_out` are names that could not be built."""
    import tree_sitter
    import tree_sitter_rust

    command = [os.path.join(HOUSE, "target/tools/bin/cargo-mutants"), "mutants", "--list", "--json"]
    for file in files:
        command += ["--file", file]
    listed = json.loads(subprocess.run(command, cwd=HOUSE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout)
    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_rust.language()))
    for name in sorted({mutant["file"] for mutant in listed}):
        path = os.path.join(scratch, name)
        source = open(os.path.join(HOUSE, name), "rb").read()
        starts = [0]
        for line in source.split(b"\n"):
            starts.append(starts[-1] + len(line) + 1)

        def place(where, starts=starts, source=source):
            start = starts[where["line"] - 1]
            # Columns count letters.
            return start + len(source[start : starts[where["line"]]].decode()[: where["column"] - 1].encode())

        by_place = {}
        for mutant in listed:
            if mutant["file"] == name and mutant["name"] not in left_out and "StructField" != mutant["genre"]:
                at = place(mutant["span"]["start"])
                kept = by_place.setdefault((mutant["genre"], at), [])
                line = mutant["span"]["start"]["line"]
                k = found.add(name, line, mutant["name"].split(": ", 1)[1], source[starts[line - 1] : starts[line]].decode())
                found.mutants[-1]["name"] = mutant["name"]
                kept.append((k, mutant))

        def written(node, by_place=by_place, source=source):
            text, at = [], node.start_byte
            for child in node.children:
                text.append(source[at : child.start_byte].decode())
                text.append(written(child))
                at = child.end_byte
            text.append(source[at : node.end_byte].decode())
            whole = "".join(text)
            if node.type in ("binary_expression", "compound_assignment_expr"):
                operator = node.child_by_field_name("operator")
                here = by_place.pop(("BinaryOperator", operator.start_byte), [])
                if here and not any(child.type == "let_condition" for child in (node.children)):
                    left, right = written(node.child_by_field_name("left")), written(node.child_by_field_name("right"))
                    branches = "".join(f"if crate::mutant({k}) {{ {left} {mutant['replacement']} {right} }} else " for k, mutant in here)
                    whole = f"({branches}{{ {whole} }})"
            elif node.type == "unary_expression":
                here = by_place.pop(("UnaryOperator", node.start_byte), [])
                inner = written(node.children[-1])
                for k, _ in here:
                    whole = f"(if crate::mutant({k}) {{ {inner} }} else {{ {whole} }})"
            elif node.type == "match_arm":
                for k, _ in by_place.pop(("MatchArm", node.start_byte), []):
                    arrow = written(node.child_by_field_name("pattern"))
                    rest = whole[len(arrow) :]
                    guarded = arrow.find(" if ")
                    pattern = arrow + " if " if guarded < 0 else arrow[:guarded] + " if " + "(" + arrow[guarded + 4 :] + ") && "
                    whole = f"{pattern}!crate::mutant({k}){' '}{rest.lstrip()}"
            elif node.type == "block":
                here = by_place.pop(("FnValue", node.children[1].start_byte if len(node.children) > 1 else -1), [])
                branches = "".join(f"if crate::mutant({k}) {{ return {mutant['replacement']}; }} " for k, mutant in here)
                whole = "{ " + branches + whole[1:] if branches else whole
            guards = by_place.pop(("MatchArmGuard", node.start_byte), []) if node.parent is not None and node.parent.type == "match_pattern" and node.type != "identifier_pattern" else []
            for k, mutant in guards:
                whole = f"({whole}) {'|| ' if mutant['replacement'] == 'true' else '&& !'}crate::mutant({k})"
            return whole

        text = written(parser.parse(source).root_node)
        for (genre, _), kept in by_place.items():
            for k, mutant in kept:
                found.mutants[k - 1]["left out"] = f"{genre}: no place found"
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)


def copy(scratch, kind, left_out):
    """The house with every mutant in it."""
    for folder in ("src", "templates", "tests", "scripts/bench-kit"):
        shutil.rmtree(os.path.join(scratch, folder), ignore_errors=True)
        shutil.copytree(os.path.join(HOUSE, folder), os.path.join(scratch, folder), copy_function=shutil.copyfile)
    for file in ("Cargo.toml", "Cargo.lock", ".cargo/config.toml"):
        os.makedirs(os.path.dirname(os.path.join(scratch, file)), exist_ok=True)
        shutil.copy(os.path.join(HOUSE, file), os.path.join(scratch, file))
    manifest = open(os.path.join(scratch, "Cargo.toml"), encoding="utf-8").read()
    with open(os.path.join(scratch, "Cargo.toml"), "w", encoding="utf-8") as file:
        # Another version is another program to cargo: what was built of the house itself stays.
        manifest = manifest.replace("[lints.", "[package.metadata.").replace('version = "0.1.0"', f'version = "0.1.0-{kind}"', 1)
        file.write(manifest + "\n[workspace]\n")
    found = Found()
    if kind == "outbox":
        of_code(scratch, DELIVERS, found, left_out)
    with open(os.path.join(scratch, "src/lib.rs"), "a", encoding="utf-8") as file:
        file.write(LIVES)
    store = os.path.join(scratch, "src/store")
    for name in sorted(os.listdir(store)):
        path = os.path.join(store, name)
        if not name.endswith(".rs") or name in ("tests.rs", "testing.rs"):
            continue
        text = open(path, encoding="utf-8").read()
        if kind == "tenant":
            text = of_sql(f"src/store/{name}", text, found, TENANT, ["always"])
        elif f"src/store/{name}" == LEDGER:
            text = of_sql(LEDGER, text, found, CONDITION, ["always", "never"])
        if name == "mod.rs":
            assert MIGRATED in text
            text = text.replace(MIGRATED, ROW + MIGRATED)
            assert CONNECT in text and OPTIONS in text
            text = text.replace(OPTIONS, NAMED)
            text = text.replace(CONNECT, CONNECT + "\n        crate::listen();")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    for engine in ("sqlite", "postgres"):
        with open(os.path.join(store, "migrations", engine, "9999_mutant.sql"), "w", encoding="utf-8") as file:
            file.write("create table mutant (k bigint not null);\n")
    return found.mutants


def build(scratch):
    """The tests of the house as one program, or the numbers of the mutants that can't be built."""
    said = subprocess.run(
        ["cargo", "test", "--offline", "--lib", "--no-run", "--message-format", "json"], cwd=scratch, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    broken = set()
    for line in said.stdout.decode().splitlines():
        word = json.loads(line)
        if word.get("executable") and word.get("profile", {}).get("test"):
            return word["executable"], broken
        message = word.get("message") or {}
        if message.get("level") == "error":
            spans = [span for span in message["spans"] if span["is_primary"]]
            print(message["message"], *[f"{span['file_name']}:{span['line_start']}" for span in spans], flush=True)
            for span in spans:
                lines = open(os.path.join(scratch, span["file_name"]), encoding="utf-8").read().split("\n")
                near = "\n".join(lines[span["line_start"] - 1 : span["line_end"]])
                broken |= {int(k) for k in re.findall(r"crate::mutant\((\d+)\)", near)}
    return None, broken


def ran(program, scratch, arguments, more, until_first, longest):
    """The tests that fail, or the first of them."""
    command = [program, *arguments, "--test-threads", os.environ.get("THREADS", "2")]
    folder = os.path.join(scratch, "tmp")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    environment = dict(os.environ, TMPDIR=folder, **more)
    child = subprocess.Popen(command, cwd=scratch, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    names, begun = [], time.monotonic()
    watch = subprocess.Popen(["sh", "-c", f"sleep {longest}; kill {child.pid}"])
    for line in child.stdout:
        match = re.match(r"test (\S+)(?: - .*)? \.\.\. FAILED", line)
        if match:
            names.append(match.group(1))
            if until_first:
                break
    if time.monotonic() - begun > longest - 1:
        names.append("took too long")
    watch.kill()
    watch.wait()
    if names and until_first:
        child.kill()
    child.wait()
    if not names and child.returncode != 0:
        names.append("ended by itself")
    return names


def built(scratch, kind):
    """The copy's program and the mutants in it; `REUSE=1` takes what is there."""
    known = os.path.join(scratch, "built.json")
    if os.environ.get("REUSE"):
        with open(known, encoding="utf-8") as file:
            return json.load(file)
    left_out = set()
    for _ in range(8):
        mutants = copy(scratch, kind, left_out)
        program, broken = build(scratch)
        if program:
            print(f"{len(mutants)} mutants; can't be built: {sorted(left_out)}", flush=True)
            with open(known, "w", encoding="utf-8") as file:
                json.dump([program, mutants], file, indent=1)
            return program, mutants
        left_out |= {mutants[k - 1]["name"] for k in broken}
        if not broken:
            break
    raise SystemExit("the copy can't be built")


def named(mutants):
    """Mutants with names that hold when lines move: file, what, text, and which of those that are alike."""
    alike = {}
    for mutant in sorted(mutants, key=lambda mutant: mutant["k"]):
        name = (mutant["file"], re.sub(r"^\d+:\d+: ", "", mutant["what"]), mutant["text"])
        alike[name] = alike.get(name, 0) + 1
        yield (*name, alike[name]), mutant


def near(mutant, name):
    """Tests that are quick, and those of the same thing, come first."""
    stem = os.path.basename(mutant["file"])[:-3]
    return ("::out_" not in name, stem[:7] not in name, not name.startswith("store::"), name.startswith("sync::"), name)


def main():
    scratch, kind = sys.argv[1:3]
    filters = sys.argv[3:]
    os.makedirs(scratch, exist_ok=True)
    program, mutants = built(scratch, kind)
    passed = os.path.join(scratch, "passed")
    failing = os.path.join(scratch, "failing")
    if not os.environ.get("REUSE"):
        # Which tests come past which mutant, and which fail by what was done to the copy.
        begun = time.monotonic()
        if os.path.exists(passed):
            os.remove(passed)
        names = ran(program, scratch, filters, {"MUTANT": "0", "PASSED": passed}, False, 3600)
        with open(failing, "w", encoding="utf-8") as file:
            file.write("\n".join(names))
        print(f"without a mutant {len(names)} tests fail and are left out: {sorted(names)}; {time.monotonic() - begun:.0f} s", flush=True)
    skipped = set(open(failing, encoding="utf-8").read().split("\n"))
    tests = {}
    for line in open(passed, encoding="utf-8"):
        k, _, name = line.strip().partition(" ")
        if "::" in name and name not in skipped:
            tests.setdefault(int(k), []).append(name)
    chosen, most = os.environ.get("ONLY"), int(os.environ.get("MOST", "10000"))
    tried = [mutant for mutant in mutants if "left out" not in mutant and (not chosen or re.search(chosen, f"{mutant['file']}:{mutant['line']}"))]
    # Whoever has no time for all has tried some of everything.
    tried.sort(key=lambda mutant: (mutant["k"] % 4, mutant["k"]))
    judged = {}
    if os.environ.get("GO_ON"):
        with open(os.path.join(scratch, f"{kind}.json"), encoding="utf-8") as file:
            judged = {mutant: one["noticed"] for mutant, one in named(json.load(file)) if one["noticed"]}
    begun = time.monotonic()
    names_of = {mutant["k"]: name for name, mutant in named(mutants)}
    for count, mutant in enumerate(tried):
        mutant["same"] = next((one["why"] for one in SAME if one["file"] == mutant["file"] and one["what"] == mutant["what"] and one["text"] in mutant["text"]), None)
        mutant["tests"] = sorted(tests.get(mutant["k"], []), key=lambda name: near(mutant, name))
        if names_of[mutant["k"]] in judged:
            mutant["noticed"] = judged[names_of[mutant["k"]]]
            continue
        names, wanted = [], [] if mutant["same"] else mutant["tests"][:most]
        # What never ends is found out by the first few.
        for part, longest in ((wanted[:FEW], LONGEST_OF_FEW), (wanted[FEW:], LONGEST)):
            if part and not names:
                names = ran(program, scratch, ["--exact", *part], {"MUTANT": str(mutant["k"])}, True, longest)
        mutant["noticed"] = names[0] if names else None
        with open(os.path.join(scratch, f"{kind}.json"), "w", encoding="utf-8") as file:
            json.dump(tried[: count + 1], file, indent=1)
        if not mutant["noticed"] and not mutant["same"]:
            print(f"MISSED by {min(most, len(mutant['tests']))} of {len(mutant['tests'])} tests {mutant['file']}:{mutant['line']}: {mutant['what']}   | {mutant['text']}", flush=True)
    print(f"{time.monotonic() - begun:.0f} s")
    for name in sorted({mutant["file"] for mutant in tried}):
        of = [mutant for mutant in tried if mutant["file"] == name]
        same = sum(1 for mutant in of if mutant["same"])
        print(f"{name}: {len(of)} mutants, {sum(1 for mutant in of if mutant.get('noticed'))} noticed, {same} the same")


if __name__ == "__main__":
    main()
