//! What stands beside a form before it is sent: the balance, the package, people of a like name, and what the
//! API would do with the form. The API counts and judges; nothing here is a hindrance.

use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDate};
use futures_util::future::try_join_all;
use jejak_events::operator::leave::LeaveChange;
use serde::Deserialize;

use super::{forms::CommandForm, ids::Ids, values};
use crate::{
    answer::{Asker, List, Refused},
    form::Form,
    frame::Frame,
    people::path_segment,
    records::{Balance, Leave, Operator, Package},
};

/// The name of the button that sends a form only for checking.
pub(super) const CHECK: &str = "periksa";
/// The most packages beside a form.
const PACKAGES: usize = 6;
/// The most people of a like name.
const LIKE: usize = 12;

/// The answer to a dry run, as far as it is shown.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Checked {
    pub(super) leave: Option<LeaveChange>,
}

/// The result of checking what was typed.
pub(super) enum Check {
    /// Nothing was checked.
    None,
    /// The API would do it.
    Good(Checked),
    /// The API would refuse it. The form says why.
    Refused,
}

/// Texts beside a form.
#[derive(Default)]
pub(super) struct Panel {
    pub(super) title: String,
    /// Whether the panel answers a check. It is read out then.
    pub(super) is_answer: bool,
    pub(super) is_bad: bool,
    pub(super) text: Vec<String>,
    pub(super) facts: Vec<(String, String)>,
    pub(super) people: Vec<LikePerson>,
}

/// A person who may be the same.
pub(super) struct LikePerson {
    pub(super) name: String,
    pub(super) path: String,
    pub(super) born: String,
    /// Whether the birth date is the typed one.
    pub(super) is_same_day: bool,
}

/// Whether a form can be checked before it is sent.
pub(super) fn can_check(form: &CommandForm) -> bool {
    let checked = [
        "record-leave",
        "cancel-leave",
        "record-absence",
        "hire-operator",
        "register-operator",
        "terminate-contract",
    ];
    checked.contains(&form.command)
}

/// Asks for all that stands beside a form.
///
/// # Errors
/// The API's refusal.
pub(super) async fn ask(
    asker: Asker<'_>,
    form: &CommandForm,
    ids: &Ids,
    typed: &Form,
    check: &Check,
    f: &Frame,
) -> Result<Vec<Panel>, Refused> {
    let mut panels: Vec<_> = answer(check, f).into_iter().collect();
    let operator = ids.get("operator_id").map(path_segment);
    match (form.command, operator) {
        ("record-leave" | "record-absence", Some(operator)) => {
            panels.extend(balance(asker, &operator, typed, f).await?);
        }
        ("cancel-leave", Some(operator)) => {
            let leave_id = ids.get("leave_id").unwrap_or_default();
            panels.extend(entry(asker, &operator, leave_id, f).await?);
        }
        ("hire-operator", _) => panels.extend(packages(asker, typed, f).await?),
        ("register-operator", _) if !matches!(check, Check::None) => {
            panels.push(like(asker, typed, f).await?);
        }
        _ => {}
    }
    Ok(panels)
}

/// The API's answer to the dry run.
fn answer(check: &Check, f: &Frame) -> Option<Panel> {
    let text = |indonesian, english| f.t(indonesian, english).to_owned();
    let mut panel = Panel {
        title: text("Hasil pemeriksaan", "Result of the check"),
        is_answer: true,
        ..Panel::default()
    };
    let checked = match check {
        Check::None => return None,
        Check::Refused => {
            panel.is_bad = true;
            panel.text = vec![text(
                "Belum dapat dicatat. Sebabnya ada di formulir.",
                "It cannot be recorded. The form says why.",
            )];
            return Some(panel);
        }
        Check::Good(checked) => checked,
    };
    panel.text = vec![text(
        "Dapat dicatat. Belum ada yang disimpan.",
        "It can be recorded. Nothing is stored yet.",
    )];
    if let Some(leave) = &checked.leave {
        panel.facts = change(leave, f);
    }
    Some(panel)
}

/// The change of charged days in words.
fn change(leave: &LeaveChange, f: &Frame) -> Vec<(String, String)> {
    let text = |indonesian, english| f.t(indonesian, english).to_owned();
    let counted = |days: &[NaiveDate]| match days {
        [] => text("Tidak ada hari", "No day"),
        days => format!("{} {}: {}", days.len(), f.t("hari", "days"), f.dates(days)),
    };
    let mut facts = Vec::new();
    if !leave.charged_dates.is_empty() || leave.returned_dates.is_empty() {
        let label = text("Akan dihitung", "Becomes charged");
        facts.push((label, counted(&leave.charged_dates)));
    }
    if !leave.returned_dates.is_empty() {
        let label = text("Kembali", "Comes back");
        facts.push((label, counted(&leave.returned_dates)));
    }
    if let (Some(before), Some(after)) = (leave.remaining_before, leave.remaining) {
        let label = format!("{} {}", f.t("Sisa", "Left in"), leave.year);
        facts.push((
            label,
            format!("{before}, {} {after}", f.t("menjadi", "then")),
        ));
    }
    facts
}

/// The balance of the year that the form is about.
async fn balance(
    asker: Asker<'_>,
    operator: &str,
    typed: &Form,
    f: &Frame,
) -> Result<Option<Panel>, Refused> {
    let person: Operator = asker.get(&format!("/v1/operators/{operator}")).await?;
    let typed = [typed.get("from"), typed.get("on")];
    let mut days = typed.iter().filter_map(|typed| typed_day(typed));
    let last = person.contracts.last().map(|contract| contract.end);
    let Some(year) = days.next().or(last).map(|day| day.year()) else {
        return Ok(None);
    };
    let path = format!("/v1/leave-balances?operator={operator}&year={year}");
    let balances: List<Balance> = asker.get(&path).await?;
    Ok(balances.items.first().map(|balance| Panel {
        title: format!("{} {year}", f.t("Sisa cuti", "Leave left")),
        facts: of_balance(balance, f),
        ..Panel::default()
    }))
}

fn of_balance(balance: &Balance, f: &Frame) -> Vec<(String, String)> {
    let days = |n: &dyn std::fmt::Display| format!("{n} {}", f.t("hari", "days"));
    let text = |indonesian, english| f.t(indonesian, english).to_owned();
    vec![
        (text("Jatah", "Granted"), days(&balance.entitlement)),
        (text("Tahunan", "Annual"), days(&balance.annual_used)),
        (
            text("Alasan tertentu", "Special"),
            days(&balance.special_used),
        ),
        (text("Sisa", "Left"), days(&balance.remaining)),
    ]
}

/// The leave that is taken back.
async fn entry(
    asker: Asker<'_>,
    operator: &str,
    leave_id: &str,
    f: &Frame,
) -> Result<Option<Panel>, Refused> {
    let leave: Leave = asker
        .get(&format!("/v1/operators/{operator}/leave"))
        .await?;
    let mut entries = leave.entries.into_iter();
    let entry = entries.find(|entry| entry.leave_id == leave_id);
    Ok(entry.map(|entry| {
        let charged = format!("{} {}", entry.charged_days, f.t("hari", "days"));
        Panel {
            title: f.work_label(&entry.kind),
            facts: vec![
                (
                    f.t("Tanggal", "Days").to_owned(),
                    f.days(&entry.from, &entry.to),
                ),
                (f.t("Dihitung", "Charged").to_owned(), charged),
            ],
            ..Panel::default()
        }
    }))
}

/// The places and the money that packages have left: the chosen one, or the latest.
async fn packages(asker: Asker<'_>, typed: &Form, f: &Frame) -> Result<Vec<Panel>, Refused> {
    let packages: List<Package> = asker.get("/v1/packages?limit=500").await?;
    let mut packages = packages.items;
    packages.sort_by_key(|package| -package.fiscal_year);
    let chosen = typed.get("package_id");
    let is_shown = |package: &&Package| chosen.is_empty() || package.package_id == chosen;
    let shown = packages.iter().filter(is_shown).take(PACKAGES);
    let panel = |package: &Package| Panel {
        title: package.title.clone(),
        facts: vec![
            (
                f.t("Tempat lowong", "Free places").to_owned(),
                format!(
                    "{} {} {}",
                    package.quota.free,
                    f.t("dari", "of"),
                    package.quota.total
                ),
            ),
            (
                f.t("Sisa pagu", "Budget left").to_owned(),
                f.rupiah(&package.budget.free),
            ),
            (
                f.t("Pagu", "Ceiling").to_owned(),
                f.rupiah(&package.budget.ceiling),
            ),
        ],
        ..Panel::default()
    };
    Ok(shown.map(panel).collect())
}

/// People whose name has the typed words, or its first word and the typed birth date.
async fn like(asker: Asker<'_>, typed: &Form, f: &Frame) -> Result<Panel, Refused> {
    let name = typed.get("full_name").trim();
    let born = typed_day(typed.get("birth_date"));
    let first = name.split_whitespace().next().unwrap_or_default();
    let searches = [name, first].into_iter().collect::<BTreeSet<_>>();
    let searches = searches.into_iter().filter(|words| !words.is_empty());
    let found = try_join_all(searches.map(|words| async move {
        let words: String = form_urlencoded::byte_serialize(words.as_bytes()).collect();
        let path = format!("/v1/operators?limit=100&q={words}");
        match asker.get::<List<Operator>>(&path).await {
            Ok(people) => Ok((words, people.items)),
            // The form itself says what is wrong with such a name.
            Err(refused) if refused.status.is_client_error() => Ok((words, vec![])),
            Err(refused) => Err(refused),
        }
    }))
    .await?;
    let whole: String = form_urlencoded::byte_serialize(name.as_bytes()).collect();
    let mut seen = BTreeSet::new();
    let mut people = Vec::new();
    for (words, found) in found {
        for person in found {
            let Some(profile) = &person.profile else {
                continue;
            };
            let is_same_day = born == Some(profile.birth_date);
            if (words == whole || is_same_day) && seen.insert(person.operator_id.clone()) {
                people.push(LikePerson {
                    name: profile.full_name.clone(),
                    path: format!("/orang/{}", person.operator_id),
                    born: f.day(&profile.birth_date),
                    is_same_day,
                });
            }
        }
    }
    people.sort_by_key(|person| !person.is_same_day);
    people.truncate(LIKE);
    let text = match people.is_empty() {
        true => f.t(
            "Tidak ada orang terdaftar dengan nama serupa.",
            "Nobody of a like name is registered.",
        ),
        false => f.t(
            "Periksa dahulu apakah ia sudah terdaftar.",
            "Check first whether he is registered already.",
        ),
    };
    Ok(Panel {
        title: f.t("Nama serupa", "Like names").to_owned(),
        text: vec![text.to_owned()],
        people,
        ..Panel::default()
    })
}

/// A day as it was typed; none for a text that is no day.
fn typed_day(typed: &str) -> Option<NaiveDate> {
    values::day(typed.trim()).parse().ok()
}
