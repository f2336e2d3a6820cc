//! Who may listen to what: the users of each region, songs and devices to draw from.

use super::plan::Plan;
use super::random::{HeavyTail, Random, Weighted, mixed};

/// Devices and how common they are.
pub(super) const DEVICES: [(&str, u64); 7] = [
    ("ios", 29),
    ("android", 31),
    ("web", 18),
    ("mac", 7),
    ("windows", 7),
    ("tv", 4),
    ("speaker", 4),
];

/// Users, songs and devices, most of them drawn rarely. Users and songs are ranks until they are written down.
pub(super) struct Cast {
    listeners: Vec<Listeners>,
    devices: Weighted,
    user_ids: Scatter,
    /// `None` if events have no `song_id`.
    songs: Option<Songs>,
    seed: u64,
}

/// The users of one region.
struct Listeners {
    first_user: u64,
    count: u64,
    activity: HeavyTail,
}

struct Songs {
    ids: Scatter,
    popularity: HeavyTail,
}

impl Cast {
    pub(super) fn new(plan: &Plan) -> Cast {
        let songs = u64::from(plan.songs);
        Cast {
            listeners: listeners(plan),
            devices: Weighted::new(DEVICES.map(|(_, weight)| weight)),
            user_ids: Scatter::new(u64::from(plan.users)),
            songs: (songs > 0).then(|| Songs {
                ids: Scatter::new(songs),
                // The best loved songs share the top rather than one of them towering over all.
                popularity: HeavyTail::new(songs, 10),
            }),
            seed: plan.seed,
        }
    }

    /// A user of a region; a few of them are drawn most.
    pub(super) fn user(&self, random: &mut Random, region: usize) -> u64 {
        let listeners = &self.listeners[region];
        listeners.first_user + listeners.activity.draw(random)
    }

    /// All users of a region.
    pub(super) fn users(&self, region: usize) -> std::ops::Range<u64> {
        let Listeners {
            first_user, count, ..
        } = self.listeners[region];
        first_user..first_user + count
    }

    /// 0 where events have none.
    pub(super) fn song(&self, random: &mut Random) -> u64 {
        self.songs
            .as_ref()
            .map_or(0, |songs| songs.popularity.draw(random))
    }

    /// Mostly the user's own device; some clients do not say.
    pub(super) fn device_of(&self, random: &mut Random, user: u64) -> Option<u8> {
        match random.below(100) {
            0 => None,
            1..=14 => Some(self.devices.draw(random) as u8),
            _ => {
                let mut scatter = user ^ self.seed.rotate_left(32);
                Some(self.devices.draw(&mut Random::new(mixed(&mut scatter))) as u8)
            }
        }
    }

    pub(super) fn user_id(&self, user: u64) -> u64 {
        self.user_ids.scattered(user)
    }

    pub(super) fn song_id(&self, song: u64) -> Option<u64> {
        self.songs.as_ref().map(|songs| songs.ids.scattered(song))
    }
}

/// A UUID of version 4, from our own random numbers.
pub(super) fn new_event_id(random: &mut Random) -> u128 {
    let random = u128::from(random.next()) << 64 | u128::from(random.next());
    random & !(0xf000 << 64 | 0xc000 << 48) | 0x4000 << 64 | 0x8000 << 48
}

/// Gives each region its part of the users, by weight; at least one.
fn listeners(plan: &Plan) -> Vec<Listeners> {
    let users = u64::from(plan.users);
    let total: u64 = plan.regions.iter().map(|region| region.clock.weight).sum();
    let mut passed = 0;
    plan.regions
        .iter()
        .map(|region| {
            let first_user = (users * passed / total).min(users - 1);
            passed += region.clock.weight;
            let count = (users * passed / total).saturating_sub(first_user).max(1);
            // One listener in a thousand makes a good part of the noise, and no one makes a tenth of it.
            let activity = HeavyTail::new(count, count / 1_000 + 1);
            Listeners {
                first_user,
                count,
                activity,
            }
        })
        .collect()
}

/// Maps ranks to identifiers one to one, so that the most active users are not the lowest numbers.
#[derive(Debug, Clone, Copy)]
struct Scatter {
    count: u64,
    factor: u64,
}

impl Scatter {
    fn new(count: u64) -> Scatter {
        let mut factor = count / 8 * 5 + 1;
        while greatest_common_divisor(factor, count) != 1 {
            factor += 1;
        }
        Scatter { count, factor }
    }

    /// From 1 to the count.
    fn scattered(&self, rank: u64) -> u64 {
        (rank % self.count * self.factor + self.count / 3) % self.count + 1
    }
}

fn greatest_common_divisor(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}
