//! A Kafka broker of a test's own: it may be killed, and asks for passwords.

use std::fs;
use std::path::PathBuf;
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
        Broker::make(None)
    }

    /// One that has a listener with TLS and SASL besides; see [`Broker::secure_address`].
    ///
    /// # Panics
    /// As [`Broker::start`].
    pub fn start_secure(secure: Secure) -> Broker {
        Broker::make(Some(secure))
    }

    fn make(secure: Option<Secure>) -> Broker {
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
            process: None,
        };
        broker.format(DATA);
        broker.boot();
        broker
    }

    /// Makes a disk of that name, with nothing on it but the cluster's id.
    fn format(&self, disk: &str) {
        self.configure(disk);
        let mut format = self.java("kafka.tools.StorageTool");
        format
            .args([
                "format",
                "--cluster-id",
                "bXVzaWNzdHJlYW10ZXN0cw",
                "--ignore-formatted",
                "--config",
            ])
            .arg(self.properties(disk));
        if let Some(Secure { user, password, .. }) = &self.secure {
            let scram = format!("SCRAM-SHA-512=[name={user},password={password}]");
            format.args(["--add-scram", &scram]);
        }
        let status = format.status().unwrap();
        assert!(status.success(), "{status}: {}", self.log());
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
             {security}",
            data.display()
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

    /// Takes the log of a partition away, while the broker does not run.
    ///
    /// # Panics
    /// There is none.
    pub fn lose_log(&self, topic: &str, partition: i32) {
        fs::remove_dir_all(self.file(DATA).join(format!("{topic}-{partition}"))).unwrap();
    }

    fn boot_with(&mut self, disk: &str) {
        let mut server = self.java("kafka.Kafka");
        server.arg(self.properties(disk));
        self.process = Some(server.spawn().unwrap());
        let client: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", self.address())
            .create()
            .unwrap();
        let what = format!("the broker at port {} to answer", self.port);
        until_looking_every(LOOK_EVERY, SOON, &what, || {
            let process = self.process.as_mut().unwrap();
            let status = process.try_wait().unwrap();
            assert!(status.is_none(), "the broker has ended:\n{}", self.log());
            let answer = client.fetch_metadata(None, Duration::from_secs(1));
            answer
                .is_ok_and(|found| !found.brokers().is_empty())
                .then_some(())
        });
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
        fs::read(self.file("log"))
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn properties(&self, disk: &str) -> PathBuf {
        self.file(&format!("{disk}.properties"))
    }

    fn java(&self, class: &str) -> Command {
        let log = fs::File::options()
            .create(true)
            .append(true)
            .open(self.file("log"))
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
