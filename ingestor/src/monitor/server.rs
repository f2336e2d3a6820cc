//! `/metrics`, `/healthz` and `/readyz` over HTTP, on a thread of its own.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use hyper::body::{Bytes, Incoming};
use hyper::header::CONTENT_TYPE;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;

use super::Monitor;

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";
/// Time for a client to send its request.
const REQUEST_WITHIN: Duration = Duration::from_secs(10);
/// Pause after a failure to accept, for example because file descriptors have run out.
const ACCEPT_AGAIN_AFTER: Duration = Duration::from_secs(1);

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Operations")]
pub(crate) struct ListenArgs {
    /// Serve /metrics, /healthz and /readyz over HTTP on this address [default: off]
    #[arg(long, value_name = "HOST:PORT", env = "MUSICSTREAM_LISTEN")]
    pub(crate) listen: Option<String>,
}

/// Serves until the process ends.
///
/// # Errors
/// The address is invalid or in use.
pub(crate) fn serve(address: &str, monitor: Arc<Monitor>) -> anyhow::Result<()> {
    let failed = || format!("cannot listen on {address}; hint: --listen takes HOST:PORT");
    let listener = std::net::TcpListener::bind(address).with_context(failed)?;
    listener.set_nonblocking(true).with_context(failed)?;
    let bound: SocketAddr = listener.local_addr().with_context(failed)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    std::thread::Builder::new()
        .name("http".to_owned())
        .spawn(move || {
            if let Err(error) = runtime.block_on(accept(listener, monitor)) {
                tracing::error!(%error, "metrics are no longer served");
            }
        })?;
    tracing::info!("serving http://{bound}/metrics, /healthz and /readyz");
    Ok(())
}

async fn accept(listener: std::net::TcpListener, monitor: Arc<Monitor>) -> io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::debug!(%error, "cannot accept a connection");
                tokio::time::sleep(ACCEPT_AGAIN_AFTER).await;
                continue;
            }
        };
        let monitor = monitor.clone();
        tokio::spawn(async move {
            let service = service_fn(|request| {
                let response = answer(&request, &monitor);
                async { Ok::<_, Infallible>(response) }
            });
            let served = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(REQUEST_WITHIN)
                .serve_connection(TokioIo::new(stream), service)
                .await;
            if let Err(error) = served {
                tracing::debug!(%error, "a connection for metrics ended");
            }
        });
    }
}

fn answer(request: &Request<Incoming>, monitor: &Monitor) -> Response<Body> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return response(
            StatusCode::METHOD_NOT_ALLOWED,
            TEXT,
            "only GET\n".to_owned(),
        );
    }
    match request.uri().path() {
        "/metrics" => response(StatusCode::OK, OPEN_METRICS, monitor.metrics.text()),
        "/healthz" => health_response(monitor.check_all(|health| health.is_alive())),
        "/readyz" => health_response(monitor.check_all(|health| health.is_ready())),
        _ => {
            let paths = "the paths are /metrics, /healthz and /readyz\n";
            response(StatusCode::NOT_FOUND, TEXT, paths.to_owned())
        }
    }
}

fn health_response(health: Result<(), String>) -> Response<Body> {
    match health {
        Ok(()) => response(StatusCode::OK, TEXT, "ok\n".to_owned()),
        Err(why) => response(StatusCode::SERVICE_UNAVAILABLE, TEXT, format!("{why}\n")),
    }
}

type Body = http_body_util::Full<Bytes>;

fn response(status: StatusCode, kind: &'static str, text: String) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static(kind));
    response
}
