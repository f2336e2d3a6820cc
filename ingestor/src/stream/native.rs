//! Calls of librdkafka that rdkafka does not wrap: leader epochs, group membership, and the offset of a consumer error. Only
//! this file, `fetch_queue` and `topic_id` call into C.
#![allow(unsafe_code)]

use std::ffi::CStr;
use std::ptr::NonNull;
use std::time::Duration;

use rdkafka::TopicPartitionList;
use rdkafka::bindings as c;
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext};
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::message::BorrowedMessage;

/// Epoch of the leader that appended a record; `None`: its message format has none.
pub(super) fn leader_epoch(message: &BorrowedMessage<'_>) -> Option<i32> {
    // SAFETY: the message is not freed before the borrow ends.
    known(unsafe { c::rd_kafka_message_leader_epoch(message.ptr()) })
}

/// Sets the leader epochs of a list, in its order. The client compares them with the log before it fetches there.
pub(super) fn set_leader_epochs(
    list: &mut TopicPartitionList,
    epochs: impl Iterator<Item = Option<i32>>,
) {
    for (index, epoch) in (0..list.count()).zip(epochs) {
        // SAFETY: `index` is below the number of elements, and the list is borrowed exclusively.
        unsafe {
            let element = (*list.ptr()).elems.add(index);
            c::rd_kafka_topic_partition_set_leader_epoch(element, epoch.unwrap_or(-1));
        }
    }
}

/// The leader epoch of an element of a list, if it is known.
pub(super) fn leader_epoch_at(list: &TopicPartitionList, index: usize) -> Option<i32> {
    if index >= list.count() {
        return None;
    }
    // SAFETY: `index` is below the number of elements, and the element is only read.
    known(unsafe { c::rd_kafka_topic_partition_get_leader_epoch((*list.ptr()).elems.add(index)) })
}

/// Whether the client is a member of its group, with or without partitions. Before that its generation (the member epoch
/// under `group.protocol=consumer`) is 0 or less.
pub(super) fn is_member<C: ConsumerContext>(client: &BaseConsumer<C>) -> bool {
    // SAFETY: the client outlives this call. The metadata are owned, and destroyed once after their last use.
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

/// A leader epoch of librdkafka, which is below 0 if it is not known.
pub(super) fn known(epoch: i32) -> Option<i32> {
    (epoch >= 0).then_some(epoch)
}

/// A record without its content, or an error with its partition and offset, which `BaseConsumer::poll` leaves out.
pub(super) struct Event {
    pub(super) partition: i32,
    /// Offset of the record, or where the error occurred.
    pub(super) offset: i64,
    /// `NoError` for a record.
    pub(super) code: RDKafkaErrorCode,
    pub(super) reason: String,
}

/// The next event of a consumer that is in no group. Must not be mixed with `BaseConsumer::poll`.
pub(super) fn next_event(client: &BaseConsumer, within: Duration) -> Option<Event> {
    let within_ms = i32::try_from(within.as_millis()).unwrap_or(i32::MAX);
    // SAFETY: the client outlives this call. The message is owned, and destroyed once after its last use; the text of an
    // error belongs to it, and is copied.
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
