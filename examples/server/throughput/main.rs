//! Requests per second of the example server, with and without the crate.
//!
//! ```sh
//! cargo run --profile bench -p switchstand-server --bin throughput
//! cargo run --profile bench -p switchstand-server --bin throughput -- --write
//! ```
//!
//! Both servers read the same body, ask the same model and answer the same JSON. One routes among
//! two versions half and half, with the observers that the server always has; the other has one
//! model and no router. They are asked in turn, many times in one run, and each pair gives a
//! ratio. With `--write` the sentence goes into the guide.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it prints what it measures"
)]

mod load;
mod plain;

use std::{env, error::Error, fs, future::pending, net::SocketAddr, path::Path, time::Duration};

use load::Load;
use switchstand::stats::{Alpha, Alternative, Moments, paired::paired_t};
use switchstand_server::{Server, Settings, models};
use tokio::{net::TcpListener, runtime::Builder};

const PAIRS: usize = 40;
/// How long each server is asked in each pair.
const SLICE: Duration = Duration::from_millis(800);
const CONNECTIONS: usize = 32;

const BEGIN: &str = "<!-- throughput: begin -->\n";
const END: &str = "<!-- throughput: end -->\n";

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    // The servers have a thread of their own and so has the load: one core each.
    let servers = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    let clients = Builder::new_current_thread().enable_all().build()?;
    let (routed, plain) = servers.block_on(start())?;
    let mut with = Load::new(routed.address(), CONNECTIONS);
    let mut without = Load::new(plain, CONNECTIONS);

    let [mut rates_with, mut rates_without] = [Vec::new(), Vec::new()];
    for pair in 0..=PAIRS {
        // Who is first changes, so that a machine that slows down harms neither.
        let (first, second) = if pair % 2 == 0 {
            (&mut with, &mut without)
        } else {
            (&mut without, &mut with)
        };
        let first = clients.block_on(first.run(SLICE))?;
        let second = clients.block_on(second.run(SLICE))?;
        let (with, without) = if pair % 2 == 0 {
            (first, second)
        } else {
            (second, first)
        };
        // The first pair warms both up.
        if pair > 0 {
            rates_with.push(with);
            rates_without.push(without);
            eprintln!(
                "{pair:>3}: {with:>8.0} {without:>8.0} {:.4}",
                with / without
            );
        }
    }
    let said = sentence(&rates_with, &rates_without)?;
    println!("{said}");
    if env::args().nth(1).as_deref() == Some("--write") {
        let page = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../src/guide/in_a_server.md"
        );
        write_into(Path::new(page), &said)?;
    }
    Ok(())
}

async fn start() -> Result<(Server, SocketAddr), Box<dyn Error + Send + Sync>> {
    let load = models::loader();
    let plain = load("logistic").ok_or("the models were not loaded")?;
    // The second version is the same model: only the crate makes the difference.
    let load = move |version: &str| {
        load(if version == "copy" {
            "logistic"
        } else {
            version
        })
    };
    let routed = Server::start(
        TcpListener::bind("127.0.0.1:0").await?,
        Settings::new("logistic", load),
    )?;
    routed.opened().await?;
    let mut order = Load::new(routed.address(), 1);
    order.post("/admin/deploy/copy", "").await?;
    order.post("/admin/validate/copy", "").await?;
    let halves = r#"{ "scheme": "v1", "release": "throughput", "ab_test": { "arms": [
        { "label": "a", "version": "logistic", "weight": 1 }, { "label": "b", "version": "copy", "weight": 1 }] } }"#;
    order.post("/admin/release", halves).await?;

    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    // As the other server does, which watches each connection for the end.
    let serving = axum::serve(listener, plain::routes(plain)).with_graceful_shutdown(pending());
    tokio::spawn(serving.into_future());
    Ok((routed, address))
}

/// Says the ratio with its interval, from the logarithms of the pairs.
fn sentence(with: &[f64], without: &[f64]) -> Result<String, Box<dyn Error + Send + Sync>> {
    let mut logs = Moments::new();
    for (with, without) in with.iter().zip(without) {
        logs.record((with / without).ln())?;
    }
    let test = paired_t(&logs, Alpha::FIVE_PERCENT, Alternative::TwoSided)?;
    let mean = |rates: &[f64]| rates.iter().sum::<f64>() / rates.len() as f64;
    Ok(format!(
        "{:.0} requests per second with the crate and {:.0} without, on one thread: the ratio is \
         {:.3}, with a 95 % interval from {:.3} to {:.3} over {} pairs in one run.",
        mean(with),
        mean(without),
        test.effect.exp(),
        test.interval.lower.exp(),
        test.interval.upper.exp(),
        with.len(),
    ))
}

/// Replaces what stands between the two marks of a page.
fn write_into(page: &Path, said: &str) -> Result<(), Box<dyn Error + Send + Sync>> {
    let text = fs::read_to_string(page)?;
    let marks = || format!("{} has no marks for the figure", page.display());
    let (before, rest) = text.split_once(BEGIN).ok_or_else(marks)?;
    let (_, after) = rest.split_once(END).ok_or_else(marks)?;
    fs::write(page, format!("{before}{BEGIN}\n{said}\n\n{END}{after}"))?;
    Ok(())
}
