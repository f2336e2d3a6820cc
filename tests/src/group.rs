//! The protocols by which the members of a consumer group share partitions out.

/// Both are tried wherever a member joins, leaves, is lost or waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// The members have one of them share the partitions out.
    Classic,
    /// The broker shares them out (KIP-848).
    Consumer,
}

impl Protocol {
    /// Options of a member whose death is noticed after 6 s, as soon as a broker allows by default.
    pub fn nimble(self) -> &'static [&'static str] {
        match self {
            Protocol::Classic => &[
                "-X",
                "session.timeout.ms=6000",
                "-X",
                "heartbeat.interval.ms=500",
            ],
            // The rest is the broker's: see scripts/kafka.sh, and `Broker`.
            Protocol::Consumer => &["-X", "group.protocol=consumer"],
        }
    }
}

/// Makes two tests of each of these functions of a [`Protocol`].
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
