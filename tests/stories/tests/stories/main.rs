//! Stories: the whole of Jejak, or a part of it, against real brokers. One binary, because each
//! further one links every crate again; the test runner still gives each test a process of its own.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod access;
mod accounts;
mod actors;
mod audit;
mod audit_alone;
mod audit_broker;
mod audit_client;
mod audit_killed;
mod audit_outside;
mod audit_replay;
mod audit_start;
mod audit_whole;
mod broker_tls;
mod bus;
mod claims;
mod client;
mod commands;
mod dry_run;
mod erasure;
mod examples;
mod feed_attacks;
mod feeds;
mod full_disk;
mod history;
mod http;
mod identities;
mod journal;
mod journal_cuts;
mod journal_group;
mod journal_reading;
mod journal_settings;
mod kak;
mod office;
mod oidc;
mod openapi_fuzz;
mod pages;
mod pages_appraisal;
mod pages_leave;
mod pages_rooms;
mod quarantine;
mod replies;
mod rotation;
mod sessions;
mod tables;
mod tokens;
mod tutorial;
mod witness;
mod witness_answers;
mod year;
