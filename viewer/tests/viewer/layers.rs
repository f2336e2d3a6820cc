//! The modules of the viewer use one another one way: no circle, and no layer uses a later one.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// From the lowest to the highest; a module uses its own layer and lower ones. `source` and `page` do not know each other.
const LAYERS: [&[&str]; 11] = [
    &["calendar"],
    &["data"],
    &["series"],
    &["stats"],
    &["page", "source", "painter", "png"],
    &["cli"],
    &["command_line", "names"],
    &["saved"],
    &["ui"],
    &["picture", "window"],
    &["lib"],
];

/// A module's path, as in `page::state`; `lib` for the root of the crate.
type Module = String;

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => found.push(path),
        }
    }
    found
}

fn module_of(file: &Path, src: &Path) -> Module {
    let path = file.strip_prefix(src).unwrap().with_extension("");
    let mut parts: Vec<&str> = path.iter().map(|part| part.to_str().unwrap()).collect();
    if parts.len() > 1 && parts.last() == Some(&"mod") {
        parts.pop();
    }
    parts.join("::")
}

/// The code of a file without its tests, comments and line breaks.
fn code(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap();
    let text = text.split("mod tests {").next().unwrap();
    let lines = text
        .lines()
        .map(|line| line.split("//").next().unwrap().trim());
    lines.collect::<Vec<_>>().join(" ")
}

/// All paths of the code that begin with `crate::` or `super::`, with those in braces written out.
fn paths(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for root in ["crate::", "super::"] {
        for (at, _) in code.match_indices(root) {
            let before = code[..at].chars().next_back();
            if !before.is_some_and(|c| c == ':' || c.is_alphanumeric() || c == '_') {
                written_out(&code[at..], "", &mut found);
            }
        }
    }
    found
}

/// Reads a path, or what stands in braces; gives how much of the code it is.
fn written_out(code: &str, before: &str, found: &mut Vec<String>) -> usize {
    let is_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let end = code.find(|c| !is_path(c)).unwrap_or(code.len());
    let path = format!("{before}{}", &code[..end]);
    if !code[end..].starts_with('{') || !path.ends_with("::") {
        found.push(path);
        return end;
    }
    let mut at = end + 1;
    while let Some(next) = code[at..].chars().next() {
        match next {
            '}' => return at + 1,
            c if is_path(c) => at += written_out(&code[at..], &path, found),
            c => at += c.len_utf8(),
        }
    }
    at
}

/// The module that a path leads into, seen from another one.
fn target(path: &str, from: &str, all: &BTreeSet<Module>) -> Module {
    let mut place: Vec<&str> = match from {
        "lib" => Vec::new(),
        from => from.split("::").collect(),
    };
    let mut rest = path;
    if let Some(path) = rest.strip_prefix("crate::") {
        (place, rest) = (Vec::new(), path);
    }
    while let Some(path) = rest.strip_prefix("super::") {
        place.pop();
        rest = path;
    }
    for part in rest.split("::") {
        place.push(part);
        if !all.contains(&place.join("::")) {
            place.pop();
            break;
        }
    }
    match place.is_empty() {
        true => "lib".into(),
        false => place.join("::"),
    }
}

/// Which modules each module uses. A module uses one below it if it names it in a path.
fn uses() -> BTreeMap<Module, BTreeSet<Module>> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files: BTreeMap<Module, PathBuf> = files(&src)
        .into_iter()
        .map(|file| (module_of(&file, &src), file))
        .filter(|(module, _)| !["main", "ui::chart::agreement"].contains(&module.as_str()))
        .collect();
    let all: BTreeSet<Module> = files.keys().cloned().collect();
    let uses_of = |(module, file): (&Module, &PathBuf)| {
        let code = code(file);
        let mut uses: BTreeSet<Module> = paths(&code)
            .iter()
            .map(|path| target(path, module, &all))
            .collect();
        let below = all.iter().filter(|other| {
            let parent = other.rsplit_once("::").map_or("lib", |(parent, _)| parent);
            parent == module && code.contains(&format!("{}::", other.rsplit("::").next().unwrap()))
        });
        uses.extend(below.cloned());
        uses.remove(module);
        (module.clone(), uses)
    };
    files.iter().map(uses_of).collect()
}

/// A way from a module back to itself.
fn circle(uses: &BTreeMap<Module, BTreeSet<Module>>) -> Option<Vec<Module>> {
    let mut left = uses.clone();
    loop {
        // What uses nothing that is left is in no circle.
        let done: Vec<Module> = left
            .iter()
            .filter(|(_, uses)| uses.iter().all(|used| !left.contains_key(used)))
            .map(|(module, _)| module.clone())
            .collect();
        if done.is_empty() {
            break;
        }
        left.retain(|module, _| !done.contains(module));
    }
    let mut way = vec![left.keys().next()?.clone()];
    loop {
        let uses = &left[way.last()?];
        let next = uses.iter().find(|used| left.contains_key(*used))?.clone();
        if let Some(at) = way.iter().position(|module| *module == next) {
            return Some(way.split_off(at));
        }
        way.push(next);
    }
}

#[test]
fn modules_use_one_another_one_way() {
    let uses = uses();
    assert_eq!(circle(&uses), None);
    let layer = |module: &str| {
        let top = module.split("::").next().unwrap();
        LAYERS
            .iter()
            .position(|layer| layer.contains(&top))
            .unwrap()
    };
    for (module, used) in &uses {
        for used in used {
            let (from, to) = (module.split("::").next(), used.split("::").next());
            assert!(
                layer(used) < layer(module) || from == to,
                "{module} uses {used}, which is not below it"
            );
        }
    }
    assert!(
        uses["page::state"].contains("page::range"),
        "paths are read"
    );
    assert!(uses.len() > 60, "{} modules", uses.len());
}

#[test]
fn a_circle_is_found() {
    let uses = |pairs: [(&str, &str); 3]| -> BTreeMap<Module, BTreeSet<Module>> {
        let set = |used: &str| BTreeSet::from([used.to_owned()]);
        pairs
            .into_iter()
            .map(|(module, used)| (module.to_owned(), set(used)))
            .collect()
    };
    assert_eq!(circle(&uses([("a", "b"), ("b", "c"), ("c", "d")])), None);
    let found = circle(&uses([("a", "b"), ("b", "c"), ("c", "b")])).unwrap();
    assert_eq!(found, ["b", "c"]);
}
