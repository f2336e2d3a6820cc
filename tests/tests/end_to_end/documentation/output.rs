//! Compares output with a page.

/// Whether the output matches the page. `…` stands for any characters of a line; alone on a line, for any lines. Several
/// blanks equal one, because a column is narrower if the page replaces its values by `…`.
pub(super) fn is_as_shown(shown: &str, found: &str) -> bool {
    let (shown, found) = (lines(shown), lines(found));
    lines_match(&shown, &found)
}

fn lines(text: &str) -> Vec<String> {
    let lines = text.trim_end().lines();
    lines
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect()
}

fn lines_match(shown: &[String], found: &[String]) -> bool {
    match (shown.split_first(), found.split_first()) {
        (None, None) => true,
        (Some((line, rest)), _) if line == "…" => {
            (0..=found.len()).any(|skipped| lines_match(rest, &found[skipped..]))
        }
        (Some((line, shown)), Some((first, found))) => {
            line_matches(line, first) && lines_match(shown, found)
        }
        _ => false,
    }
}

fn line_matches(shown: &str, found: &str) -> bool {
    let Some((before, after)) = shown.split_once('…') else {
        return shown == found;
    };
    found.strip_prefix(before).is_some_and(|rest| {
        let places = rest.char_indices().map(|(at, _)| at).chain([rest.len()]);
        places
            .into_iter()
            .any(|at| line_matches(after, &rest[at..]))
    })
}

#[test]
fn an_ellipsis_stands_for_what_differs() {
    for (shown, found, is_same) in [
        ("a\nb c\n", "a  \nb   c", true),
        ("a b", "ab", false),
        ("a\nb", "a", false),
        ("a", "a\nb", false),
        ("1 of …, … s", "1 of 20, 0.5 s", true),
        ("1 of …, … s", "1 of 20, 0.5 ms.", false),
        ("a\n…\nd", "a\nb\nc\nd", true),
        ("a\n…\nd", "a\nd", true),
        ("a\n…\nd", "a\nb\nc", false),
        ("…", "", true),
    ] {
        assert_eq!(is_as_shown(shown, found), is_same, "{shown:?} {found:?}");
    }
}
