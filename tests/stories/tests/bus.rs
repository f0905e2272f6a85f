//! What services say to each other.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use async_nats::{Client, Message};
use jejak_bus::{Problem, RequestProblem, serve::serve};
use jejak_rig::broker::Broker;
use tokio::runtime;
use tokio_util::sync::CancellationToken;

/// Asks, and again until somebody is there who answers.
async fn ask(asker: &Client, subject: &'static str) -> Message {
    loop {
        if let Ok(reply) = asker.request(subject, "".into()).await {
            return reply;
        }
    }
}

/// Whoever asked would wait in vain.
#[tokio::test]
async fn an_answer_the_broker_does_not_carry_becomes_a_fault() {
    let broker = Broker::single().await;
    let (service, asker) = (broker.client().await, broker.client().await);
    let stop = CancellationToken::new();
    let told = stop.clone();
    let serving = tokio::spawn(async move {
        serve(&service, "large", "ask.large", 1, told, |_| async { vec![b'x'; 2 << 20] }).await
    });
    let reply = ask(&asker, "ask.large").await;
    let problem = Problem::from_reply(&reply.payload);
    assert!(matches!(problem, Some(Problem::Request(RequestProblem::Fault { .. }))), "{problem:?}");
    stop.cancel();
    serving.await.unwrap().unwrap();
}

/// Goal: what is in hand when a service is told to stop is answered. Method: a service on a thread of its own, as
/// they all are, that is told to stop by the question it answers; its runtime ends with it.
#[tokio::test]
async fn the_last_answer_is_sent_before_the_service_ends() {
    let broker = Broker::single().await;
    let (url, asker) = (broker.url(), broker.client().await);
    let serving = tokio::task::spawn_blocking(move || {
        let runtime = runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let client = async_nats::connect(url).await.unwrap();
            let stop = CancellationToken::new();
            let answer = |_| {
                stop.cancel();
                async { b"the last".to_vec() }
            };
            serve(&client, "last", "ask.last", 1, stop.clone(), answer).await
        })
    });
    assert_eq!(ask(&asker, "ask.last").await.payload, "the last");
    serving.await.unwrap().unwrap();
}
