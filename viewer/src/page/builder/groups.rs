//! Which names get a series of their own, and which share one.

use crate::data::Filter;
use std::cmp::Reverse;

/// The name of the series that several names share, by how many they are.
pub type NameOthers = fn(usize) -> String;

/// The names behind one series.
#[derive(Clone, Debug)]
pub(super) struct Group {
    /// Indices of the names.
    pub(super) members: Vec<usize>,
    pub(super) name: String,
    /// Number of names in the shared series; 0 for a series of one name.
    pub(super) others: usize,
}

/// The `top` largest names as series of their own, and the rest as one shared series, if that holds two names at least.
pub(super) fn groups(
    names: &[String],
    on: &[usize],
    top: Option<usize>,
    size: impl Fn(usize) -> i128,
    name_others: NameOthers,
) -> Vec<Group> {
    let alone = |at: usize| Group {
        members: vec![at],
        name: names[at].clone(),
        others: 0,
    };
    let top = match top {
        Some(top) if on.len() > top + 1 => top,
        _ => return on.iter().copied().map(alone).collect(),
    };
    let mut by_size: Vec<(i128, usize)> = on.iter().map(|&at| (size(at), at)).collect();
    by_size.sort_by_key(|(size, at)| (Reverse(*size), *at));
    let others = by_size.split_off(top);
    let mut shown: Vec<usize> = by_size.into_iter().map(|(_, at)| at).collect();
    shown.sort_unstable();
    let mut groups: Vec<Group> = shown.into_iter().map(alone).collect();
    let mut members: Vec<usize> = others.into_iter().map(|(_, at)| at).collect();
    members.sort_unstable();
    groups.push(Group {
        name: name_others(members.len()),
        others: members.len(),
        members,
    });
    groups
}

/// Indices of the names that the filter leaves on.
pub(super) fn on(names: &[String], filter: &Filter) -> Vec<usize> {
    (0..names.len())
        .filter(|&at| filter.is_on(&names[at]))
        .collect()
}
