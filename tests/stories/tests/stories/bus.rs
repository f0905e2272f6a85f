//! Requests and replies between services.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use async_nats::{Client, Message};
use futures_util::future::join_all;
use jejak_bus::{
    Problem, RequestProblem,
    serve::{ServiceInfo, serve},
};
use jejak_rig::broker::Broker;
use tokio::runtime;
use tokio_util::sync::CancellationToken;

/// A service has this long to start and to answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Asks, and asks again until a service answers.
async fn ask(asker: &Client, subject: &'static str) -> Message {
    let answered = async {
        loop {
            if let Ok(reply) = asker.request(subject, "".into()).await {
                return reply;
            }
        }
    };
    tokio::time::timeout(PATIENCE, answered).await.unwrap()
}

fn info(name: &str) -> ServiceInfo {
    ServiceInfo {
        name: name.to_owned(),
        description: "A test.".to_owned(),
        endpoint: name.to_owned(),
        subject: format!("ask.{name}"),
        answers: vec![],
    }
}

/// Without the fault the caller would wait in vain.
#[tokio::test]
async fn an_answer_the_broker_does_not_carry_becomes_a_fault() {
    let broker = Broker::single().await;
    let (service, asker) = (broker.client().await, broker.client().await);
    let stop = CancellationToken::new();
    let told = stop.clone();
    let serving = tokio::spawn(async move {
        serve(&service, &info("large"), 1, told, |_| async {
            vec![b'x'; 2 << 20]
        })
        .await
    });
    let reply = ask(&asker, "ask.large").await;
    let problem = Problem::from_reply(&reply.payload);
    assert!(
        matches!(
            problem,
            Some(Problem::Request(RequestProblem::Fault { .. }))
        ),
        "{problem:?}"
    );
    stop.cancel();
    serving.await.unwrap().unwrap();
}

/// Goal: a service that is told to stop answers the requests in hand. Method: a service on a thread of its
/// own, as they all are, that is told to stop with many large answers in hand: more than goes into a socket
/// at once. Its runtime ends with it.
#[tokio::test]
async fn the_last_answers_are_sent_before_the_service_ends() {
    const ASKED: usize = 16;
    const LARGE: usize = 1_000_000;
    let broker = Broker::single().await;
    let (url, asker) = (broker.url(), broker.client().await);
    let serving = tokio::task::spawn_blocking(move || {
        let runtime = runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let client = async_nats::connect(url).await.unwrap();
            let (stop, asked) = (CancellationToken::new(), AtomicUsize::new(0));
            let answer = |_| {
                if asked.fetch_add(1, Ordering::Relaxed) + 1 == ASKED {
                    stop.cancel();
                }
                let stop = stop.clone();
                async move {
                    stop.cancelled().await;
                    vec![b'x'; LARGE]
                }
            };
            serve(&client, &info("last"), ASKED, stop.clone(), answer).await
        })
    });
    let replies = join_all((0..ASKED).map(|_| ask(&asker, "ask.last"))).await;
    assert!(replies.iter().all(|reply| reply.payload.len() == LARGE));
    serving.await.unwrap().unwrap();
}
