//! Checks of the Markdown pages that need no server: links, code blocks that are not run, the table of contents, the
//! alerts, the messages. `end_to_end::documentation` runs the code blocks.

#![allow(clippy::unwrap_used)] // an error fails the test

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use musicstream_tests::document::{Block, Page, Step, pages, root};

/// The reasons for which a code block may be exempt from being run.
const REASONS: [&str; 7] = [
    "norun-build",     // compiles, or runs for minutes
    "norun-cluster",   // needs several machines
    "norun-container", // needs Docker
    "norun-desktop",   // opens a window
    "norun-diagram",   // is no code
    "norun-other",     // is a file of another program, such as Prometheus or systemd
    "norun-root",      // changes the system, or the whole database server
];

/// The languages of blocks that `end_to_end::documentation` runs or compares.
const LANGUAGES: [&str; 4] = ["sql", "sh", "toml", "text"];

fn blocks(page: &Page) -> Vec<Block> {
    let steps = page.steps().into_iter();
    steps
        .filter_map(|step| match step {
            Step::Block(block) => Some(block),
            Step::Hidden(_) | Step::NewDatabase => None,
        })
        .collect()
}

#[test]
fn every_code_block_is_run_or_says_why_not() {
    let mut wrong = Vec::new();
    for page in pages() {
        let mut last_is_run = false;
        for block in blocks(&page) {
            let is_run = block.is_run() && LANGUAGES.contains(&&*block.language);
            let has_reason =
                matches!(&block.attributes[..], [reason] if REASONS.contains(&&**reason));
            let answers_nothing = block.language == "text" && is_run && !last_is_run;
            if (!is_run && !has_reason) || answers_nothing {
                wrong.push(format!(
                    "{}:{}: a block in “{}” is neither run nor compared, and has not one of the reasons {REASONS:?}",
                    page.path, block.line, block.language
                ));
            }
            last_is_run = is_run && matches!(&*block.language, "sql" | "sh");
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The path with `.` and `..` resolved; `None` outside of the repository.
fn resolved(path: &Path) -> Option<PathBuf> {
    let mut resolved = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                if !resolved.pop() {
                    return None;
                }
            }
            Component::Normal(name) => resolved.push(name),
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(resolved)
}

/// What is wrong with a link of a page.
fn fault(page: &Page, target: &str) -> Option<&'static str> {
    if target.starts_with("https://") {
        return None;
    }
    if target.contains("://") || target.starts_with("mailto:") {
        return Some("neither https nor a path");
    }
    let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
    let own = Path::new(&page.path);
    let Some(path) = (match path {
        "" => Some(own.to_owned()),
        path => resolved(&own.with_file_name("").join(path)),
    }) else {
        return Some("leads out of the repository");
    };
    if !root().join(&path).exists() {
        return Some("no such file");
    }
    let is_page = path.extension().is_some_and(|extension| extension == "md");
    if own.starts_with("docs") && is_page && !path.starts_with("docs") {
        return Some(
            "a page of the book leads to a page outside of it, which the book does not have",
        );
    }
    if anchor.is_empty() {
        return None;
    }
    let anchors = match path.to_str() {
        Some(path) if is_page => Page::read(path).anchors(),
        _ => return Some("an anchor, but no page"),
    };
    (!anchors.iter().any(|name| name == anchor)).then_some("no such heading")
}

#[test]
fn every_link_leads_somewhere() {
    let mut count = 0;
    let mut broken = Vec::new();
    for page in pages() {
        for link in page.links() {
            count += 1;
            if let Some(fault) = fault(&page, &link.target) {
                broken.push(format!(
                    "{}:{}: {}: {fault}",
                    page.path, link.line, link.target
                ));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    assert!(count > 100, "{count} links");
}

#[test]
fn the_table_of_contents_has_every_page_of_the_book_once() {
    let listed: Vec<String> = Page::read("docs/SUMMARY.md")
        .links()
        .into_iter()
        .map(|link| format!("docs/{}", link.target))
        .collect();
    let book: Vec<String> = pages()
        .into_iter()
        .map(|page| page.path)
        .filter(|path| path.starts_with("docs/") && path != "docs/SUMMARY.md")
        .collect();
    let mut sorted = listed.clone();
    sorted.sort();
    assert_eq!(sorted, book);
}

#[test]
fn the_index_of_decisions_has_each_of_them() {
    let listed = Page::read("docs/decisions/README.md").links();
    let listed = listed.iter().map(|link| &*link.target);
    // A set, because the status of a decision may link to another decision.
    let listed: BTreeSet<String> = listed
        .map(|target| format!("docs/decisions/{target}"))
        .collect();
    let decisions: BTreeSet<String> = pages()
        .into_iter()
        .map(|page| page.path)
        .filter(|path| path.starts_with("docs/decisions/") && !path.ends_with("/README.md"))
        .collect();
    assert_eq!(listed, decisions);
}

/// Headings of a section of a page.
fn section_headings(path: &str, section: &str) -> Vec<String> {
    let headings = Page::read(path).headings();
    let mut inside = false;
    let mut found = Vec::new();
    for (level, heading) in headings {
        if level as usize <= 2 {
            inside = heading == section;
        } else if inside {
            found.push(heading);
        }
    }
    found
}

#[test]
fn the_runbook_says_what_to_do_about_each_alert() {
    let alerts = std::fs::read_to_string(root().join("monitoring/alerts.yml")).unwrap();
    let defined: Vec<String> = alerts
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- alert: "))
        .map(str::to_owned)
        .collect();
    assert!(!defined.is_empty());
    assert_eq!(section_headings("docs/runbook.md", "Alerts"), defined);
}

/// Calls and attributes in Rust and SQL that are followed by a message for users.
const MESSAGE_MARKERS: [&str; 6] = [
    "#[error(",
    "bail!(",
    "anyhow!(",
    "DatabaseError::config(",
    "DatabaseError::outage(",
    "raise exception ",
];

/// Messages that only a defect of the ingestor can cause; `docs/messages.md` lacks them.
const DEFECTS: [&str; 8] = [
    "a batch was dropped",
    "a writer did not start",
    "cannot start a writer: …",
    "no session",
    "the writer did not claim the file",
    "the writer did not read the ledger",
    "the writer did not release the file",
    "the writers ended",
];

/// Messages of the programs, with `…` for the parts that vary.
fn messages() -> BTreeSet<String> {
    let mut messages = BTreeSet::new();
    for folder in [
        "connect/src",
        "ingestor/src",
        "pg_musicstream/src",
        "pg_musicstream/sql",
    ] {
        for (path, code) in sources(&root().join(folder)) {
            // Tests and scripts of former versions print no messages for users.
            if path.ends_with("tests.rs")
                || path.components().any(|part| part.as_os_str() == "upgrade")
            {
                continue;
            }
            let code = code.split("#[cfg(test)]").next().unwrap();
            for marker in MESSAGE_MARKERS {
                let after = code.split(marker).skip(1);
                messages.extend(after.filter_map(|text| message(text.trim_start())));
            }
        }
    }
    // A message without words only shows its cause, which has its own entry.
    messages.retain(|message| message.split('…').any(|part| part.trim().len() > 3));
    messages
}

fn message(text: &str) -> Option<String> {
    let text = text.strip_prefix("format!(").unwrap_or(text).trim_start();
    let quote = text
        .chars()
        .next()
        .filter(|quote| ['"', '\''].contains(quote))?;
    let mut message = String::new();
    let mut letters = text[1..].chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => message.extend(letters.next()),
            '{' => {
                letters.find(|&letter| letter == '}')?;
                message.push('…');
            }
            '%' if quote == '\'' => message.push('…'),
            letter if letter == quote => return Some(message),
            letter => message.push(letter),
        }
    }
    None
}

/// The files below a folder, with strings that continue on the next line joined.
fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.append(&mut sources(&path));
            continue;
        }
        let mut code = String::new();
        for line in std::fs::read_to_string(&path).unwrap().lines() {
            // As in Rust, the indentation of the continuing line is not part of the string.
            let is_continued = code.ends_with('\\');
            if is_continued {
                code.pop();
            } else {
                code.push('\n');
            }
            code.push_str(if is_continued {
                line.trim_start()
            } else {
                line
            });
        }
        files.push((path, code));
    }
    files
}

/// Whether a heading describes a message: the message contains the parts between the heading's ellipses, in this order.
fn is_about(heading: &str, message: &str) -> bool {
    let mut rest = Some(message);
    for part in heading.split('…').map(str::trim) {
        rest = rest.and_then(|text| Some(&text[text.find(part)? + part.len()..]));
    }
    rest.is_some()
}

#[test]
fn each_message_has_an_entry() {
    let headings: Vec<String> = ["Messages of the ingestor", "Messages of the extension"]
        .iter()
        .flat_map(|section| section_headings("docs/messages.md", section))
        .collect();
    let once: BTreeSet<&String> = headings.iter().collect();
    assert_eq!(once.len(), headings.len(), "a message has two entries");
    let messages = messages();
    assert!(messages.len() > 50, "{messages:#?}");
    let unexplained: Vec<&String> = messages
        .iter()
        .filter(|message| !DEFECTS.contains(&message.as_str()))
        .filter(|message| !headings.iter().any(|heading| is_about(heading, message)))
        .collect();
    assert!(
        unexplained.is_empty(),
        "not in docs/messages.md: {unexplained:#?}"
    );

    // An entry about a log line matches no message above, but its text must be in the sources.
    let code: String = [
        "connect/src",
        "ingestor/src",
        "pg_musicstream/src",
        "pg_musicstream/sql",
    ]
    .iter()
    .flat_map(|folder| sources(&root().join(folder)))
    .map(|(_, code)| code.replace("\\\"", "\""))
    .collect();
    let unknown: Vec<&String> = headings
        .iter()
        .filter(|heading| !messages.iter().any(|message| is_about(heading, message)))
        .filter(|heading| !heading.split('…').all(|part| code.contains(part.trim())))
        .collect();
    assert!(unknown.is_empty(), "no program prints {unknown:#?}");
}
