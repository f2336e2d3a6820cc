//! What is done to the pipeline, and in which order.

use rand::Rng as _;
use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;

use musicstream_tests::proxy::Way;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// `kill -9` of an ingestor, which is started again.
    KillIngestor,
    /// An ingestor stands still for longer than its session in the group lasts.
    FreezeIngestor,
    /// One more member; where there are enough, one less.
    Join,
    /// One less; where there is only one, one more.
    Leave,
    /// The database stops as if it lost power, and is started again.
    CrashPostgres,
    /// It comes back as a standby that writes nothing, and is promoted once that was met.
    FailOver,
    /// `kill -9` of the broker, which is started again.
    KillBroker,
    /// The disk of the tables is full, until that was met.
    FillData,
    /// The disk of the log is full, until the server has died of it.
    FillWal,
    /// All connections with the database end at once.
    CutConnections,
    /// One ends somewhere in what is said.
    CutAfter(Way, u64),
    /// A commit is carried out, and its answer lost.
    CutAnswerToCommit,
    /// The database keeps its connections, and says nothing for a while.
    Silence,
    /// `pg_terminate_backend` of all sessions of ingestors.
    TerminateSessions,
}

/// Of a hundred faults, so many are of this kind.
fn weights(random: &mut StdRng) -> [(Fault, usize); 15] {
    [
        (Fault::KillIngestor, 18),
        (Fault::FreezeIngestor, 3),
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

/// So many faults in random order, each kind at least once.
///
/// # Panics
/// There are more kinds than that.
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
