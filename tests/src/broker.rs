//! A Kafka broker of a test's own: it may be killed, and asks for passwords.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use tempfile::TempDir;

use crate::port::free_port;
use crate::stack::stack;
use crate::wait::until_looking_every;

/// Longer than a broker takes to start or recover on a busy machine.
const SOON: Duration = Duration::from_secs(120);
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Disks of a broker.
const DATA: &str = "data";
const EMPTY: &str = "empty";

/// One node in KRaft mode, killed with this value.
pub struct Broker {
    folder: TempDir,
    port: u16,
    controller_port: u16,
    secure_port: u16,
    secure: Option<Secure>,
    settings: String,
    process: Option<Child>,
}

/// A second listener, which speaks TLS and asks for a name and a password.
pub struct Secure {
    /// Key and certificate of the server, in PEM, one after the other.
    pub identity: String,
    /// Who may come in.
    pub user: String,
    /// The password, by SASL PLAIN and by SCRAM-SHA-512.
    pub password: String,
}

impl Broker {
    /// Makes and starts a broker.
    ///
    /// # Panics
    /// Java or the stack's Kafka are not on this machine, or fail.
    pub fn start() -> Broker {
        Broker::make(None, "")
    }

    /// One with further settings, a line each.
    ///
    /// # Panics
    /// As [`Broker::start`].
    pub fn start_with(settings: &str) -> Broker {
        Broker::make(None, settings)
    }

    /// One that has a listener with TLS and SASL besides; see [`Broker::secure_address`].
    ///
    /// # Panics
    /// As [`Broker::start`].
    pub fn start_secure(secure: Secure) -> Broker {
        Broker::make(Some(secure), "")
    }

    fn make(secure: Option<Secure>, settings: &str) -> Broker {
        let folder = tempfile::Builder::new()
            .prefix("musicstream-broker-")
            .tempdir()
            .unwrap();
        let mut broker = Broker {
            folder,
            port: free_port(),
            controller_port: free_port(),
            secure_port: free_port(),
            secure,
            settings: settings.to_owned(),
            process: None,
        };
        broker.format(DATA);
        broker.boot();
        broker
    }

    /// Makes a disk of that name, with nothing on it but the cluster's id.
    fn format(&self, disk: &str) {
        self.configure(disk);
        let scram = self.secure.as_ref().map(|Secure { user, password, .. }| {
            format!("SCRAM-SHA-512=[name={user},password={password}]")
        });
        let arguments: Vec<&str> = scram
            .iter()
            .flat_map(|scram| ["--add-scram", scram])
            .collect();
        format_disk(&self.properties(disk), &self.file("log"), &arguments);
    }

    fn configure(&self, disk: &str) {
        let (port, controller) = (self.port, self.controller_port);
        let data = self.file(disk);
        let mut listeners = format!("PLAINTEXT://127.0.0.1:{port}");
        let mut security = String::new();
        if let Some(Secure {
            identity,
            user,
            password,
        }) = &self.secure
        {
            let identity_file = self.file("identity.pem");
            fs::write(&identity_file, identity).unwrap();
            listeners.push_str(&format!(",SASL_SSL://localhost:{}", self.secure_port));
            let module = "org.apache.kafka.common.security";
            security = format!(
                "sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-512\n\
                 listener.name.sasl_ssl.plain.sasl.jaas.config={module}.plain.PlainLoginModule required user_{user}=\"{password}\";\n\
                 listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config={module}.scram.ScramLoginModule required;\n\
                 listener.name.sasl_ssl.ssl.keystore.type=PEM\n\
                 listener.name.sasl_ssl.ssl.keystore.location={}\n",
                identity_file.display()
            );
        }
        let text = format!(
            "process.roles=broker,controller\n\
             node.id=1\n\
             controller.quorum.voters=1@127.0.0.1:{controller}\n\
             controller.listener.names=CONTROLLER\n\
             listeners={listeners},CONTROLLER://127.0.0.1:{controller}\n\
             advertised.listeners={listeners}\n\
             listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT\n\
             log.dirs={}\n\
             offsets.topic.replication.factor=1\n\
             offsets.topic.num.partitions=1\n\
             transaction.state.log.replication.factor=1\n\
             transaction.state.log.min.isr=1\n\
             transaction.state.log.num.partitions=1\n\
             group.initial.rebalance.delay.ms=0\n\
             log.retention.ms=-1\n\
             group.consumer.min.session.timeout.ms=6000\n\
             group.consumer.session.timeout.ms=6000\n\
             group.consumer.min.heartbeat.interval.ms=500\n\
             group.consumer.heartbeat.interval.ms=500\n\
             {security}{}",
            data.display(),
            self.settings
        );
        fs::write(self.properties(disk), text).unwrap();
    }

    /// Starts the broker and waits until it answers.
    ///
    /// # Panics
    /// It does not; its log is in the message.
    pub fn boot(&mut self) {
        self.boot_with(DATA);
    }

    /// The same with a disk of its own that holds nothing: it knows no topic. [`Broker::boot`] has the former disk again.
    ///
    /// # Panics
    /// As [`Broker::boot`].
    pub fn boot_empty(&mut self) {
        self.format(EMPTY);
        self.boot_with(EMPTY);
    }

    /// Lets nobody write to a topic any more, by an ACL. The broker needs an authorizer for that.
    ///
    /// # Panics
    /// The broker does not do it.
    pub fn forbid_writing(&self, topic: &str) {
        let status = java("org.apache.kafka.tools.AclCommand", &self.file("log"))
            .args(["--bootstrap-server", &self.address()])
            .args(["--add", "--force", "--deny-principal", "User:*"])
            .args(["--operation", "Write", "--topic", topic])
            .status()
            .unwrap();
        assert!(status.success(), "{status}: {}", self.log());
    }

    /// Takes the log of a partition away, while the broker does not run.
    ///
    /// # Panics
    /// There is none.
    pub fn lose_log(&self, topic: &str, partition: i32) {
        fs::remove_dir_all(self.file(DATA).join(format!("{topic}-{partition}"))).unwrap();
    }

    /// How many bytes the log of a partition has.
    ///
    /// # Panics
    /// There is none.
    pub fn log_size(&self, topic: &str, partition: i32) -> u64 {
        fs::metadata(self.log_file(topic, partition)).unwrap().len()
    }

    /// Cuts the log of a partition off after so many bytes, while the broker does not run.
    ///
    /// # Panics
    /// There is none.
    pub fn cut_log(&self, topic: &str, partition: i32, size: u64) {
        let log = fs::File::options()
            .write(true)
            .open(self.log_file(topic, partition))
            .unwrap();
        log.set_len(size).unwrap();
    }

    fn log_file(&self, topic: &str, partition: i32) -> PathBuf {
        self.file(DATA)
            .join(format!("{topic}-{partition}/00000000000000000000.log"))
    }

    fn boot_with(&mut self, disk: &str) {
        let log = self.file("log");
        let mut server = java("kafka.Kafka", &log);
        server.arg(self.properties(disk));
        let process = self.process.insert(server.spawn().unwrap());
        await_answer(&format!("127.0.0.1:{}", self.port), process, &log);
    }

    /// `kill -9`.
    ///
    /// # Panics
    /// It does not run.
    pub fn kill(&mut self) {
        let mut process = self.process.take().expect("a broker that runs");
        process.kill().unwrap();
        process.wait().unwrap();
    }

    /// `host:port` of the listener that asks for nothing.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// `host:port` of the listener with TLS and SASL.
    pub fn secure_address(&self) -> String {
        format!("localhost:{}", self.secure_port)
    }

    /// What the broker has logged.
    pub fn log(&self) -> String {
        text_of(&self.file("log"))
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn properties(&self, disk: &str) -> PathBuf {
        self.file(&format!("{disk}.properties"))
    }
}

/// One of Kafka's programs; what it writes goes to `log`.
pub(crate) fn java(class: &str, log: &Path) -> Command {
    let log = fs::File::options()
        .create(true)
        .append(true)
        .open(log)
        .unwrap();
    let settings =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../scripts/kafka/log4j2.properties");
    let mut java = Command::new("java");
    java.args(["-Xms64m", "-Xmx384m", "-XX:TieredStopAtLevel=1", "-cp"])
        .arg(format!("{}/*", stack().kafka_lib.display()))
        .arg(format!("-Dlog4j2.configurationFile={}", settings.display()))
        .arg(class)
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log);
    java
}

/// Makes the disk that a broker's properties name, with nothing on it but the cluster's id.
pub(crate) fn format_disk(properties: &Path, log: &Path, arguments: &[&str]) {
    let status = java("kafka.tools.StorageTool", log)
        .args([
            "format",
            "--cluster-id",
            "bXVzaWNzdHJlYW10ZXN0cw",
            "--ignore-formatted",
            "--config",
        ])
        .arg(properties)
        .args(arguments)
        .status()
        .unwrap();
    assert!(status.success(), "{status}: {}", text_of(log));
}

/// Waits until a broker that was started answers.
pub(crate) fn await_answer(address: &str, process: &mut Child, log: &Path) {
    let client: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", address)
        .create()
        .unwrap();
    let what = format!("the broker at {address} to answer");
    until_looking_every(LOOK_EVERY, SOON, &what, || {
        let status = process.try_wait().unwrap();
        assert!(status.is_none(), "the broker has ended:\n{}", text_of(log));
        let answer = client.fetch_metadata(None, Duration::from_secs(1));
        answer
            .is_ok_and(|found| !found.brokers().is_empty())
            .then_some(())
    });
}

fn text_of(log: &Path) -> String {
    fs::read(log)
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .unwrap_or_default()
}

impl Drop for Broker {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = self.log();
            let lines: Vec<&str> = log.lines().collect();
            let last = &lines[lines.len().saturating_sub(40)..];
            eprintln!(
                "the broker at port {} logged:\n{}",
                self.port,
                last.join("\n")
            );
        }
        if self.process.is_some() {
            self.kill();
        }
    }
}
