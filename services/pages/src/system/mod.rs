//! `/sistem`: the parts of the office, the broker, the disk, what went wrong lately, and the accounts.
//!
//! `accounts.rs` lists and changes accounts, with the words of `words.rs`. Deliberately absent: a command that stops or rebuilds anything.
//! The page says the command of the machine.

mod accounts;
mod rows;
mod words;

use askama::Template;
use axum::{
    Router,
    extract::State,
    http::StatusCode,
    response::Response,
    routing::{get, post},
};
use chrono::{DateTime, Utc};

use crate::{
    answer::Asker,
    context::Context,
    frame::{Frame, Section},
    html,
    readiness::Readiness,
    session::Pages,
};
use rows::{Noted, ProblemsSince, SystemStatus};

#[derive(Template)]
#[template(path = "system.html")]
struct SystemPage {
    f: Frame,
    status: SystemStatus,
    readiness: Readiness,
    started: String,
    /// The bytes of the disk in use.
    used_bytes: u64,
    /// The same in thousandths of the disk: an SVG does not draw the whole number.
    used_permille: u64,
    problems: Vec<TimedProblems>,
    noted: Option<Vec<TimedLine>>,
}

/// Problems with their time in the office's zone.
struct TimedProblems {
    when: String,
    since: ProblemsSince,
}

/// A line of the access log with its time in the office's zone.
struct TimedLine {
    when: String,
    line: Noted,
}

impl SystemPage {
    /// A number of bytes with its unit.
    fn bytes(&self, bytes: &u64) -> String {
        in_bytes(*bytes, self.f.is_indonesian())
    }

    /// What a line of the access log tells.
    fn what<'a>(&self, line: &'a Noted) -> &'a str {
        match line.what.as_str() {
            "sign_in_failed" => self.f.t("Masuk ditolak", "Sign-in refused"),
            "password_refused" => self.f.t("Sandi keliru", "Wrong password"),
            "refused" => self.f.t("Tidak berwenang", "Not allowed"),
            "account_changed" => self.f.t("Akun diubah", "Account changed"),
            "tokens_revoked" => self.f.t("Token dicabut", "Tokens revoked"),
            "key_replaced" => self.f.t("Kunci diganti", "Key replaced"),
            "lost" => self.f.t("Baris hilang", "Lines lost"),
            other => other,
        }
    }
}

/// A number of bytes in the unit of 1,024 that fits, with one decimal, rounded down.
fn in_bytes(bytes: u64, is_indonesian: bool) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut tenths = bytes.saturating_mul(10);
    let mut unit = 0;
    while tenths >= 10_240 && unit + 1 < units.len() {
        tenths /= 1_024;
        unit += 1;
    }
    let point = if is_indonesian { ',' } else { '.' };
    match (unit, units.get(unit)) {
        (0, _) | (_, None) => format!("{bytes} B"),
        (_, Some(name)) => format!("{}{point}{} {name}", tenths / 10, tenths % 10),
    }
}

/// The routes of the system.
pub(crate) fn routes() -> Router<Pages> {
    Router::new()
        .route("/sistem", get(page))
        .route("/sistem/akun", get(accounts::list))
        .route(
            "/sistem/akun/baru",
            get(accounts::new_form).post(accounts::add),
        )
        .route(
            "/sistem/akun/{key}/{change}",
            get(accounts::confirm).post(accounts::change),
        )
        .route("/sistem/akun/akhiri-semua", post(accounts::end_all))
}

async fn page(State(pages): State<Pages>, context: Context) -> Response {
    let person = match pages.person(&context).await {
        Ok(person) => person,
        Err(response) => return *response,
    };
    let asker = Asker::new(&pages, &context, &person);
    let status = match asker.get::<SystemStatus>("/v1/system").await {
        Ok(status) => status,
        Err(refused) => return asker.refusal(&refused),
    };
    let used = status.disk.as_ref();
    let used_bytes = used.map_or(0, |disk| disk.total_bytes.saturating_sub(disk.free_bytes));
    let total = used.map_or(1, |disk| disk.total_bytes.max(1));
    let time = |time: DateTime<Utc>| asker.local_time(time, context.language);
    let problems = status.problems_lately.iter().map(|since| TimedProblems {
        when: time(since.since),
        since: since.clone(),
    });
    let noted = status.noted_lately.as_ref().map(|lines| {
        let lines = lines.iter().map(|line| TimedLine {
            when: time(line.time),
            line: line.clone(),
        });
        lines.collect()
    });
    let page = SystemPage {
        f: Frame::new(&context, Some(&person), Section::System),
        started: time(status.started),
        used_bytes,
        used_permille: used_bytes.saturating_mul(1_000) / total,
        problems: problems.collect(),
        noted,
        readiness: status.readiness.clone(),
        status,
    };
    html::page(&context, StatusCode::OK, &page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_the_unit_that_fits() {
        for (bytes, shown) in [
            (0, "0 B"),
            (1_023, "1023 B"),
            (1_024, "1,0 KiB"),
            (1_536, "1,5 KiB"),
            (47 * 1_024 * 1_024 * 1_024, "47,0 GiB"),
        ] {
            assert_eq!(in_bytes(bytes, true), shown);
        }
        assert_eq!(in_bytes(1_536, false), "1.5 KiB");
        assert!(in_bytes(u64::MAX, false).ends_with(" TiB"));
    }
}
