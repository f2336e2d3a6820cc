//! The fetched records, in one queue for each partition.
//!
//! rdkafka returns one record at a time; each costs an allocation, two locks and three reads of the clock. These calls take
//! all records of a queue under one lock. A partition whose writer is busy keeps its records in its queue. Once that is full
//! librdkafka fetches no more of this partition, and continues with the others.
//!
//! Only the queues of partitions may be read in this way. Group events come by the client's own queue, which
//! `BaseConsumer::poll` must serve: these calls would mistake an assignment for a record.
#![allow(unsafe_code)]

use std::any::Any;
use std::collections::BTreeMap;
use std::ffi::{CString, c_void};
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr::NonNull;
use std::slice;
use std::thread::{self, Thread};

use anyhow::Context;
use rdkafka::Message as _;
use rdkafka::bindings as c;
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::BorrowedMessage;

use super::native;

/// A record in the memory of the client.
#[derive(Debug, Clone, Copy)]
pub(super) struct Record<'a> {
    pub(super) offset: i64,
    /// Epoch of the leader that appended it; `None`: its message format has none.
    pub(super) leader_epoch: Option<i32>,
    pub(super) key: Option<&'a [u8]>,
    pub(super) payload: Option<&'a [u8]>,
}

impl<'a> Record<'a> {
    /// A record from the client's own queue.
    pub(super) fn polled(message: &'a BorrowedMessage<'_>) -> Record<'a> {
        Record {
            offset: message.offset(),
            leader_epoch: native::leader_epoch(message),
            key: message.key(),
            payload: message.payload(),
        }
    }
}

/// An entry of a partition's queue.
pub(super) enum Fetched<'a> {
    Record(Record<'a>),
    /// The replica has no more records for now.
    End,
    Failed(KafkaError),
}

/// The queues of the partitions that are fetched. They must be dropped before their client.
#[derive(Default)]
pub(super) struct FetchQueues {
    queues: BTreeMap<i32, FetchQueue>,
    /// The first partition of the next round.
    next: i32,
}

impl FetchQueues {
    /// Opens the queues of partitions; must be called before these are assigned. A record that is fetched into an empty
    /// queue unparks the calling thread.
    pub(super) fn open<C: ConsumerContext>(
        &mut self,
        client: &BaseConsumer<C>,
        topic: &str,
        partitions: impl Iterator<Item = i32>,
    ) -> anyhow::Result<()> {
        for partition in partitions {
            // First: closing removes the wake-up, and librdkafka has one per partition.
            self.close(partition);
            let queue = FetchQueue::open(client, topic, partition)
                .with_context(|| format!("cannot read partition {partition}"))?;
            self.queues.insert(partition, queue);
        }
        Ok(())
    }

    pub(super) fn close(&mut self, partition: i32) {
        self.queues.remove(&partition);
    }

    pub(super) fn clear(&mut self) {
        self.queues.clear();
    }

    /// The queues with their partitions. Each call begins with the partition after the one that was first before, so that
    /// none is favoured.
    pub(super) fn round_robin(&mut self) -> impl Iterator<Item = (i32, &FetchQueue)> {
        round_robin(&self.queues, &mut self.next)
    }
}

/// All entries, beginning with the first key that is not below `first`; `first` is set to the key after that one.
fn round_robin<'a, T>(
    entries: &'a BTreeMap<i32, T>,
    first: &mut i32,
) -> impl Iterator<Item = (i32, &'a T)> {
    let (before, from) = (entries.range(..*first), entries.range(*first..));
    let order = from.chain(before);
    // The smallest number stands for the first partition.
    *first = order.clone().nth(1).map_or(i32::MIN, |(next, _)| *next);
    order.map(|(partition, entry)| (*partition, entry))
}

/// The queue of one partition.
pub(super) struct FetchQueue {
    queue: NonNull<c::rd_kafka_queue_t>,
    client: NonNull<c::rd_kafka_t>,
    /// The thread that reads the queue, boxed because librdkafka keeps its address.
    reader: NonNull<Thread>,
}

impl FetchQueue {
    fn open<C: ConsumerContext>(
        client: &BaseConsumer<C>,
        topic: &str,
        partition: i32,
    ) -> anyhow::Result<FetchQueue> {
        let topic = CString::new(topic)?;
        let client = NonNull::new(client.client().native_ptr()).context("there is no client")?;
        // SAFETY: the client outlives this call, and the name of the topic is copied. The queue is ours until drop()
        // destroys it, and so is the box, which librdkafka's threads only read.
        unsafe {
            let queue = c::rd_kafka_queue_get_partition(client.as_ptr(), topic.as_ptr(), partition);
            let queue = NonNull::new(queue).context("the client does not know it")?;
            // Otherwise its records would go to the client's own queue.
            c::rd_kafka_queue_forward(queue.as_ptr(), std::ptr::null_mut());
            let reader = NonNull::from(Box::leak(Box::new(thread::current())));
            c::rd_kafka_queue_cb_event_enable(queue.as_ptr(), Some(wake), reader.as_ptr().cast());
            Ok(FetchQueue {
                queue,
                client,
                reader,
            })
        }
    }

    /// Calls `take` for each entry until the queue is empty or `take` breaks; the rest stays for the next call. `take` must
    /// not call the client.
    pub(super) fn serve<B, F>(&self, take: F) -> Option<B>
    where
        F: FnMut(Fetched<'_>) -> ControlFlow<B>,
    {
        let mut call = Call {
            client: self.client,
            take,
            outcome: None,
        };
        let opaque: *mut Call<B, F> = &mut call;
        // SAFETY: queue and client live. `call` outlives this call, and only hand_over() uses it meanwhile. There is no
        // other reader: `FetchQueue` is not `Send`, and each partition has one.
        unsafe {
            c::rd_kafka_consume_callback_queue(
                self.queue.as_ptr(),
                0,
                Some(hand_over::<B, F>),
                opaque.cast(),
            );
        }
        match call.outcome? {
            Ok(broke) => Some(broke),
            Err(panic) => resume_unwind(panic),
        }
    }
}

impl Drop for FetchQueue {
    fn drop(&mut self) {
        // SAFETY: the queue and the box are ours, and not used after this. Once the first call has returned no other thread
        // uses the box: librdkafka calls wake() under the lock of the queue, which that call takes.
        unsafe {
            c::rd_kafka_queue_cb_event_enable(self.queue.as_ptr(), None, std::ptr::null_mut());
            c::rd_kafka_queue_destroy(self.queue.as_ptr());
            drop(Box::from_raw(self.reader.as_ptr()));
        }
    }
}

/// Called on a thread of librdkafka when a queue is no longer empty.
unsafe extern "C" fn wake(_client: *mut c::rd_kafka_t, reader: *mut c_void) {
    // SAFETY: it is the box of a queue that lives, and is only read.
    let reader = unsafe { &*reader.cast::<Thread>() };
    reader.unpark();
}

/// One call of [`FetchQueue::serve`].
struct Call<B, F> {
    client: NonNull<c::rd_kafka_t>,
    take: F,
    /// Why `take` broke. A panic is carried here, because it must not unwind through librdkafka.
    outcome: Option<Result<B, Box<dyn Any + Send>>>,
}

unsafe extern "C" fn hand_over<B, F>(message: *mut c::rd_kafka_message_t, call: *mut c_void)
where
    F: FnMut(Fetched<'_>) -> ControlFlow<B>,
{
    // SAFETY: `call` is that of serve(), which waits meanwhile.
    let call = unsafe { &mut *call.cast::<Call<B, F>>() };
    let take = AssertUnwindSafe(|| {
        // SAFETY: the message lives until this function returns. `take` keeps nothing of it, as it has to be right for
        // every lifetime.
        (call.take)(unsafe { fetched(message) })
    });
    call.outcome = match catch_unwind(take) {
        Ok(ControlFlow::Continue(())) => return,
        Ok(ControlFlow::Break(broke)) => Some(Ok(broke)),
        Err(panic) => Some(Err(panic)),
    };
    // SAFETY: the client lives. This ends the consume call of this thread; the rest stays in the queue.
    unsafe { c::rd_kafka_yield(call.client.as_ptr()) };
}

/// Reads a message.
///
/// # Safety
/// The message must come from librdkafka, and live as long as the result.
unsafe fn fetched<'a>(message: *const c::rd_kafka_message_t) -> Fetched<'a> {
    // SAFETY: the message is alive; each pointer is null or points to bytes of the given length that live as long as the message.
    unsafe {
        let bytes = |start: *mut c_void, length: usize| {
            (!start.is_null()).then(|| slice::from_raw_parts(start.cast::<u8>(), length))
        };
        match RDKafkaErrorCode::from((*message).err) {
            RDKafkaErrorCode::NoError => Fetched::Record(Record {
                offset: (*message).offset,
                leader_epoch: native::known(c::rd_kafka_message_leader_epoch(message)),
                key: bytes((*message).key, (*message).key_len),
                payload: bytes((*message).payload, (*message).len),
            }),
            RDKafkaErrorCode::PartitionEOF => Fetched::End,
            code @ RDKafkaErrorCode::Fatal => {
                Fetched::Failed(KafkaError::MessageConsumptionFatal(code))
            }
            code => Fetched::Failed(KafkaError::MessageConsumption(code)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_partition_comes_first_in_its_round() {
        let entries = BTreeMap::from([(0, ()), (2, ()), (5, ())]);
        let mut first = 0;
        let mut round = |entries: &BTreeMap<i32, ()>| -> Vec<i32> {
            round_robin(entries, &mut first)
                .map(|(partition, ())| partition)
                .collect()
        };
        assert_eq!(round(&entries), [0, 2, 5]);
        assert_eq!(round(&entries), [2, 5, 0]);
        // The next partition after one that was revoked.
        let fewer = BTreeMap::from([(0, ()), (2, ())]);
        assert_eq!(round(&fewer), [0, 2]);
        assert_eq!(round(&BTreeMap::from([(7, ())])), [7]);
        assert_eq!(round(&BTreeMap::new()), [0; 0]);
        assert_eq!(round(&entries), [0, 2, 5]);
    }
}
