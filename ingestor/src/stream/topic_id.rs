//! The id that Kafka gives a topic when it is created. A topic that is deleted and created again has another one.
//!
//! Only `DescribeTopics` of librdkafka returns it, which rdkafka does not wrap.
#![allow(unsafe_code)]

use std::ffi::CString;
use std::ptr::NonNull;
use std::time::Duration;

use rdkafka::bindings as c;
use rdkafka::client::{Client, ClientContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

/// Frees a C object when it is dropped.
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
        // SAFETY: the pointer comes from the constructor that belongs to this destructor, and is freed once.
        unsafe { (self.1)(self.0.as_ptr()) }
    }
}

/// The topic's id; `None` if the brokers have no topic ids (before 2.8).
///
/// # Errors
/// The brokers do not answer in time, do not know the topic, or refuse. The id is then unknown; the topic must not be
/// treated as one without an id.
pub(super) fn fetch<C: ClientContext>(
    client: &Client<C>,
    topic: &str,
    within: Duration,
) -> Result<Option<[u8; 16]>, KafkaError> {
    let failed = |what: &str| KafkaError::AdminOpCreation(what.to_owned());
    let name = CString::new(topic).map_err(KafkaError::Nul)?;
    let mut names = [name.as_ptr()];
    let within_ms = i32::try_from(within.as_millis()).unwrap_or(i32::MAX);
    let kafka = client.native_ptr();
    // SAFETY: `kafka` lives as long as `client`. The objects are freed by `Owned`, in reverse order, after their last use;
    // results are borrowed from `event` and copied before it is freed. `name` is copied when the collection is made.
    unsafe {
        let topics = Owned::new(
            c::rd_kafka_TopicCollection_of_topic_names(names.as_mut_ptr(), names.len()),
            c::rd_kafka_TopicCollection_destroy,
        )
        .ok_or_else(|| failed("no collection of topics"))?;
        let options = Owned::new(
            c::rd_kafka_AdminOptions_new(
                kafka,
                c::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_DESCRIBETOPICS,
            ),
            c::rd_kafka_AdminOptions_destroy,
        )
        .ok_or_else(|| failed("no options"))?;
        c::rd_kafka_AdminOptions_set_request_timeout(
            options.get(),
            within_ms,
            std::ptr::null_mut(),
            0,
        );
        let queue = Owned::new(c::rd_kafka_queue_new(kafka), c::rd_kafka_queue_destroy)
            .ok_or_else(|| failed("no queue"))?;
        c::rd_kafka_DescribeTopics(kafka, topics.get(), options.get(), queue.get());
        let event = Owned::new(
            c::rd_kafka_queue_poll(queue.get(), within_ms),
            c::rd_kafka_event_destroy,
        )
        .ok_or(KafkaError::MetadataFetch(
            RDKafkaErrorCode::OperationTimedOut,
        ))?;
        match RDKafkaErrorCode::from(c::rd_kafka_event_error(event.get())) {
            RDKafkaErrorCode::NoError => {}
            RDKafkaErrorCode::UnsupportedFeature | RDKafkaErrorCode::UnsupportedVersion => {
                return Ok(None);
            }
            code => return Err(KafkaError::MetadataFetch(code)),
        }
        let result = c::rd_kafka_event_DescribeTopics_result(event.get());
        if result.is_null() {
            return Err(failed("no result"));
        }
        let mut count = 0;
        let descriptions = c::rd_kafka_DescribeTopics_result_topics(result, &mut count);
        if descriptions.is_null() || count != 1 {
            return Err(failed("no description"));
        }
        let description = *descriptions;
        let error = c::rd_kafka_TopicDescription_error(description);
        match RDKafkaErrorCode::from(c::rd_kafka_error_code(error)) {
            RDKafkaErrorCode::NoError => {}
            code => return Err(KafkaError::MetadataFetch(code)),
        }
        let id = c::rd_kafka_TopicDescription_topic_id(description);
        if id.is_null() {
            return Ok(None);
        }
        let (high, low) = (
            c::rd_kafka_Uuid_most_significant_bits(id),
            c::rd_kafka_Uuid_least_significant_bits(id),
        );
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&high.to_be_bytes());
        bytes[8..].copy_from_slice(&low.to_be_bytes());
        // Brokers without topic ids answer with zero.
        Ok((bytes != [0; 16]).then_some(bytes))
    }
}

#[cfg(test)]
mod tests {
    use rdkafka::ClientConfig;
    use rdkafka::consumer::{BaseConsumer, Consumer as _};

    use super::*;

    #[test]
    fn a_broker_that_does_not_answer_is_not_one_without_topic_ids() {
        // Accepts connections and answers nothing.
        let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = silent.local_addr().unwrap().to_string();
        let client: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", address)
            .create()
            .unwrap();
        let answer = fetch(client.client(), "music_events", Duration::from_millis(200));
        let code = answer.unwrap_err().rdkafka_error_code();
        assert!(
            matches!(
                code,
                Some(RDKafkaErrorCode::OperationTimedOut | RDKafkaErrorCode::RequestTimedOut)
            ),
            "{code:?}"
        );
    }
}
