//! The rebalance protocols of consumer groups.

/// A rebalance protocol. Tests in which members join, leave, are lost or wait run with both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// A member computes the assignment.
    Classic,
    /// The broker computes the assignment (KIP-848).
    Consumer,
}

impl Protocol {
    /// Options for a session timeout of 6 s, the shortest that a broker allows by default.
    pub fn short_session_options(self) -> &'static [&'static str] {
        match self {
            Protocol::Classic => &[
                "-X",
                "session.timeout.ms=6000",
                "-X",
                "heartbeat.interval.ms=500",
            ],
            // The broker's configuration sets the timeout: see scripts/kafka.sh and `Broker`.
            Protocol::Consumer => &["-X", "group.protocol=consumer"],
        }
    }
}

/// Generates two tests from each of these functions of a [`Protocol`].
#[macro_export]
macro_rules! under_both_protocols {
    ($($name:ident),+ $(,)?) => {
        mod classic {
            $(
                #[test]
                fn $name() {
                    super::$name($crate::group::Protocol::Classic);
                }
            )+
        }
        mod consumer {
            $(
                #[test]
                fn $name() {
                    super::$name($crate::group::Protocol::Consumer);
                }
            )+
        }
    };
}
