//! Runs the code blocks of the pages and compares their output with the pages, and the generated pages with their sources.

mod output;
mod reference;
mod run;

use std::collections::BTreeSet;

use musicstream_tests::document::{Step, pages};

/// Defines a test for each page, so that pages run in parallel.
macro_rules! pages {
    ($($test:ident: $path:literal,)*) => {
        const TESTED: &[&str] = &[$($path),*];
        $(
            #[test]
            fn $test() {
                run::page($path);
            }
        )*
    };
}

pages! {
    corrections: "docs/corrections.md",
    getting_started: "docs/getting-started.md",
    ingestor: "docs/ingestor.md",
    listening: "docs/listening.md",
    messages: "docs/messages.md",
    numbers: "docs/numbers.md",
    operations: "docs/operations.md",
    readme: "README.md",
    replication: "docs/replication.md",
    runbook: "docs/runbook.md",
    viewer: "docs/viewer.md",
}

#[test]
fn every_page_with_code_has_a_test() {
    let with_code: BTreeSet<String> = pages()
        .into_iter()
        .filter(|page| {
            page.steps()
                .iter()
                .any(|step| matches!(step, Step::Block(block) if block.is_run()))
        })
        .map(|page| page.path)
        .collect();
    let tested: BTreeSet<String> = TESTED.iter().map(|&path| path.to_owned()).collect();
    assert_eq!(with_code, tested);
}
