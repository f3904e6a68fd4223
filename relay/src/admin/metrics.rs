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

use crate::{counters::OUTCOMES, hub::Hub, limits};

/// Bytes of memory that this process has, where the system tells.
fn resident() -> Option<u64> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = statm.split(' ').nth(1)?.parse().ok()?;
    Some(pages * rustix::param::page_size() as u64)
}

/// Everything, as a watchman reads it.
fn text(hub: &Hub) -> String {
    let counters = &hub.counters;
    let mut text = String::with_capacity(2048);
    let mut figure = |name: &str, kind: &str, help: &str, rows: &[(&str, u64)]| {
        // Writing into a String does not fail.
        let _ = writeln!(
            text,
            "# HELP sotto_relay_{name} {help}\n# TYPE sotto_relay_{name} {kind}"
        );
        for (label, value) in rows {
            let _ = writeln!(text, "sotto_relay_{name}{label} {value}");
        }
    };
    let count = |counter: &AtomicU64| [("", counter.load(Relaxed))];
    figure(
        "connections",
        "gauge",
        "Open connections.",
        &[("", hub.connections() as u64)],
    );
    figure(
        "sockets",
        "gauge",
        "Open WebSockets.",
        &[("", hub.sockets.count() as u64)],
    );
    figure(
        "rooms",
        "gauge",
        "Rooms that the relay knows.",
        &[("", hub.rooms.count() as u64)],
    );
    figure("seats", "gauge", "Seats taken in them.", &count(&counters.seats));
    let tasks = tokio::runtime::Handle::current().metrics().num_alive_tasks();
    figure("tasks", "gauge", "Tasks of the relay.", &[("", tasks as u64)]);
    if let Some(resident) = resident() {
        figure(
            "resident_bytes",
            "gauge",
            "Memory of the process.",
            &[("", resident)],
        );
    }
    figure(
        "buffered_bytes",
        "gauge",
        "What waits to be sent or is not yet whole.",
        &[("", hub.sockets.held() as u64)],
    );
    figure(
        "queue_overflows_total",
        "counter",
        "Readers that were cut for being too slow.",
        &[("", hub.sockets.overflows())],
    );
    figure(
        "messages_total",
        "counter",
        "Messages from clients.",
        &count(&counters.messages),
    );
    figure(
        "bytes_total",
        "counter",
        "Bytes of messages from clients.",
        &count(&counters.bytes),
    );
    figure(
        "delivered_bytes_total",
        "counter",
        "Bytes of messages, for each receiver.",
        &count(&counters.delivered_bytes),
    );
    figure(
        "paused_total",
        "counter",
        "Times that a socket was over a budget and not read on.",
        &count(&counters.paused),
    );
    let labels = OUTCOMES.map(|outcome| format!("{{outcome=\"{outcome}\"}}"));
    let joins: Vec<_> = labels
        .iter()
        .map(String::as_str)
        .zip(counters.joins.iter().map(|count| count.load(Relaxed)))
        .collect();
    figure("joins_total", "counter", "Joins by what became of them.", &joins);
    let turned_away = [
        ("{reason=\"too_often\"}", counters.too_often.load(Relaxed)),
        ("{reason=\"full\"}", counters.full.load(Relaxed)),
    ];
    figure(
        "turned_away_total",
        "counter",
        "Connections that were not let in.",
        &turned_away,
    );
    text
}

/// Answers watchmen until it is dropped.
pub(crate) async fn serve(listener: TcpListener, hub: Arc<Hub>) {
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
        let hub = hub.clone();
        tokio::spawn(async move {
            let service = service_fn(|request: Request<Incoming>| {
                let response = answer(&hub, &request);
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

fn answer(hub: &Hub, request: &Request<Incoming>) -> Response<Full<Bytes>> {
    if request.uri().path() == "/metrics" && *request.method() == Method::GET {
        let mut response = Response::new(Full::from(text(hub)));
        let kind = hyper::header::HeaderValue::from_static("text/plain; version=0.0.4");
        response.headers_mut().insert(CONTENT_TYPE, kind);
        response
    } else {
        let mut response = Response::new(Full::from("the figures are at /metrics\n"));
        *response.status_mut() = StatusCode::NOT_FOUND;
        response
    }
}
