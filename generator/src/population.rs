//! The users of each region, the songs and the devices from which events are drawn.

use crate::plan::Plan;
use crate::random::{HeavyTail, Random, Weighted, mixed};

/// Devices with their weights.
pub(crate) const DEVICES: [(&str, u64); 7] = [
    ("ios", 29),
    ("android", 31),
    ("web", 18),
    ("mac", 7),
    ("windows", 7),
    ("tv", 4),
    ("speaker", 4),
];

/// A few users and songs are drawn often and most of them rarely. Users and songs are ranks here; [`Population::user_id`] and
/// [`Population::song_id`] give their identifiers.
pub(crate) struct Population {
    regions: Vec<RegionUsers>,
    devices: Weighted,
    user_ids: Scatter,
    /// `None` if events have no `song_id`.
    songs: Option<Songs>,
    seed: u64,
}

/// The users of one region.
struct RegionUsers {
    first_user: u64,
    count: u64,
    activity: HeavyTail,
}

struct Songs {
    ids: Scatter,
    popularity: HeavyTail,
}

impl Population {
    pub(crate) fn new(plan: &Plan) -> Population {
        let songs = u64::from(plan.songs);
        Population {
            regions: split_users(plan),
            devices: Weighted::new(DEVICES.map(|(_, weight)| weight)),
            user_ids: Scatter::new(u64::from(plan.users)),
            songs: (songs > 0).then(|| Songs {
                ids: Scatter::new(songs),
                // Flat enough that the first ten songs are about equally popular.
                popularity: HeavyTail::new(songs, 10),
            }),
            seed: plan.seed,
        }
    }

    /// A user of a region, by activity.
    pub(crate) fn user(&self, random: &mut Random, region: usize) -> u64 {
        let users = &self.regions[region];
        users.first_user + users.activity.draw(random)
    }

    /// All users of a region.
    pub(crate) fn users(&self, region: usize) -> std::ops::Range<u64> {
        let users = &self.regions[region];
        users.first_user..users.first_user + users.count
    }

    /// A song; 0 if events have no `song_id`.
    pub(crate) fn song(&self, random: &mut Random) -> u64 {
        self.songs
            .as_ref()
            .map_or(0, |songs| songs.popularity.draw(random))
    }

    /// The user's preferred device in 85 % of the draws, a random one in 14 %, none in 1 %.
    pub(crate) fn device_of(&self, random: &mut Random, user: u64) -> Option<u8> {
        match random.below(100) {
            0 => None,
            1..=14 => Some(self.devices.draw(random) as u8),
            _ => {
                let mut scatter = user ^ self.seed.rotate_left(32);
                Some(self.devices.draw(&mut Random::new(mixed(&mut scatter))) as u8)
            }
        }
    }

    pub(crate) fn user_id(&self, user: u64) -> u64 {
        self.user_ids.scattered(user)
    }

    pub(crate) fn song_id(&self, song: u64) -> Option<u64> {
        self.songs.as_ref().map(|songs| songs.ids.scattered(song))
    }
}

/// A UUID of version 4. The `uuid` crate uses the system's random numbers; these must depend on the seed alone.
pub(crate) fn new_event_id(random: &mut Random) -> u128 {
    let random = u128::from(random.next()) << 64 | u128::from(random.next());
    random & !(0xf000 << 64 | 0xc000 << 48) | 0x4000 << 64 | 0x8000 << 48
}

/// Splits the users among the regions by weight; each region has at least one.
fn split_users(plan: &Plan) -> Vec<RegionUsers> {
    let users = u64::from(plan.users);
    let total: u64 = plan.regions.iter().map(|region| region.clock.weight).sum();
    let mut passed = 0;
    plan.regions
        .iter()
        .map(|region| {
            let first_user = (users * passed / total).min(users - 1);
            passed += region.clock.weight;
            let count = (users * passed / total).saturating_sub(first_user).max(1);
            // The most active thousandth of the users is flattened, so that no single user causes a tenth of the events.
            let activity = HeavyTail::new(count, count / 1_000 + 1);
            RegionUsers {
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
