//! Writes the copyright file of a Debian package in the machine-readable format (DEP-5): the project's licence, and a
//! stanza for each linked crate and for each library or font that a crate contains in a separate folder.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use spdx::{Expression, LicenseItem, ParseError, ParseMode};

use crate::linked::{Metadata, Package};

const HEAD: &str = "\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: pg_musicstream
Comment: Paths are those of the source: the project's own, or NAME-VERSION of a Rust crate.

Files: *
Copyright: The pg_musicstream authors
License: Apache-2.0

Files: rust-std/*
Copyright: The Rust Project Developers
License: MIT or Apache-2.0
Comment: The standard library of Rust, which is linked statically.
";

/// Licences whose text is on every Debian system: SPDX identifier, and file in /usr/share/common-licenses.
const COMMON: [(&str, &str); 4] = [
    ("Apache-2.0", "Apache-2.0"),
    ("CC0-1.0", "CC0-1.0"),
    ("GPL-2.0-only", "GPL-2"),
    ("MPL-2.0", "MPL-2.0"),
];

/// Folders whose content is not linked.
const NOT_LINKED: [&str; 9] = [
    "benches", "contrib", "docs", "dotzlib", "examples", "fuzz", "images", "target", "tests",
];

/// The copyright file for a package of the workspace.
///
/// # Errors
/// There is no such package, or a crate without a licence, or with one that is not known.
pub(crate) fn write(metadata: &Metadata, package: &str) -> Result<String> {
    let mut text = HEAD.to_owned();
    let mut identifiers = BTreeSet::from(["Apache-2.0".to_owned(), "MIT".to_owned()]);
    let mut verbatim: BTreeMap<String, String> = BTreeMap::new();
    for package in metadata.linked_into(package)? {
        let files = LicenceFiles::of(package)?;
        let name = format!("{}-{}", package.name, package.version);
        if !package.is_ours() {
            let declared = package.license.as_deref().with_context(|| {
                format!("{name} has no licence expression: find its licence, and whether it may be linked")
            })?;
            let expression = parse_licence(declared)
                .with_context(|| format!("the licence {declared:?} of {name}"))?;
            for requirement in expression.requirements() {
                match &requirement.req.license {
                    LicenseItem::Spdx { id, .. } => identifiers.insert(id.name.to_owned()),
                    LicenseItem::Other { .. } => {
                        bail!("{name} has a licence that SPDX does not know")
                    }
                };
            }
            write!(
                text,
                "\nFiles: {name}/*\nCopyright: {}\nLicense: {}\n",
                copyright_lines(package, &files.of_crate).join("\n           "),
                in_debian_syntax(expression.as_ref()),
            )?;
            if let Some(notice) = &files.notice {
                write!(text, "Comment:{}", indented(notice))?;
            }
        }
        for (path, content) in files.of_folders {
            let licence = format!("{}-{}", package.name, path.display()).replace(['/', ' '], "-");
            let folder = path.parent().unwrap_or(Path::new("")).display();
            let holders = claims(&content);
            let holders = if holders.is_empty() {
                vec!["see the licence".to_owned()]
            } else {
                holders
            };
            write!(
                text,
                "\nFiles: {name}/{folder}/*\nCopyright: {}\nLicense: {licence}\n",
                holders.join("\n           ")
            )?;
            verbatim.insert(licence, without_common_texts(&content));
        }
    }
    for identifier in identifiers {
        write!(
            text,
            "\nLicense: {identifier}\n{}",
            licence_text(&identifier)?
        )?;
    }
    for (name, content) in verbatim {
        write!(text, "\nLicense: {name}{}", indented(&content))?;
    }
    Ok(text)
}

/// The licence files in a crate's folder.
struct LicenceFiles {
    of_crate: Vec<String>,
    notice: Option<String>,
    /// Licence files in subfolders, such as those of a C library or a font.
    of_folders: Vec<(PathBuf, String)>,
}

impl LicenceFiles {
    fn of(package: &Package) -> Result<LicenceFiles> {
        let folder = package.folder();
        let mut paths = Vec::new();
        collect(folder, &mut paths)
            .with_context(|| format!("the files of {} cannot be listed", package.name))?;
        paths.sort();
        let mut files = LicenceFiles {
            of_crate: Vec::new(),
            notice: None,
            of_folders: Vec::new(),
        };
        for path in paths {
            let content = std::fs::read(&path).with_context(|| path.display().to_string())?;
            let content = String::from_utf8_lossy(&content).into_owned();
            let relative = path.strip_prefix(folder)?.to_owned();
            if relative.components().count() > 1 {
                files.of_folders.push((relative, content));
            } else if name_of(&path).starts_with("notice") {
                files.notice = Some(content);
            } else {
                files.of_crate.push(content);
            }
        }
        Ok(files)
    }
}

fn name_of(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().to_ascii_lowercase()
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        let name = name_of(&path);
        if entry.file_type()?.is_dir() {
            if !name.starts_with('.') && !NOT_LINKED.contains(&&*name) {
                collect(&path, paths)?;
            }
        } else if is_licence_file(&name) {
            paths.push(path);
        }
    }
    Ok(())
}

/// Whether a file of this name, in lower case, contains a licence.
fn is_licence_file(name: &str) -> bool {
    let is_code = [".rs", ".sql", ".h", ".c", ".toml", ".json", ".html", ".py"]
        .iter()
        .any(|end| name.ends_with(end));
    let begins = ["copying", "copyright", "notice", "ofl", "ufl", "unlicense"]
        .iter()
        .any(|begin| name.starts_with(begin));
    !is_code && (begins || name.contains("license") || name.contains("licence"))
}

/// The copyright lines of the licence files; without any, the authors in the crate's manifest.
fn copyright_lines(package: &Package, files: &[String]) -> Vec<String> {
    let found: BTreeSet<String> = files.iter().flat_map(|file| claims(file)).collect();
    if !found.is_empty() {
        return found.into_iter().collect();
    }
    if !package.authors.is_empty() {
        return package.authors.clone();
    }
    vec![format!("The authors of the crate {}", package.name)]
}

/// Lines such as `Copyright (c) 2014 The Rust Project Developers`. Lines of a template with placeholders, and sentences of the
/// licence about copyright, are no claims.
fn claims(text: &str) -> Vec<String> {
    let is_claim = |line: &&str| {
        let rest = line.get("copyright".len()..).unwrap_or_default();
        line.to_ascii_lowercase().starts_with("copyright")
            && rest.contains(|letter: char| letter.is_ascii_digit() || letter == '©')
            && !rest.contains(['[', '{', '<'])
            // Part of a disclaimer: "COPYRIGHT HOLDERS BE LIABLE".
            && !rest.trim_start().to_ascii_lowercase().starts_with("holder")
    };
    let mut claims: Vec<String> = text
        .lines()
        .map(|line| {
            line.trim_start_matches([' ', '\t', '*', '/', '#', '-', '>'])
                .trim_end()
        })
        .filter(is_claim)
        .map(str::to_owned)
        .collect();
    claims.sort();
    claims.dedup();
    claims
}

/// Crates may declare `MIT/Apache-2.0`, which becomes `MIT OR Apache-2.0`.
fn parse_licence(declared: &str) -> Result<Expression, ParseError> {
    let canonical = Expression::canonicalize(declared)?;
    Expression::parse_mode(canonical.as_deref().unwrap_or(declared), ParseMode::LAX)
}

/// `A or B, and C` for `(A OR B) AND C`.
fn in_debian_syntax(expression: &str) -> String {
    expression
        .replace(" OR ", " or ")
        .replace(") AND ", ", and ")
        .replace(" AND ", " and ")
        .replace(" WITH LLVM-exception", " with LLVM exception")
        .replace(['(', ')'], "")
}

fn licence_text(identifier: &str) -> Result<String> {
    if let Some((_, file)) = COMMON.iter().find(|(common, _)| *common == identifier) {
        return Ok(format!(
            " On Debian systems the text of this licence is in /usr/share/common-licenses/{file}.\n"
        ));
    }
    let id = spdx::license_id(identifier).with_context(|| format!("the licence {identifier}"))?;
    Ok(indented(id.text()).trim_start_matches('\n').to_owned())
}

/// Replaces the terms of licences that are on every Debian system by the path of their text.
fn without_common_texts(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let mut shortened = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        let version = lines.get(at + 1).copied().unwrap_or_default().trim();
        let file = match (line.trim(), version) {
            ("Apache License", "Version 2.0, January 2004") => Some("Apache-2.0"),
            ("GNU GENERAL PUBLIC LICENSE", "Version 2, June 1991") => Some("GPL-2"),
            _ => None,
        };
        let end = lines[at..]
            .iter()
            .position(|line| line.contains("END OF TERMS AND CONDITIONS"));
        match (file, end) {
            (Some(file), Some(length)) => {
                shortened.push_str(&format!(
                    "[On Debian systems these terms are in /usr/share/common-licenses/{file}.]\n"
                ));
                at += length + 1;
            }
            _ => {
                shortened.push_str(line);
                shortened.push('\n');
                at += 1;
            }
        }
    }
    shortened
}

/// The text as the continuation of a field: each line begins with a blank, an empty line is written as a full stop.
fn indented(text: &str) -> String {
    let mut field = String::from("\n");
    for line in text.trim_end().lines() {
        match line.trim_end() {
            "" => field.push_str(" .\n"),
            line => {
                field.push(' ');
                field.push_str(line);
                field.push('\n');
            }
        }
    }
    field
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_distinguished_from_sentences_and_templates() {
        let text = "   Copyright [yyyy] [name of copyright owner]\n\
            copyright notice and this permission notice\n\
            \tCopyright (c) 2015 Ana\n // Copyright 2014-2024 Bob \nCOPYRIGHT HOLDERS BE LIABLE\nCopyright (c) 2015 Ana\n\
            Copyright © The Authors\n";
        assert_eq!(
            claims(text),
            [
                "Copyright (c) 2015 Ana",
                "Copyright 2014-2024 Bob",
                "Copyright © The Authors"
            ]
        );
    }

    #[test]
    fn expressions_in_debian_syntax() {
        for (spdx, debian) in [
            ("MIT OR Apache-2.0", "MIT or Apache-2.0"),
            (
                "(MIT OR Apache-2.0) AND Unicode-3.0",
                "MIT or Apache-2.0, and Unicode-3.0",
            ),
            (
                "Apache-2.0 WITH LLVM-exception OR MIT",
                "Apache-2.0 with LLVM exception or MIT",
            ),
        ] {
            assert_eq!(in_debian_syntax(spdx), debian);
        }
    }

    #[test]
    fn declared_licences_become_spdx_expressions() {
        for (declared, spdx) in [
            ("MIT/Apache-2.0", "MIT OR Apache-2.0"),
            ("MIT / Apache-2.0", "MIT OR Apache-2.0"),
            ("MIT OR Apache-2.0", "MIT OR Apache-2.0"),
            (
                "(MIT OR Apache-2.0) AND Unicode-3.0",
                "(MIT OR Apache-2.0) AND Unicode-3.0",
            ),
        ] {
            let expression = parse_licence(declared).unwrap();
            let written: &str = expression.as_ref();
            assert_eq!(written, spdx);
        }
        assert!(parse_licence("Unheard-1.0").is_err());
    }

    #[test]
    fn an_empty_line_of_a_field_is_a_full_stop() {
        assert_eq!(indented("a\n\nb  \n\n"), "\n a\n .\n b\n");
    }

    #[test]
    fn terms_that_every_system_has_are_named_by_their_place() {
        let text = "LICENSE.a\n   Apache License\n  Version 2.0, January 2004\n1. terms\nEND OF TERMS AND CONDITIONS\n\
            Copyright 2020 Ana\nGNU GENERAL PUBLIC LICENSE\nVersion 3\n";
        assert_eq!(
            without_common_texts(text),
            "LICENSE.a\n[On Debian systems these terms are in /usr/share/common-licenses/Apache-2.0.]\n\
            Copyright 2020 Ana\nGNU GENERAL PUBLIC LICENSE\nVersion 3\n"
        );
        let unfinished = "Apache License\nVersion 2.0, January 2004\n";
        assert_eq!(without_common_texts(unfinished), unfinished);
    }

    #[test]
    fn texts_are_whole_or_on_every_system() {
        assert!(
            licence_text("MIT")
                .unwrap()
                .contains("Permission is hereby granted")
        );
        assert!(
            licence_text("Apache-2.0")
                .unwrap()
                .contains("common-licenses")
        );
        assert!(licence_text("Unheard-1.0").is_err());
    }
}
