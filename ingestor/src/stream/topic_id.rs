//! The id that Kafka gives a topic when it is made: another topic under the same name has another.
//!
//! rdkafka does not wrap `DescribeTopics` of librdkafka, which alone tells it: hence the calls into C.
#![allow(unsafe_code)]

use std::ffi::CString;
use std::ptr::NonNull;
use std::time::Duration;

use rdkafka::bindings as c;
use rdkafka::client::{Client, ClientContext};
use rdkafka::types::RDKafkaRespErr;

/// Frees a C object when it goes.
struct Owned<T>(NonNull<T>, unsafe extern "C" fn(*mut T));

impl<T> Owned<T> {
    fn new(pointer: *mut T, free: unsafe extern "C" fn(*mut T)) -> Option<Owned<T>> {
        NonNull::new(pointer).map(|pointer| Owned(pointer, free))
    }

    fn get(&self) -> *mut T {
        self.0.as_ptr()
    }
}

impl<T> Drop for Owned<T> {
    fn drop(&mut self) {
        // SAFETY: the pointer came from the constructor that belongs to this destructor, and is freed once.
        unsafe { (self.1)(self.0.as_ptr()) }
    }
}

/// The topic's id; `None` if there is no such topic, or the brokers are too old (before 2.8) or do not answer in time.
pub(super) fn of<C: ClientContext>(
    client: &Client<C>,
    topic: &str,
    within: Duration,
) -> Option<[u8; 16]> {
    let name = CString::new(topic).ok()?;
    let mut names = [name.as_ptr()];
    let within_ms = i32::try_from(within.as_millis()).unwrap_or(i32::MAX);
    let kafka = client.native_ptr();
    // SAFETY: `kafka` lives as long as `client`. What is made here is freed by `Owned`, in reverse order, after its
    // last use; results are borrowed from `event` and copied before it goes. `name` outlives the collection's making,
    // which copies it.
    unsafe {
        let topics = Owned::new(
            c::rd_kafka_TopicCollection_of_topic_names(names.as_mut_ptr(), names.len()),
            c::rd_kafka_TopicCollection_destroy,
        )?;
        let options = Owned::new(
            c::rd_kafka_AdminOptions_new(
                kafka,
                c::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_DESCRIBETOPICS,
            ),
            c::rd_kafka_AdminOptions_destroy,
        )?;
        c::rd_kafka_AdminOptions_set_request_timeout(
            options.get(),
            within_ms,
            std::ptr::null_mut(),
            0,
        );
        let queue = Owned::new(c::rd_kafka_queue_new(kafka), c::rd_kafka_queue_destroy)?;
        c::rd_kafka_DescribeTopics(kafka, topics.get(), options.get(), queue.get());
        let event = Owned::new(
            c::rd_kafka_queue_poll(queue.get(), within_ms),
            c::rd_kafka_event_destroy,
        )?;
        if c::rd_kafka_event_error(event.get()) != RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR {
            return None;
        }
        let result = c::rd_kafka_event_DescribeTopics_result(event.get());
        if result.is_null() {
            return None;
        }
        let mut count = 0;
        let descriptions = c::rd_kafka_DescribeTopics_result_topics(result, &mut count);
        if descriptions.is_null() || count != 1 {
            return None;
        }
        let description = *descriptions;
        let error = c::rd_kafka_TopicDescription_error(description);
        if c::rd_kafka_error_code(error) != RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR {
            return None;
        }
        let id = c::rd_kafka_TopicDescription_topic_id(description);
        if id.is_null() {
            return None;
        }
        let (high, low) = (
            c::rd_kafka_Uuid_most_significant_bits(id),
            c::rd_kafka_Uuid_least_significant_bits(id),
        );
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&high.to_be_bytes());
        bytes[8..].copy_from_slice(&low.to_be_bytes());
        // Brokers that know no ids answer with zero.
        (bytes != [0; 16]).then_some(bytes)
    }
}
