//! A private Kafka broker for one test, which may kill it, damage its logs, or require passwords.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use tempfile::TempDir;

use crate::port::free_port;
use crate::stack::stack;
use crate::wait::until;

/// Time limit for a start or recovery on a busy machine.
const TIMEOUT: Duration = Duration::from_secs(120);
/// Names of the broker's data folders.
const DATA: &str = "data";
const EMPTY: &str = "empty";
/// The files of a formatted data folder.
const FORMATTED_FILES: [&str; 2] = ["meta.properties", "bootstrap.checkpoint"];
/// Their content, which is the same for each broker without users: a Java program needs a second of processor time for it.
static FORMATTED: OnceLock<[Vec<u8>; 2]> = OnceLock::new();

/// One node in KRaft mode, which is killed when this is dropped.
pub struct Broker {
    folder: TempDir,
    port: u16,
    controller_port: u16,
    secure_port: u16,
    secure: Option<Secure>,
    settings: String,
    process: Option<Child>,
}

/// Settings of a second listener with TLS and SASL.
pub struct Secure {
    /// Key and certificate of the server, concatenated, in PEM.
    pub identity: String,
    /// The only user that may connect.
    pub user: String,
    /// Its password, for SASL PLAIN and SCRAM-SHA-512.
    pub password: String,
}

impl Broker {
    /// Creates and starts a broker.
    ///
    /// # Panics
    /// Java or the stack's Kafka is missing or fails.
    pub fn start() -> Broker {
        Broker::make(None, "")
    }

    /// Creates and starts a broker with additional settings, one per line.
    ///
    /// # Panics
    /// As [`Broker::start`].
    pub fn start_with(settings: &str) -> Broker {
        Broker::make(None, settings)
    }

    /// Creates and starts a broker with an additional listener with TLS and SASL; see [`Broker::secure_address`].
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

    /// Creates a data folder of this name, which only contains the cluster id. Does nothing if it exists.
    fn format(&self, disk: &str) {
        self.configure(disk);
        let format = |arguments: &[&str]| {
            format_disk(&self.properties(disk), &self.file("log"), arguments);
        };
        let folder = self.file(disk);
        match &self.secure {
            Some(Secure { user, password, .. }) => {
                let scram = format!("SCRAM-SHA-512=[name={user},password={password}]");
                format(&["--add-scram", &scram]);
            }
            None if folder.exists() => {}
            None => {
                let files = FORMATTED.get_or_init(|| {
                    format(&[]);
                    let read = |name: &&str| fs::read(folder.join(name)).unwrap();
                    FORMATTED_FILES.each_ref().map(read)
                });
                fs::create_dir_all(&folder).unwrap();
                for (name, content) in FORMATTED_FILES.iter().zip(files) {
                    fs::write(folder.join(name), content).unwrap();
                }
            }
        }
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
    /// It does not start; the message has its log.
    pub fn boot(&mut self) {
        self.boot_with(DATA);
    }

    /// As [`Broker::boot`], with an empty data folder, so that no topic exists. [`Broker::boot`] uses the former folder again.
    ///
    /// # Panics
    /// As [`Broker::boot`].
    pub fn boot_with_empty_disk(&mut self) {
        self.format(EMPTY);
        self.boot_with(EMPTY);
    }

    /// Denies writes to a topic to all users, by an ACL. The broker's settings must include an authorizer.
    ///
    /// # Panics
    /// The broker refuses or does not answer.
    pub fn forbid_writing(&self, topic: &str) {
        let status = java("org.apache.kafka.tools.AclCommand", &self.file("log"))
            .args(["--bootstrap-server", &self.address()])
            .args(["--add", "--force", "--deny-principal", "User:*"])
            .args(["--operation", "Write", "--topic", topic])
            .status()
            .unwrap();
        assert!(status.success(), "{status}: {}", self.log());
    }

    /// Deletes the log of a partition while the broker is stopped.
    ///
    /// # Panics
    /// The log does not exist.
    pub fn lose_log(&self, topic: &str, partition: i32) {
        fs::remove_dir_all(self.file(DATA).join(format!("{topic}-{partition}"))).unwrap();
    }

    /// The size of a partition's log in bytes.
    ///
    /// # Panics
    /// The log does not exist.
    pub fn log_size(&self, topic: &str, partition: i32) -> u64 {
        fs::metadata(self.log_file(topic, partition)).unwrap().len()
    }

    /// Truncates the log of a partition to `size` bytes while the broker is stopped.
    ///
    /// # Panics
    /// The log does not exist.
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
        wait_for_broker(&format!("127.0.0.1:{}", self.port), process, &log);
    }

    /// `kill -9`.
    ///
    /// # Panics
    /// The broker is not running.
    pub fn kill(&mut self) {
        let mut process = self.process.take().expect("the broker is running");
        process.kill().unwrap();
        process.wait().unwrap();
    }

    /// `host:port` of the plaintext listener.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// `host:port` of the listener with TLS and SASL.
    pub fn secure_address(&self) -> String {
        format!("localhost:{}", self.secure_port)
    }

    /// The broker's log.
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

/// The settings of a client that connects to these brokers. After a restart it reconnects within a second; by default it
/// pauses for up to ten.
pub(crate) fn client_of(brokers: &str) -> ClientConfig {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", brokers)
        .set("reconnect.backoff.max.ms", "1000");
    config
}

/// One of Kafka's programs, with its output in the file `log`.
pub(crate) fn java(class: &str, log: &Path) -> Command {
    let log = fs::File::options()
        .create(true)
        .append(true)
        .open(log)
        .unwrap();
    let settings =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../scripts/kafka/log4j2.properties");
    let mut java = Command::new("java");
    // For programs that run for seconds: the serial collector and the quick compiler start fastest.
    // So do classes that the stack's broker has prepared.
    let classes = stack().kafka_lib.with_file_name("classes.jsa");
    java.args(["-Xms64m", "-Xmx384m"])
        .arg(format!("-XX:SharedArchiveFile={}", classes.display()))
        .args(["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp"])
        .arg(format!("{}/*", stack().kafka_lib.display()))
        .arg(format!("-Dlog4j2.configurationFile={}", settings.display()))
        .arg(class)
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log);
    java
}

/// Formats the data folder in a broker's properties, which then only contains the cluster id.
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

/// Waits until a started broker answers.
pub(crate) fn wait_for_broker(address: &str, process: &mut Child, log: &Path) {
    let client: BaseConsumer = client_of(address).create().unwrap();
    let what = format!("the broker at {address} to answer");
    until(TIMEOUT, &what, || {
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
