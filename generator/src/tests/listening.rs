//! Distributions of the generated events: hours, weekdays, users, songs, sessions.

use super::*;

#[test]
fn nights_have_few_events_in_the_time_zone_of_each_region() {
    let run = run(
        Format::Ndjson,
        &format!("--count 200000 {MONTH} --regions us,apac"),
    );
    let count = |region: u16, hour: i64| {
        let in_hour = |draft: &&Draft| draft.ts.rem_euclid(MICROS_PER_DAY) / 3_600_000_000 == hour;
        run.drafts()
            .filter(|draft| draft.region == region)
            .filter(in_hour)
            .count()
    };
    // 20 and 4 o'clock at UTC-6 and UTC+8.
    assert!(count(0, 2) > 6 * count(0, 10));
    assert!(count(1, 12) > 6 * count(1, 20));
}

#[test]
fn weekends_begin_later_and_every_day_has_its_share() {
    let run = run(
        Format::Ndjson,
        &format!("--count 310000 {MONTH} --regions uk"),
    );
    let mut hours = vec![[0_u32; 24]; 31];
    let from = field::ts("2026-01-01T00:00:00Z").expect("a time");
    for draft in run.drafts() {
        let hour = (draft.ts - from) / 3_600_000_000;
        hours[(hour / 24) as usize][(hour % 24) as usize] += 1;
    }
    // 1 January 2026 was a Thursday.
    let (weekend, weekdays): (Vec<_>, Vec<_>) = hours
        .iter()
        .enumerate()
        .partition(|(day, _)| matches!(day % 7, 2 | 3));
    let mean = |days: &[(usize, &[u32; 24])], hours: std::ops::Range<usize>| {
        let sum: u32 = days.iter().flat_map(|(_, day)| &day[hours.clone()]).sum();
        f64::from(sum) / days.len() as f64
    };
    for (hours, ratio) in [(1..4, 2.28), (6..9, 0.61), (22..24, 1.36), (0..24, 1.16)] {
        let found = mean(&weekend, hours.clone()) / mean(&weekdays, hours.clone());
        assert!((found / ratio - 1.0).abs() < 0.05, "{hours:?}: {found}");
    }
    for (_, day) in &weekdays {
        let share = f64::from(day.iter().sum::<u32>()) / mean(&weekdays, 0..24);
        assert!((0.95..1.05).contains(&share), "{share}");
    }
}

#[test]
fn events_of_a_session_refer_to_the_song_played_last() {
    let run = run(Format::Ndjson, &format!("--count 50000 {MONTH}"));
    let (play, stop) = (0, 2);
    let mut last: BTreeMap<u64, &Draft> = BTreeMap::new();
    let (mut paused_or_stopped, mut of_what_played, mut resumed) = (0, 0, 0);
    for draft in run.drafts() {
        let before = last.insert(draft.user, draft);
        let is_same =
            before.is_some_and(|before| (before.song, before.device) == (draft.song, draft.device));
        if draft.event_type != play {
            paused_or_stopped += 1;
            let goes_on = is_same && before.is_some_and(|before| before.event_type != stop);
            of_what_played += u32::from(goes_on);
        } else if is_same && before.is_some_and(|before| before.event_type != stop) {
            resumed += 1;
        }
    }
    assert!(
        of_what_played > paused_or_stopped * 9 / 10 && resumed > 1_000,
        "{of_what_played} of {paused_or_stopped} refer to the song that the user played last, {resumed} resumed"
    );
}

#[test]
fn a_few_songs_are_played_most() {
    let run = run(Format::Ndjson, &format!("--count 100000 {MONTH}"));
    let mut plays: BTreeMap<Option<u64>, u32> = BTreeMap::new();
    for draft in run.drafts() {
        *plays.entry(draft.song).or_default() += 1;
    }
    let mut counts: Vec<u32> = plays.into_values().collect();
    counts.sort_unstable_by(|a, b| b.cmp(a));
    let top: u32 = counts[..1_000].iter().sum();
    assert!(
        (25_000..75_000).contains(&top) && counts.len() > 10_000,
        "{} songs; a thousand of 100000 have {top} of 100000 events",
        counts.len()
    );
}

#[test]
fn a_few_users_cause_many_events_and_stay_in_their_region() {
    let run = run(
        Format::Ndjson,
        &format!("--count 200000 --users 10000 {MONTH}"),
    );
    let mut events: BTreeMap<u64, (u64, HashSet<u16>)> = BTreeMap::new();
    for draft in run.drafts() {
        let user = events.entry(draft.user).or_default();
        user.0 += 1;
        user.1.insert(draft.region);
    }
    assert!(events.values().all(|(_, regions)| regions.len() == 1));
    let mut counts: Vec<u64> = events.values().map(|(count, _)| *count).collect();
    counts.sort_unstable_by(|a, b| b.cmp(a));
    let top: u64 = counts[..counts.len() / 10].iter().sum();
    assert!(
        (80_000..160_000).contains(&top),
        "the most active tenth has {top} of 200000 events"
    );
    assert!(
        counts.len() > 5_000 && counts[0] < 5_000,
        "{} users, the first with {}",
        counts.len(),
        counts[0]
    );
}
