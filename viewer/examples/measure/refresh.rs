pub(crate) fn refresh(_: &str) {}
