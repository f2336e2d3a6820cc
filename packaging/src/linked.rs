//! Determines which crates are linked into a program, from the output of `cargo metadata`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Deserialize;

/// The part of the output of `cargo metadata --format-version 1 --filter-platform TARGET` that is used here. cargo resolves
/// features for all packages of the workspace together, so a few optional crates may be listed that a program does not use.
#[derive(Deserialize)]
pub(crate) struct Metadata {
    packages: Vec<Package>,
    resolve: Resolve,
}

#[derive(Deserialize)]
pub(crate) struct Package {
    id: String,
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) license: Option<String>,
    pub(crate) authors: Vec<String>,
    /// Absent for packages of the workspace.
    source: Option<String>,
    manifest_path: PathBuf,
    targets: Vec<Target>,
}

#[derive(Deserialize)]
struct Target {
    kind: Vec<String>,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    pkg: String,
    dep_kinds: Vec<DependencyKind>,
}

#[derive(Deserialize)]
struct DependencyKind {
    /// Absent for an ordinary dependency, else `dev` or `build`.
    kind: Option<String>,
}

impl Package {
    pub(crate) fn is_ours(&self) -> bool {
        self.source.is_none()
    }

    pub(crate) fn folder(&self) -> &Path {
        self.manifest_path.parent().unwrap_or(Path::new("."))
    }

    fn runs_in_the_compiler(&self) -> bool {
        let kinds = self.targets.iter().flat_map(|target| &target.kind);
        kinds.into_iter().any(|kind| kind == "proc-macro")
    }
}

impl Metadata {
    /// # Errors
    /// The file cannot be read, or is not such output.
    pub(crate) fn read(path: &Path) -> Result<Metadata> {
        let named = || format!("{} is no output of cargo metadata", path.display());
        let text = std::fs::read_to_string(path).with_context(named)?;
        serde_json::from_str(&text).with_context(named)
    }

    /// The package and all packages linked into it, ordered by name and version. Procedural macros and their dependencies
    /// run in the compiler and are left out, as are dependencies of build scripts and tests.
    ///
    /// # Errors
    /// There is no such package.
    pub(crate) fn linked_into(&self, name: &str) -> Result<Vec<&Package>> {
        let packages: BTreeMap<&str, &Package> = self
            .packages
            .iter()
            .map(|package| (&*package.id, package))
            .collect();
        let nodes: BTreeMap<&str, &Node> = self
            .resolve
            .nodes
            .iter()
            .map(|node| (&*node.id, node))
            .collect();
        let root = self
            .packages
            .iter()
            .find(|package| package.is_ours() && package.name == name)
            .with_context(|| format!("the workspace has no package {name}"))?;
        let mut linked = BTreeSet::new();
        let mut waiting = vec![&*root.id];
        while let Some(id) = waiting.pop() {
            if packages[id].runs_in_the_compiler() || !linked.insert(id) {
                continue;
            }
            let ordinary = nodes[id]
                .deps
                .iter()
                .filter(|dependency| dependency.dep_kinds.iter().any(|kind| kind.kind.is_none()));
            waiting.extend(ordinary.map(|dependency| &*dependency.pkg));
        }
        let mut linked: Vec<&Package> = linked.into_iter().map(|id| packages[id]).collect();
        linked.sort_by_key(|package| (&package.name, &package.version));
        Ok(linked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const METADATA: &str = r#"{
        "packages": [
            {"id": "p", "name": "program", "version": "1.0.0", "license": "MIT", "authors": [], "source": null,
             "manifest_path": "/p/Cargo.toml", "targets": [{"kind": ["bin"]}]},
            {"id": "a", "name": "a", "version": "1.0.0", "license": "MIT", "authors": [], "source": "registry",
             "manifest_path": "/a/Cargo.toml", "targets": [{"kind": ["lib"]}]},
            {"id": "m", "name": "macros", "version": "1.0.0", "license": "MIT", "authors": [], "source": "registry",
             "manifest_path": "/m/Cargo.toml", "targets": [{"kind": ["proc-macro"]}]},
            {"id": "s", "name": "syntax", "version": "1.0.0", "license": "MIT", "authors": [], "source": "registry",
             "manifest_path": "/s/Cargo.toml", "targets": [{"kind": ["lib"]}]},
            {"id": "t", "name": "test", "version": "1.0.0", "license": "MIT", "authors": [], "source": "registry",
             "manifest_path": "/t/Cargo.toml", "targets": [{"kind": ["lib"]}]}
        ],
        "resolve": {"nodes": [
            {"id": "p", "deps": [
                {"pkg": "a", "dep_kinds": [{"kind": "dev"}, {"kind": null}]},
                {"pkg": "t", "dep_kinds": [{"kind": "dev"}]}
            ]},
            {"id": "a", "deps": [{"pkg": "m", "dep_kinds": [{"kind": null}]}]},
            {"id": "m", "deps": [{"pkg": "s", "dep_kinds": [{"kind": null}]}]},
            {"id": "s", "deps": []},
            {"id": "t", "deps": []}
        ]}
    }"#;

    #[test]
    fn neither_macros_nor_tests_are_linked() {
        let metadata: Metadata = serde_json::from_str(METADATA).unwrap();
        let linked = metadata.linked_into("program").unwrap();
        let names: Vec<&str> = linked.iter().map(|package| &*package.name).collect();
        assert_eq!(names, ["a", "program"]);
        assert!(metadata.linked_into("a").is_err(), "not of the workspace");
    }
}
