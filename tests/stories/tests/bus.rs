//! What services say to each other.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use futures_util::StreamExt;
use jejak_bus::{
    Problem, RequestProblem,
    serve::{register, serve},
};
use jejak_rig::broker::Broker;
use tokio_util::sync::CancellationToken;

/// Whoever asked would wait in vain.
#[tokio::test]
async fn an_answer_the_broker_does_not_carry_becomes_a_fault() {
    let broker = Broker::single().await;
    let (service, asker) = (broker.client().await, broker.client().await);
    let (_registered, endpoint) = register(&service, "large", "ask.large").await.unwrap();
    // What comes back over the same connection tells that the broker has read the subscription before it.
    let mut echo = service.subscribe("echo").await.unwrap();
    service.publish("echo", "".into()).await.unwrap();
    echo.next().await.unwrap();
    let stop = CancellationToken::new();
    let serving = tokio::spawn(serve(endpoint, 1, stop.clone(), |_| async { vec![b'x'; 2 << 20] }));
    let reply = asker.request("ask.large", "".into()).await.unwrap();
    let problem = Problem::from_reply(&reply.payload);
    assert!(matches!(problem, Some(Problem::Request(RequestProblem::Fault { .. }))), "{problem:?}");
    stop.cancel();
    serving.await.unwrap();
}
