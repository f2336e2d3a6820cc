//! Leader epochs, membership, and where in the log an event of a consumer belongs: librdkafka tells them, rdkafka does
//! not wrap them. Hence the calls into C, which this file, `fetch_queue` and `topic_id` alone may make.
#![allow(unsafe_code)]

use std::ffi::CStr;
use std::ptr::NonNull;
use std::time::Duration;

use rdkafka::TopicPartitionList;
use rdkafka::bindings as c;
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext};
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::message::BorrowedMessage;

/// The epoch of the leader that appended a record; `None`: its format has none.
pub(super) fn leader_epoch(message: &BorrowedMessage<'_>) -> Option<i32> {
    // SAFETY: the message is not freed before the borrow ends.
    known(unsafe { c::rd_kafka_message_leader_epoch(message.ptr()) })
}

/// Sets the leader epochs of a list, in its order. A client compares them with the log before it reads there.
pub(super) fn set_leader_epochs(
    list: &mut TopicPartitionList,
    epochs: impl Iterator<Item = Option<i32>>,
) {
    for (index, epoch) in (0..list.count()).zip(epochs) {
        // SAFETY: the list has so many elements, and nobody else has it.
        unsafe {
            let element = (*list.ptr()).elems.add(index);
            c::rd_kafka_topic_partition_set_leader_epoch(element, epoch.unwrap_or(-1));
        }
    }
}

/// The leader epoch of an element of a list.
pub(super) fn leader_epoch_at(list: &TopicPartitionList, index: usize) -> Option<i32> {
    if index >= list.count() {
        return None;
    }
    // SAFETY: there is such an element, and it is only read.
    known(unsafe { c::rd_kafka_topic_partition_get_leader_epoch((*list.ptr()).elems.add(index)) })
}

/// Whether the group has taken the client in, with partitions or without: the generation, which is the member's epoch
/// under `group.protocol=consumer`, is 0 or less before that.
pub(super) fn is_member<C: ConsumerContext>(client: &BaseConsumer<C>) -> bool {
    // SAFETY: the client lives longer than this call; what it gives is ours, and destroyed after its last use.
    unsafe {
        let kafka = client.client().native_ptr();
        let Some(group) = NonNull::new(c::rd_kafka_consumer_group_metadata(kafka)) else {
            return false;
        };
        let generation = c::rd_kafka_consumer_group_metadata_generation_id(group.as_ptr());
        c::rd_kafka_consumer_group_metadata_destroy(group.as_ptr());
        generation > 0
    }
}

/// A leader epoch as librdkafka tells it: below 0 if there is none.
pub(super) fn known(epoch: i32) -> Option<i32> {
    (epoch >= 0).then_some(epoch)
}

/// A record without its content, or an error with its place, which `BaseConsumer::poll` leaves out.
pub(super) struct Event {
    pub(super) partition: i32,
    /// Of the record, or where the error was met.
    pub(super) offset: i64,
    /// `NoError`: a record.
    pub(super) code: RDKafkaErrorCode,
    pub(super) reason: String,
}

/// The next event of a consumer that belongs to no group; not to be mixed with `BaseConsumer::poll`.
pub(super) fn next_event(client: &BaseConsumer, within: Duration) -> Option<Event> {
    let within_ms = i32::try_from(within.as_millis()).unwrap_or(i32::MAX);
    // SAFETY: the client lives longer than this call. The message is ours until it is destroyed, once, after its last
    // use; the text of an error belongs to it and is copied.
    unsafe {
        let kafka = client.client().native_ptr();
        let message = NonNull::new(c::rd_kafka_consumer_poll(kafka, within_ms))?;
        let found = message.as_ref();
        let code = RDKafkaErrorCode::from(found.err);
        let text = if code == RDKafkaErrorCode::NoError {
            std::ptr::null()
        } else {
            c::rd_kafka_message_errstr(message.as_ptr())
        };
        let reason = if text.is_null() {
            String::new()
        } else {
            CStr::from_ptr(text).to_string_lossy().into_owned()
        };
        let event = Event {
            partition: found.partition,
            offset: found.offset,
            code,
            reason,
        };
        c::rd_kafka_message_destroy(message.as_ptr());
        Some(event)
    }
}
