//! Stories in a real browser: pages as people see them, in Chromium. A binary of its own, so that only these
//! stories link the driver of a browser.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod checks;
mod every_page;
mod kak;
mod sheet;
mod signing_in;
