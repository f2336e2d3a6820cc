//! The faults and their random order.

use rand::Rng as _;
use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;

use musicstream_tests::proxy::Way;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// `kill -9` of an ingestor, followed by a restart.
    KillIngestor,
    /// An ingestor is suspended for longer than its session timeout.
    SuspendIngestor,
    /// A member joins, or leaves if there are enough.
    Join,
    /// A member leaves, or joins if there is only one.
    Leave,
    /// The database stops without a checkpoint, and is started again.
    CrashPostgres,
    /// The database returns as a read-only standby, and is promoted after an ingestor has noticed that.
    FailOver,
    /// `kill -9` of the broker, followed by a restart.
    KillBroker,
    /// The disk of the tables is full until a statement has failed.
    FillData,
    /// The disk of the WAL is full until the server has stopped.
    FillWal,
    /// All connections to the database are closed.
    CutConnections,
    /// A connection is closed after some bytes.
    CutAfter(Way, u64),
    /// A commit is executed, and its answer is lost.
    CutAnswerToCommit,
    /// The database keeps its connections, and does not answer for a while.
    Silence,
    /// `pg_terminate_backend` for all sessions of ingestors.
    TerminateSessions,
}

/// The faults, and their relative frequency in percent.
fn weights(random: &mut StdRng) -> [(Fault, usize); 15] {
    [
        (Fault::KillIngestor, 18),
        (Fault::SuspendIngestor, 3),
        (Fault::Join, 7),
        (Fault::Leave, 7),
        (Fault::CrashPostgres, 7),
        (Fault::FailOver, 4),
        (Fault::KillBroker, 5),
        (Fault::FillData, 4),
        (Fault::FillWal, 3),
        (Fault::CutConnections, 7),
        (Fault::CutAfter(Way::Up, random.random_range(0..200_000)), 9),
        (Fault::CutAfter(Way::Down, random.random_range(0..5_000)), 7),
        (Fault::CutAnswerToCommit, 12),
        (Fault::Silence, 2),
        (Fault::TerminateSessions, 5),
    ]
}

/// This number of faults in random order, each kind at least once.
///
/// # Panics
/// There are more kinds of fault.
pub(super) fn plan(random: &mut StdRng, count: usize) -> Vec<Fault> {
    let mut faults: Vec<Fault> = weights(random).map(|(fault, _)| fault).into();
    assert!(
        count >= faults.len(),
        "{} kinds of fault do not fit into {count}",
        faults.len()
    );
    while faults.len() < count {
        let mut lot = random.random_range(0..100);
        for (fault, weight) in weights(random) {
            if lot < weight {
                faults.push(fault);
                break;
            }
            lot -= weight;
        }
    }
    faults.shuffle(random);
    faults
}
