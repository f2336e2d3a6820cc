//! The words of menus, and of views that are saved.

use super::pseudo::{say, says};

pub(crate) fn views_button() -> [&'static str; 2] {
    ["Saved views", "Views that were given a name"].map(say)
}

pub(crate) fn menu_button() -> [&'static str; 2] {
    ["Export", "Save or copy what is on screen"].map(say)
}

pub(crate) fn name_view() -> &'static str {
    say("Save this view …")
}

pub(crate) fn view_name() -> &'static str {
    say("Name of the view")
}

pub(crate) fn name_hint() -> &'static str {
    say("Range, filters, tab and order are saved; days of your choice stay those days.")
}

pub(crate) fn replaces(name: &str) -> String {
    says(format!("Replaces “{name}”"))
}

pub(crate) fn save() -> &'static str {
    say("Save")
}

pub(crate) fn fold_figures() -> &'static str {
    say("Fold the figures of the series, or show them")
}

pub(crate) fn copy_command() -> &'static str {
    say("Copy as a command line")
}

pub(crate) fn show_saved(name: &str) -> String {
    says(format!("View: {name}"))
}

pub(crate) fn forget_saved(name: &str) -> String {
    says(format!("Forget the view: {name}"))
}

pub(crate) fn forget() -> &'static str {
    say("Forget")
}

pub(crate) fn none_saved() -> &'static str {
    say("No view is saved yet")
}

pub(crate) fn view_saved(name: &str) -> String {
    says(format!("view saved: {name}"))
}

pub(crate) fn view_forgotten(name: &str) -> String {
    says(format!("view forgotten: {name}"))
}

pub(crate) fn view_not_shown(name: &str) -> String {
    says(format!(
        "the view {name} has options that this version does not know"
    ))
}

pub(crate) fn command_copied() -> &'static str {
    say("command line copied")
}
