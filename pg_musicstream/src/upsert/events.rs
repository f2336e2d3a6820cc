//! The valid events of a batch in memory, and their order by event_id.

use crate::names::Names;

/// The ctid of a row in the staging table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Place {
    pub(crate) block: u32,
    pub(crate) offset: u16,
}

/// Where an event came from. Of several events with one event_id, the one with the lowest origin counts as the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Origin {
    pub(crate) partition: i32,
    /// `i64::MAX` if the writer gave no position.
    pub(crate) position: i64,
    pub(crate) place: Place,
}

/// The fields of an event that is valid by the rules of the wire format. An empty song_id or device stands for null.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fields<'a> {
    pub(crate) id: [u8; 16],
    /// In microseconds since Postgres's epoch.
    pub(crate) ts: i64,
    pub(crate) user_id: &'a [u8],
    pub(crate) event_type: &'a [u8],
    pub(crate) region: &'a [u8],
    pub(crate) song_id: &'a [u8],
    pub(crate) device: &'a [u8],
}

impl Fields<'_> {
    /// The names of the fields that differ, separated by commas; empty if the events are equal.
    pub(crate) fn differing(&self, other: &Fields<'_>) -> String {
        [
            ("ts", self.ts == other.ts),
            ("user_id", self.user_id == other.user_id),
            ("event_type", self.event_type == other.event_type),
            ("region", self.region == other.region),
            ("song_id", self.song_id == other.song_id),
            ("device", self.device == other.device),
        ]
        .into_iter()
        .filter_map(|(name, is_equal)| (!is_equal).then_some(name))
        .collect::<Vec<_>>()
        .join(", ")
    }
}

/// An event whose user_id, song_id and device are stored one after the other in the arena of the batch. Each is at most 128 bytes
/// long, so its length fits into a byte.
#[derive(Debug, Clone, Copy)]
struct Event {
    id: [u8; 16],
    ts: i64,
    origin: Origin,
    texts: usize,
    event_type: u32,
    region: u32,
    user_length: u8,
    song_length: u8,
    device_length: u8,
}

/// The index of an event in its [`Events`].
pub(crate) type Index = usize;

/// Events in the order of the staging table.
#[derive(Debug, Default)]
pub(crate) struct Events {
    events: Vec<Event>,
    arena: Vec<u8>,
    /// Event types and regions, which have few distinct values.
    names: Names,
}

impl Events {
    pub(crate) fn push(&mut self, fields: &Fields<'_>, origin: Origin) {
        let texts = self.arena.len();
        let mut keep = |text: &[u8]| {
            self.arena.extend_from_slice(text);
            text.len() as u8
        };
        let user_length = keep(fields.user_id);
        let song_length = keep(fields.song_id);
        let device_length = keep(fields.device);
        self.events.push(Event {
            id: fields.id,
            ts: fields.ts,
            origin,
            texts,
            event_type: self.names.number(fields.event_type),
            region: self.names.number(fields.region),
            user_length,
            song_length,
            device_length,
        });
    }

    pub(crate) fn len(&self) -> usize {
        self.events.len()
    }

    pub(crate) fn id(&self, index: Index) -> [u8; 16] {
        self.events[index].id
    }

    pub(crate) fn ts(&self, index: Index) -> i64 {
        self.events[index].ts
    }

    pub(crate) fn place(&self, index: Index) -> Place {
        self.events[index].origin.place
    }

    /// The numbers of event type and region; equal names have equal numbers.
    pub(crate) fn names_of(&self, index: Index) -> (u32, u32) {
        let event = &self.events[index];
        (event.event_type, event.region)
    }

    pub(crate) fn name(&self, number: u32) -> &[u8] {
        self.names.name(number)
    }

    pub(crate) fn fields(&self, index: Index) -> Fields<'_> {
        let event = &self.events[index];
        let (user_id, rest) = self.arena[event.texts..].split_at(event.user_length.into());
        let (song_id, rest) = rest.split_at(event.song_length.into());
        Fields {
            id: event.id,
            ts: event.ts,
            user_id,
            event_type: self.names.name(event.event_type),
            region: self.names.name(event.region),
            song_id,
            device: &rest[..event.device_length.into()],
        }
    }

    /// Orders the events by event_id, without those that `left_out` selects. Neighbours then share index pages, and sessions that
    /// insert row by row lock the same events in the same order. COPY deviates from it; see `copy_unless_known`.
    pub(crate) fn ordered(&self, left_out: impl Fn(Index) -> bool) -> Ordered {
        let mut firsts: Vec<Index> = (0..self.len()).filter(|&index| !left_out(index)).collect();
        let key = |index: Index| (self.events[index].id, self.events[index].origin);
        // The ingestor sorts its batches, so there is usually nothing to sort.
        if !firsts.is_sorted_by(|&a, &b| self.id(a) < self.id(b)) {
            firsts.sort_unstable_by_key(|&index| key(index));
        }
        let mut repeats = Vec::new();
        firsts.dedup_by(|repeat, first| {
            let is_repeat = self.id(*repeat) == self.id(*first);
            if is_repeat {
                repeats.push((*repeat, *first));
            }
            is_repeat
        });
        Ordered { firsts, repeats }
    }
}

/// Events ordered by event_id.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Ordered {
    /// The first event of each event_id.
    pub(crate) firsts: Vec<Index>,
    /// All other events, each with the first event of its event_id.
    pub(crate) repeats: Vec<(Index, Index)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(ids_and_positions: &[(u8, i64)]) -> Events {
        let mut events = Events::default();
        for (offset, &(id, position)) in (1..).zip(ids_and_positions) {
            let fields = Fields {
                id: [id; 16],
                ts: i64::from(id),
                user_id: b"u",
                event_type: b"play",
                region: b"eu",
                song_id: b"",
                device: b"phone",
            };
            let origin = Origin {
                partition: 0,
                position,
                place: Place { block: 0, offset },
            };
            events.push(&fields, origin);
        }
        events
    }

    fn ordered(ids_and_positions: &[(u8, i64)]) -> (Vec<Index>, Vec<(Index, Index)>) {
        let Ordered { firsts, repeats } = events(ids_and_positions).ordered(|_| false);
        (firsts, repeats)
    }

    #[test]
    fn of_a_repeated_id_the_first_arrival_is_kept() {
        assert_eq!(ordered(&[]), (vec![], vec![]));
        assert_eq!(ordered(&[(1, 5), (2, 4)]), (vec![0, 1], vec![]));
        assert_eq!(ordered(&[(2, 5), (1, 4)]), (vec![1, 0], vec![]));
        assert_eq!(
            ordered(&[(1, 5), (2, 9), (2, 4)]),
            (vec![0, 2], vec![(1, 2)])
        );
        assert_eq!(
            ordered(&[(2, 7), (1, 4), (2, 8), (3, 1), (2, 6)]),
            (vec![1, 4, 3], vec![(0, 4), (2, 4)])
        );
    }

    #[test]
    fn an_event_that_is_left_out_is_not_the_first_of_its_id() {
        let Ordered { firsts, repeats } =
            events(&[(2, 7), (1, 4), (2, 8), (2, 9)]).ordered(|index| index == 0);
        assert_eq!((firsts, repeats), (vec![1, 2], vec![(3, 2)]));
    }

    #[test]
    fn pushed_fields_are_read_back() {
        let mut events = events(&[(1, 1), (2, 2)]);
        let long = "x".repeat(128);
        let given = Fields {
            id: [9; 16],
            ts: -5,
            user_id: long.as_bytes(),
            event_type: b"stop",
            region: b"eu",
            song_id: "é".as_bytes(),
            device: long.as_bytes(),
        };
        let origin = Origin {
            partition: 3,
            position: 4,
            place: Place {
                block: 5,
                offset: 6,
            },
        };
        events.push(&given, origin);
        assert_eq!(events.fields(2), given);
        assert_eq!([events.ts(0), events.ts(2)], [1, -5]);
        let (event_type, region) = events.names_of(2);
        assert_eq!(events.name(event_type), b"stop");
        assert_eq!(events.name(region), b"eu");
        assert_eq!(events.place(2), origin.place);
        assert_eq!(events.fields(0).device, b"phone");
        assert_eq!(events.names_of(0).1, events.names_of(2).1);
        assert_ne!(events.names_of(0).0, events.names_of(2).0);
    }

    #[test]
    fn fields_that_differ_are_named() {
        let events = events(&[(1, 1)]);
        let stored = events.fields(0);
        assert_eq!(stored.differing(&stored), "");
        let other = Fields {
            ts: 7,
            device: b"",
            ..stored
        };
        assert_eq!(stored.differing(&other), "ts, device");
    }
}
