//! The viewer's connection to a server: TLS with trusted and untrusted certificates, and libpq's variables and files.

use std::{
    env, fs, os::unix::fs::PermissionsExt as _, path::Path, process::Command, time::Duration,
};

use egui::vec2;
use egui_kittest::{Harness, kittest::Queryable};
use musicstream_connect::Target;
use musicstream_tests::minutes::insert_minutes;
use musicstream_tests::{
    cluster::Cluster,
    database::{Database, value},
    process::{Finished, program, run},
    wait::until,
};
use musicstream_viewer::{
    page::State,
    source::Feed,
    ui::{App, Clock, theme},
};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

const TIMEOUT: Duration = Duration::from_secs(60);

#[test]
fn an_untrusted_certificate_is_refused_with_a_hint() {
    if env::var_os("DATABASE_URL").is_none() {
        musicstream_tests::data::skip("an_untrusted_certificate_is_refused", "no DATABASE_URL");
        return;
    }
    let (ours, other) = (authority("ours"), authority("other"));
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["127.0.0.1".to_owned()])
        .unwrap()
        .signed_by(&key, &ours)
        .unwrap();
    let cluster = Cluster::start("");
    cluster.put("server.crt", &certificate.pem());
    cluster.put("server.key", &key.serialize_pem());
    cluster.configure("ssl = on");
    cluster.shut_down();
    cluster.boot();
    let database = Database::create_in(&cluster.url(), "");
    let mut client = database.client();
    client
        .batch_execute(&insert_minutes(
            "metric_deltas",
            "values (date_trunc('minute', now()), 'play', 'EU', 7, 0)",
        ))
        .unwrap();
    let home = tempfile::tempdir().unwrap();
    let roots = |name: &str, authority: &Authority| {
        let file = home.path().join(name);
        fs::write(&file, authority.pem()).unwrap();
        file.display().to_string()
    };
    let (ours, other) = (roots("ours.pem", &ours), roots("other.pem", &other));
    let url = |options: String| format!("{}?{options}", database.read_url());

    let trusted = url(format!("sslmode=verify-full&sslrootcert={ours}"));
    let picture = picture(home.path(), |viewer| viewer.env("DATABASE_URL", &trusted)).with_code(0);
    assert_eq!(picture.stderr, "");
    let with_ssl =
        "select coalesce(bool_and(ssl), false) from pg_stat_ssl join pg_stat_activity using (pid)
                    where application_name = 'musicstream-viewer'";
    for open in [trusted, url("sslmode=require".into())] {
        let target = Target::of_process(Some(&open), "musicstream-viewer").unwrap();
        let feed = Feed::database(target, Duration::from_secs(2)).unwrap();
        feed.wait(TIMEOUT).unwrap();
        until(TIMEOUT, "a session with TLS, and none without", || {
            value::<bool>(&mut client, with_ssl, &[]).then_some(())
        });
    }

    for wrong in [
        format!("sslmode=verify-full&sslrootcert={other}"),
        format!("sslmode=verify-ca&sslrootcert={other}"),
    ] {
        let wrong = url(wrong);
        let failed = self::picture(home.path(), |viewer| viewer.env("DATABASE_URL", &wrong));
        assert_eq!(failed.code, Some(1), "{failed:?}");
        assert!(failed.stderr.contains("No secure connection"), "{failed:?}");
        assert!(
            failed.stderr.contains("sslrootcert"),
            "the message says what to do: {failed:?}"
        );
        assert!(
            !home.path().join("picture.png").exists(),
            "no picture is written"
        );
        let mut window = window(&wrong);
        until(TIMEOUT, "the page with the error", || {
            window.step();
            let title = window.query_by_label_contains("No secure connection");
            let advice = window.query_by_label_contains("sslrootcert");
            (title.is_some() && advice.is_some()).then_some(())
        });
    }
}

#[test]
fn missing_settings_come_from_variables_and_pgpass() {
    if env::var_os("DATABASE_URL").is_none() {
        musicstream_tests::data::skip("missing_settings_come_from_variables", "no DATABASE_URL");
        return;
    }
    let database = Database::create();
    let mut client = database.client();
    client
        .batch_execute(&insert_minutes(
            "metric_deltas",
            "values (date_trunc('minute', now()), 'play', 'EU', 7, 0)",
        ))
        .unwrap();
    let url = database.read_url();
    let parts: Vec<&str> = url.split(['/', ':', '@', '?']).collect();
    let [user, password, host, port, name] = [3, 4, 5, 6, 7].map(|at| parts[at]);
    let home = tempfile::tempdir().unwrap();
    let named = |viewer: &mut Command| {
        viewer.env_remove("DATABASE_URL").envs([
            ("PGHOST", host),
            ("PGPORT", port),
            ("PGUSER", user),
            ("PGDATABASE", name),
        ]);
    };
    let without = picture(home.path(), |viewer| {
        named(viewer);
        viewer
    });
    assert_eq!(without.code, Some(1), "{without:?}");
    assert!(
        without.stderr.contains("The server asks for a password"),
        "{without:?}"
    );
    assert!(
        without.stderr.contains("~/.pgpass"),
        "the message says what to do: {without:?}"
    );

    let pgpass = home.path().join(".pgpass");
    fs::write(&pgpass, format!("{host}:{port}:*:{user}:{password}\n")).unwrap();
    fs::set_permissions(&pgpass, fs::Permissions::from_mode(0o600)).unwrap();
    let with = picture(home.path(), |viewer| {
        named(viewer);
        viewer
    });
    assert_eq!(with.with_code(0).stderr, "");

    fs::set_permissions(&pgpass, fs::Permissions::from_mode(0o644)).unwrap();
    let open = picture(home.path(), |viewer| {
        named(viewer);
        viewer
    });
    assert_eq!(
        open.code,
        Some(1),
        "a file that others may read is ignored: {open:?}"
    );
    assert!(open.stderr.contains("warning"), "{open:?}");
    assert!(!open.stderr.contains(password));
}

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority(name: &str) -> Authority {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// Runs the viewer with `--screenshot`, with only the given settings.
fn picture(home: &Path, set: impl FnOnce(&mut Command) -> &mut Command) -> Finished {
    let file = home.join("picture.png");
    // Removes the picture of an earlier run.
    let _ = fs::remove_file(&file);
    let mut viewer = program("musicstream-viewer");
    viewer.env("HOME", home).arg("--screenshot").arg(&file);
    let finished = run(set(&mut viewer), TIMEOUT);
    assert_eq!(finished.code == Some(0), file.exists(), "{finished:?}");
    finished
}

fn window(url: &str) -> Harness<'static, App> {
    let target = Target::of_process(Some(url), "musicstream-viewer").unwrap();
    let feed = Feed::database(target, Duration::from_secs(2)).unwrap();
    let app = App::new(feed, State::default(), Clock::System, env::temp_dir());
    Harness::builder()
        .with_size(vec2(1280.0, 800.0))
        .with_max_steps(12)
        .with_context_setup(theme::install)
        .build_ui_state(
            |ui, app: &mut App| {
                app.logic();
                app.ui(ui);
            },
            app,
        )
}
