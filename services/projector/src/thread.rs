//! Work on a thread of its own that ends with a token. The runtime waits for such threads when it ends.

use tokio::{
    runtime::Handle,
    task::{JoinError, spawn_blocking},
};
use tokio_util::sync::CancellationToken;

/// Runs a future on a thread of its own. None when `ended` was cancelled first.
pub(crate) async fn on_own_thread<T: Send + 'static>(
    ended: &CancellationToken,
    work: impl Future<Output = T> + Send + 'static,
) -> Result<Option<T>, JoinError> {
    let ended = ended.clone();
    let until_ended = async move {
        tokio::select! {
            // The end is looked at first: the timers of the work may have ended with the runtime.
            biased;
            () = ended.cancelled() => None,
            done = work => Some(done),
        }
    };
    spawn_blocking(move || Handle::current().block_on(until_ended)).await
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn work_is_done_or_ends_with_its_token() {
        let ended = CancellationToken::new();
        assert_eq!(on_own_thread(&ended, async { 7 }).await.unwrap(), Some(7));
        // Timers belong to the runtime, which is on this thread.
        let timed = tokio::time::timeout(Duration::from_millis(1), std::future::pending::<()>());
        assert!(
            on_own_thread(&ended, timed)
                .await
                .unwrap()
                .is_some_and(|done| done.is_err())
        );
        let fault = on_own_thread(&ended, async { panic!("a fault of ours") })
            .await
            .unwrap_err();
        assert!(fault.is_panic(), "{fault}");
        let (began, begun) = tokio::sync::oneshot::channel();
        let for_ever = async move {
            began.send(()).unwrap();
            std::future::pending::<()>().await;
        };
        let end = async {
            begun.await.unwrap();
            ended.cancel();
        };
        let (done, ()) = tokio::join!(on_own_thread(&ended, for_ever), end);
        assert_eq!(done.unwrap(), None);
    }
}
