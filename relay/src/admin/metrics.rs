//! Figures for a watchman, on a listener of their own, in the text format of Prometheus. Sums only: nothing of a
//! room, a member or an address.

use std::{
    convert::Infallible,
    fmt::Write,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    Method, Request, Response, StatusCode, body::Incoming, header::CONTENT_TYPE, server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{net::TcpListener, sync::Semaphore, time::timeout};

use super::log;
use crate::{counters::OUTCOMES, hub::Hub, limits, net::tls::Tls};

/// Bytes of memory that this process has, where the system tells.
fn resident() -> Option<u64> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = statm.split(' ').nth(1)?.parse().ok()?;
    Some(pages * rustix::param::page_size() as u64)
}

/// Name, kind, help, and values by their labels.
type Figure = (&'static str, &'static str, &'static str, Vec<(String, u64)>);

/// Everything, as a watchman reads it.
fn text(hub: &Hub, tls: Option<&Tls>) -> String {
    let (counters, sockets) = (&hub.counters, &hub.sockets);
    let kept = &hub.rooms.keeping().total;
    let count = |counter: &AtomicU64| counter.load(Relaxed);
    let tasks = tokio::runtime::Handle::current().metrics().num_alive_tasks() as u64;
    let one = |value| vec![(String::new(), value)];
    let end = tls.and_then(|tls| tls.certificate()?.end());
    let by = |label: &str, rows: &[(&str, &AtomicU64)]| {
        let row = |(word, counter): &(&str, &AtomicU64)| (format!("{{{label}=\"{word}\"}}"), count(counter));
        rows.iter().map(row).collect()
    };
    let joins: Vec<_> = OUTCOMES.into_iter().zip(&counters.joins).collect();
    let turned_away = [("too_often", &counters.too_often), ("full", &counters.full)];
    #[rustfmt::skip]
    let figures: [Figure; 18] = [
        ("connections", "gauge", "Open connections.", one(hub.connections() as u64)),
        ("sockets", "gauge", "Open WebSockets.", one(sockets.count() as u64)),
        ("rooms", "gauge", "Rooms that the relay knows.", one(hub.rooms.count() as u64)),
        ("kept", "gauge", "Messages that wait for members who are away.", one(kept.blobs() as u64)),
        ("kept_bytes", "gauge", "Bytes of them.", one(kept.bytes() as u64)),
        ("seats", "gauge", "Seats taken in them.", one(count(&counters.seats))),
        ("tasks", "gauge", "Tasks of the relay.", one(tasks)),
        ("resident_bytes", "gauge", "Memory of the process.", resident().map(one).unwrap_or_default()),
        ("certificate_end_seconds", "gauge", "When the certificate ends, since 1970.", end.map(one).unwrap_or_default()),
        ("buffered_bytes", "gauge", "What waits to be sent or is not yet whole.", one(sockets.held() as u64)),
        ("queue_overflows_total", "counter", "Readers that were cut for being too slow.", one(sockets.overflows())),
        ("messages_total", "counter", "Messages from clients.", one(count(&counters.messages))),
        ("bytes_total", "counter", "Bytes of messages from clients.", one(count(&counters.bytes))),
        ("delivered_bytes_total", "counter", "Bytes of messages, for each receiver.", one(count(&counters.delivered_bytes))),
        ("paused_total", "counter", "Times that a socket was over a budget and not read on.", one(count(&counters.paused))),
        ("joins_total", "counter", "Joins by what became of them.", by("outcome", &joins)),
        ("log_lines_dropped_total", "counter", "Lines of the log that could not be written.", one(log::dropped())),
        ("turned_away_total", "counter", "Connections that were not let in.", by("reason", &turned_away)),
    ];
    let mut text = String::with_capacity(2048);
    for (name, kind, help, rows) in figures.into_iter().filter(|(.., rows)| !rows.is_empty()) {
        let name = format!("sotto_relay_{name}");
        // Writing into a String does not fail.
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
        for (label, value) in rows {
            let _ = writeln!(text, "{name}{label} {value}");
        }
    }
    text
}

/// Answers watchmen until it is dropped.
pub(crate) async fn serve(listener: TcpListener, hub: Arc<Hub>, tls: Option<Arc<Tls>>) {
    let turns = Arc::new(Semaphore::new(limits::WATCHMEN));
    loop {
        // One who finds all turns taken waits for one.
        let Ok(turn) = turns.clone().acquire_owned().await else {
            return;
        };
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(limits::FULL_TABLE_PAUSE).await;
            continue;
        };
        let (hub, tls) = (hub.clone(), tls.clone());
        tokio::spawn(async move {
            let service = service_fn(|request: Request<Incoming>| {
                let response = answer(&hub, tls.as_deref(), &request);
                async { Ok::<_, Infallible>(response) }
            });
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(limits::HEAD_TIME)
                .max_buf_size(limits::HEAD)
                .keep_alive(false)
                .serve_connection(TokioIo::new(stream), service);
            let _ = timeout(2 * limits::HEAD_TIME, connection).await;
            drop(turn);
        });
    }
}

fn answer(hub: &Hub, tls: Option<&Tls>, request: &Request<Incoming>) -> Response<Full<Bytes>> {
    if request.uri().path() == "/metrics" && *request.method() == Method::GET {
        let mut response = Response::new(Full::from(text(hub, tls)));
        let kind = hyper::header::HeaderValue::from_static("text/plain; version=0.0.4");
        response.headers_mut().insert(CONTENT_TYPE, kind);
        response
    } else {
        let mut response = Response::new(Full::from("the figures are at /metrics\n"));
        *response.status_mut() = StatusCode::NOT_FOUND;
        response
    }
}
