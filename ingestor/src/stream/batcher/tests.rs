use std::sync::mpsc::Receiver;

use crate::batch::Span;
use crate::writer::{Request, Writer};

use super::*;

const SECONDS: Duration = Duration::from_secs(60);
const EVENT: &[u8] =
    br#"{"event_id": "00000000-0000-0000-0000-000000000001", "user_id": "u", "event_type": "play",
    "region": "eu", "ts": "2026-03-01T00:00:00Z"}"#;

/// A batcher whose batches of two rows arrive at the receivers.
fn batcher(slots: usize) -> (Batcher, Vec<Receiver<Request>>) {
    let (writers, requests): (Vec<_>, Vec<_>) =
        (0..slots).map(|_| Writer::without_thread()).unzip();
    let limits = Limits {
        rows: 2,
        bytes: 1 << 20,
        age: SECONDS,
    };
    let slots = writers.into_iter().map(WriterSlot::new).collect();
    let mut batcher = Batcher::new(slots, limits);
    batcher.set_source("kafka:c/t".into(), Some([7; 16]));
    batcher.restart(4);
    (batcher, requests)
}

fn position(next: i64, end: Option<i64>) -> Position {
    Position {
        epoch: 11,
        leader_epoch: None,
        ledger: Some(next),
        next,
        end,
    }
}

fn record(offset: i64) -> Record<'static> {
    Record {
        offset,
        leader_epoch: Some(3),
        key: None,
        payload: Some(EVENT),
    }
}

/// Begins a partition as soon as it is claimed.
fn begin(batcher: &mut Batcher, partition: i32, next: i64, end: Option<i64>) {
    batcher.slot_for(partition);
    batcher.begin(partition, position(next, end), false);
}

fn add(batcher: &mut Batcher, partition: i32, offsets: &[i64]) -> Vec<Added> {
    let mut adder = batcher.partition(partition).unwrap();
    offsets
        .iter()
        .map(|&offset| adder.add(&record(offset)))
        .collect()
}

fn span(partition: i32, from: i64, to: i64, leader_epoch: Option<i32>) -> Span {
    Span {
        partition,
        from: Some(from),
        to,
        epoch: 11,
        source_identity: None,
        leader_epoch,
    }
}

#[test]
fn a_partition_keeps_its_slot_and_a_new_one_gets_the_slot_with_the_fewest() {
    let (mut batcher, _requests) = batcher(2);
    let slots = [0, 1, 2, 0].map(|partition| batcher.slot_for(partition));
    assert_eq!(slots, [0, 1, 0, 0]);
    batcher.remove(0);
    batcher.remove(2);
    assert_eq!([3, 4, 5].map(|one| batcher.slot_for(one)), [0, 0, 1]);
    assert_eq!(batcher.slot_for(1), 1);
}

#[test]
fn a_bounded_run_reads_each_partition_to_its_end() {
    let (mut batcher, _requests) = batcher(1);
    begin(&mut batcher, 0, 5, Some(8));
    begin(&mut batcher, 1, 9, Some(9));
    begin(&mut batcher, 2, 0, None);
    assert_eq!(batcher.partitions(), [0, 1, 2]);
    assert_eq!(batcher.remaining(), 3);
    let ends = [0, 1, 2, 3].map(|one| batcher.end_to_reach(one));
    assert_eq!(ends, [Some(8), None, None, None]);
    assert_eq!(add(&mut batcher, 0, &[4, 5]), [Added::Room, Added::Room]);
    let left = |batcher: &Batcher| -> Vec<(i32, i64, Option<i32>)> {
        let left = batcher.unfinished().into_iter();
        left.map(|one| (one.partition, one.offset, one.leader_epoch))
            .collect()
    };
    assert_eq!(left(&batcher), [(0, 6, Some(3)), (2, 0, None)]);
    assert_eq!(batcher.slots[0].batch.row_count(), 1);
    assert_eq!(add(&mut batcher, 0, &[7, 8]), [Added::Done, Added::Done]);
    assert_eq!(left(&batcher), [(2, 0, None)]);
    assert_eq!((batcher.remaining(), batcher.end_to_reach(0)), (0, None));
    assert_eq!(batcher.slots[0].batch.row_count(), 2);
    assert_eq!(batcher.slots[0].batch.spans(), [span(0, 5, 8, Some(3))]);
    assert!(batcher.partition(3).is_none());
}

#[test]
fn nothing_advances_without_a_new_record() {
    let (mut batcher, _requests) = batcher(1);
    begin(&mut batcher, 0, 5, None);
    add(&mut batcher, 0, &[3, 4]);
    assert!(batcher.is_empty() && batcher.slots[0].batch.spans().is_empty());
    assert_eq!(batcher.time_left(), None);
    batcher.begin(1, position(6, None), true);
    assert_eq!(batcher.slots[0].batch.spans(), [span(1, 6, 6, None)]);
    assert!(!batcher.is_empty() && batcher.time_left() <= Some(SECONDS));
}

#[test]
fn a_full_batch_takes_no_more_records() {
    let (mut batcher, _requests) = batcher(2);
    begin(&mut batcher, 0, 0, None);
    begin(&mut batcher, 1, 0, None);
    assert!(!batcher.is_full());
    assert_eq!(add(&mut batcher, 0, &[0, 1]), [Added::Room, Added::Full]);
    assert!(batcher.is_full() && batcher.is_full_for(0));
    assert!(!batcher.is_full_for(1) && !batcher.is_full_for(9));
}

#[test]
fn a_record_without_a_value_is_rejected() {
    let (mut batcher, _requests) = batcher(1);
    begin(&mut batcher, 0, 0, None);
    let tombstone = Record {
        payload: None,
        ..record(0)
    };
    batcher.partition(0).unwrap().add(&tombstone);
    let rejects = batcher.slots[0].batch.rejects();
    assert!(rejects.into_iter().eq([("malformed_json".to_owned(), 1)]));
}

#[test]
fn a_batch_is_sent_once_its_writer_is_free_and_the_ledger_follows() {
    let (mut batcher, requests) = batcher(1);
    begin(&mut batcher, 0, 5, None);
    add(&mut batcher, 0, &[5]);
    batcher.send_due();
    assert!(requests[0].try_recv().is_err(), "neither full nor old");
    assert!(batcher.time_left() > Some(SECONDS / 2));
    add(&mut batcher, 0, &[6]);
    batcher.send_due();
    let Ok(Request::Write(batch, None)) = requests[0].try_recv() else {
        panic!("the batch is full");
    };
    assert_eq!((batch.source(), batch.generation()), ("kafka:c/t", 4));
    let sent = Span {
        source_identity: Some(vec![7; 16]),
        ..span(0, 5, 7, Some(3))
    };
    assert_eq!(batch.spans(), [sent]);
    assert!(!batcher.is_empty(), "it is in flight");
    add(&mut batcher, 0, &[7]);
    batcher.send_all();
    assert!(requests[0].try_recv().is_err(), "the writer is busy");
    assert_eq!(batcher.time_left(), None);
    batcher.slots[0].take_back(batch);
    batcher.send_all();
    let Ok(Request::Write(batch, None)) = requests[0].try_recv() else {
        panic!("the writer is free");
    };
    assert_eq!((batch.spans()[0].from, batch.spans()[0].to), (Some(7), 8));
    batcher.slots[0].take_back(batch);
    assert!(batcher.is_empty());
}

#[test]
fn the_end_is_reached_over_offsets_without_records() {
    let (mut batcher, _requests) = batcher(1);
    begin(&mut batcher, 0, 5, Some(8));
    begin(&mut batcher, 1, 5, None);
    let finished = [0, 1, 2].map(|one| batcher.finish(one, Some(2)));
    assert_eq!(finished, [true, false, false]);
    assert_eq!(batcher.slots[0].batch.spans(), [span(0, 5, 8, Some(2))]);
    assert_eq!(batcher.remaining(), 0);
    assert!(batcher.finish(0, Some(9)));
    let same = [span(0, 5, 8, Some(2))];
    assert_eq!(batcher.slots[0].batch.spans(), same, "it was there already");
}

#[test]
fn a_restart_forgets_partitions_and_what_was_not_sent() {
    let (mut batcher, requests) = batcher(2);
    begin(&mut batcher, 1, 0, None);
    add(&mut batcher, 1, &[0]);
    batcher.restart(5);
    assert!(batcher.is_empty() && batcher.partitions().is_empty());
    begin(&mut batcher, 1, 0, None);
    begin(&mut batcher, 2, 0, None);
    assert_eq!(batcher.slot_for(2), 1, "it gets a slot as at the start");
    batcher.remove(1);
    assert_eq!(batcher.partitions(), [2]);
    add(&mut batcher, 2, &[0, 1]);
    batcher.send_due();
    let Ok(Request::Write(batch, None)) = requests[1].try_recv() else {
        panic!("the batch is full");
    };
    assert_eq!(batch.generation(), 5);
}
