//! The loads of the ingest part.

use super::system::System;
use crate::plan::Size;
use crate::topic::Recipe;

/// One topic, and the systems that ingest it.
#[derive(Debug, Clone)]
pub(crate) struct Load {
    pub(crate) title: String,
    pub(crate) recipe: Recipe,
    /// The events are stored beforehand from another topic, so all records are duplicates.
    pub(crate) is_again: bool,
    /// Concurrent connections. Default: two for pg_musicstream, one for COPY.
    pub(crate) writers: Option<usize>,
    pub(crate) systems: Vec<System>,
    pub(crate) rounds: usize,
    /// Whether the report has plots and all columns of this load.
    pub(crate) is_main: bool,
}

impl Load {
    fn new(title: &str, records: u64, days: u64, systems: &[System], rounds: usize) -> Load {
        Load {
            title: title.to_owned(),
            recipe: Recipe {
                records,
                days,
                duplicates_percent: 1,
            },
            is_again: false,
            writers: None,
            systems: systems.to_vec(),
            rounds,
            is_main: true,
        }
    }
}

/// All loads of a size; `systems` are those that can run and were selected.
pub(crate) fn loads(size: Size, systems: &[System], rounds: Option<usize>) -> Vec<Load> {
    use System::{Copy, Ours, Sorted};
    let of = |wanted: &[System]| -> Vec<System> {
        let mut all = systems.to_vec();
        all.retain(|system| wanted.contains(system));
        all
    };
    let core = of(&[Copy, Sorted, Ours]);
    let pair = of(&[Copy, Ours]);
    let rounds = rounds.unwrap_or(size.pick(1, 3, 5));
    let small = size.pick(20_000, 1_000_000, 2_000_000);
    let with_peers = if size == Size::Full { systems } else { &core };

    let mut loads = vec![Load::new(
        "sparse: 27 days",
        size.pick(20_000, 2_000_000, 2_000_000),
        27,
        systems,
        rounds,
    )];
    if size > Size::Smoke {
        loads.push(Load::new(
            "dense: one day",
            2_000_000,
            1,
            with_peers,
            rounds,
        ));
        loads.push(Load::new("long: 27 days", 10_000_000, 27, &core, rounds));
    }
    for percent in size.pick(vec![], vec![0, 50], vec![0, 1, 50]) {
        let mut load = Load::new(&format!("{percent} % duplicates"), small, 27, &pair, rounds);
        load.recipe.duplicates_percent = percent;
        load.is_main = false;
        loads.push(load);
    }
    let mut again = Load::new(
        "100 % duplicates: the same topic once more",
        small,
        27,
        &pair,
        rounds,
    );
    again.is_again = true;
    again.recipe.duplicates_percent = 0;
    again.is_main = false;
    loads.push(again);
    for writers in size.pick(vec![2], vec![1, 2, 4], vec![1, 2, 4]) {
        let title = format!("{writers} writer{}", if writers == 1 { "" } else { "s" });
        let mut load = Load::new(&title, small, 27, &pair, rounds);
        load.writers = Some(writers);
        load.is_main = false;
        loads.push(load);
    }
    loads.retain(|load| !load.systems.is_empty());
    loads
}
