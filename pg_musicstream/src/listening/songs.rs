//! SQL functions on packed songs.

use pgrx::Internal;
use pgrx::prelude::*;

use super::song::{Songs, songs};
use crate::aggregate::with_state;
use crate::error::Error;

#[pg_extern(sql = false)]
fn unpack_songs(
    packed: &[u8],
) -> TableIterator<
    'static,
    (
        name!(song_id, String),
        name!(plays, i64),
        name!(streams, i64),
        name!(skips, i64),
        name!(listened_us, i64),
    ),
> {
    let row = |song: Option<_>| {
        let (song_id, listening): (&[u8], super::song::Listening) = song?;
        let song_id = std::str::from_utf8(song_id).ok()?.to_owned();
        Some((
            song_id,
            listening.plays,
            listening.streams,
            listening.skips,
            listening.listened_us,
        ))
    };
    let rows: Option<Vec<_>> = songs(packed).map(row).collect();
    TableIterator::new(rows.unwrap_or_else(|| Error::PackedSongs.raise()))
}

#[pg_extern(sql = false)]
fn sum_songs_step(
    state: Internal,
    packed: Option<&[u8]>,
    fcinfo: pg_sys::FunctionCallInfo,
) -> Internal {
    with_state(state, fcinfo, Songs::default, |songs| {
        if let Some(packed) = packed {
            songs
                .add_packed(packed)
                .unwrap_or_else(|| Error::PackedSongs.raise());
        }
    })
}

#[pg_extern(sql = false)]
fn packed_songs(state: Internal) -> Option<Vec<u8>> {
    // SAFETY: only the transition function above produces the state of this aggregate, and it puts `Songs` there.
    unsafe { state.get::<Songs>() }.map(Songs::pack)
}
