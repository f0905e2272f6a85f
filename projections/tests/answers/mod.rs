//! The answers of the naive model to the queries of views. It ranks by inserting each item before the first
//! that is worse.

use std::cmp::Ordering;

use serde_json::{Value, json};

use crate::naive::{
    Contract, Package, Person, Prior, Stage, Sum, World,
    days::{Day, write_month},
    money,
    people::violations,
};

/// The values of a rank (docs/domain/topics/evaluation.md, Ranking), in order.
struct NaiveRank {
    /// Good, not yet evaluated, poor.
    category: u8,
    total: i64,
    months: usize,
    preferred: bool,
    name: Option<String>,
    /// The ids order people who are equal otherwise.
    ids: (String, String),
}

impl NaiveRank {
    fn of(sum: Option<&Sum>, preferred: bool, name: Option<String>, ids: (&str, &str)) -> Self {
        let sum = sum.filter(|sum| sum.months > 0);
        let category = match sum.map(|sum| sum.category) {
            Some("good") => 0,
            None => 1,
            Some(_) => 2,
        };
        let (total, months) = sum.map_or((0, 0), |sum| (sum.total, sum.months));
        Self {
            category,
            total,
            months,
            preferred,
            name,
            ids: (ids.0.to_owned(), ids.1.to_owned()),
        }
    }

    fn against(&self, other: &Self) -> Ordering {
        if self.category != other.category {
            return self.category.cmp(&other.category);
        }
        if self.months > 0 && other.months > 0 {
            let (mine, theirs) = (
                self.total * other.months as i64,
                other.total * self.months as i64,
            );
            if mine != theirs {
                return theirs.cmp(&mine);
            }
        }
        if self.months != other.months {
            return other.months.cmp(&self.months);
        }
        if self.preferred != other.preferred {
            return other.preferred.cmp(&self.preferred);
        }
        match (&self.name, &other.name) {
            (Some(mine), Some(theirs)) if mine != theirs => {
                mine.to_lowercase().cmp(&theirs.to_lowercase())
            }
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            _ => self.ids.cmp(&other.ids),
        }
    }
}

fn ranked(rows: Vec<(NaiveRank, Value)>) -> Vec<Value> {
    let mut ranked: Vec<(NaiveRank, Value)> = vec![];
    for row in rows {
        let worse = ranked
            .iter()
            .position(|held| row.0.against(&held.0) == Ordering::Less);
        ranked.insert(worse.unwrap_or(ranked.len()), row);
    }
    ranked.into_iter().map(|(_, row)| row).collect()
}

/// Two places, half of the last upwards, no zeros behind.
fn mean(total: i64, months: usize) -> Value {
    let months = months as i64;
    if months == 0 {
        return Value::Null;
    }
    let mut hundredths = total * 100 / months;
    if total * 100 % months * 2 >= months {
        hundredths += 1;
    }
    let text = format!("{}.{:02}", hundredths / 100, hundredths % 100);
    json!(text.trim_end_matches('0').trim_end_matches('.'))
}

fn person<'a>(world: &'a World, id: &str) -> &'a Person {
    world.people.iter().find(|person| person.id == id).unwrap()
}

fn name(person: &Person) -> Option<String> {
    (!person.erased).then(|| person.told["full_name"].as_str().unwrap().to_owned())
}

fn preferred(person: &Person, package: &Package) -> bool {
    let domicile = person.told["domicile_code"].as_str().unwrap();
    !person.erased && domicile.starts_with(&package.terms.eligibility.preferred)
}

/// These fields of every item, in their order.
fn columns(answer: &Value, fields: &[&str]) -> Vec<Value> {
    let items = answer["items"].as_array().unwrap();
    assert_eq!(answer["next"], Value::Null);
    items
        .iter()
        .map(|item| fields.iter().map(|field| item[field].clone()).collect())
        .collect()
}

pub(crate) fn same_package(answer: &Value, world: &World, package: &Package) {
    let (filled, committed) = (world.filled(&package.id), world.committed(&package.id));
    let (quota, ceiling) = (package.terms.quota, package.terms.ceiling);
    let free = quota - filled as u64;
    assert_eq!(
        answer["quota"],
        json!({"total": quota, "filled": filled, "free": free})
    );
    let budget = json!({"ceiling": money::write(ceiling), "committed": money::write(committed),
        "free": money::write(ceiling - committed)});
    assert_eq!(answer["budget"], budget);
    assert_eq!(answer["terms_version"], package.version);
    let officers: Vec<_> = package
        .officers
        .iter()
        .map(|held| {
            json!({"role": held.role, "nip": held.nip, "from": held.from.to_string(),
                "to": held.to.map(|to| to.to_string()), "acting": held.acting, "decree": held.decree})
        })
        .collect();
    let shown: Vec<_> = answer["officers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|shown| {
            json!({"role": shown["role"], "nip": shown["nip"], "from": shown["from"], "to": shown["to"],
                "acting": shown["acting"], "decree": shown["decree"]})
        })
        .collect();
    assert_eq!(shown, officers);
}

pub(crate) fn same_pools(answer: &Value, world: &World, year: i32) {
    let mut wanted = vec![];
    for person in &world.people {
        if let Some(pool) = world.pool(&person.id, year) {
            let used = pool.annual + pool.special;
            wanted.push(json!([
                person.id,
                name(person),
                pool.entitlement,
                pool.annual,
                pool.special,
                used,
                pool.remaining,
                pool.special_remaining,
                pool.remaining < 0,
                world.missed(&person.id, year)
            ]));
        }
    }
    wanted.sort_by_key(|row| {
        let name = row[1].as_str().map(str::to_lowercase);
        (name.is_none(), name, row[0].as_str().unwrap().to_owned())
    });
    let fields = [
        "operator_id",
        "operator_name",
        "entitlement",
        "annual_used",
        "special_used",
        "used",
        "remaining",
        "special_remaining",
        "overdrawn",
        "absences",
    ];
    assert_eq!(columns(answer, &fields), wanted);
}

pub(crate) fn same_calendar(answer: &Value, world: &World, year: i32) {
    for month in 1..=12 {
        let month = (year, month);
        assert_eq!(
            answer["working_days"][write_month(month)],
            world.working_days(month),
            "{month:?}"
        );
    }
    let mut declared: Vec<_> = world
        .topics
        .holidays
        .iter()
        .filter(|day| day.date.year == year)
        .collect();
    declared.sort_by_key(|day: &&crate::history::topics::Holiday| {
        (day.date, day.kind != "public_holiday")
    });
    let declared: Vec<_> = declared
        .into_iter()
        .map(|day| {
            json!({"date": day.date.to_string(), "kind": day.kind, "name": day.name, "decree": day.decree})
        })
        .collect();
    assert_eq!(answer["holidays"], json!(declared));
}

/// Rules 31 to 35: signed evaluations as they were signed, the others as the months add up today.
pub(crate) fn same_ranking(answer: &Value, world: &World, year: i32) {
    let mut rows = vec![];
    for contract in &world.contracts {
        if contract.voided || contract.terms.fiscal_year != year {
            continue;
        }
        let (sum, status) = match &contract.stage {
            Stage::Provisional => (world.sum(contract).0, "provisional"),
            Stage::Proposed(proposal) => (proposal.sum.clone(), "proposed"),
            Stage::Final(sum) => (sum.clone(), "final"),
        };
        let person = person(world, &contract.person);
        let package = world
            .packages
            .iter()
            .find(|package| package.id == contract.package)
            .unwrap();
        let ids = (contract.person.as_str(), contract.id.as_str());
        let standing = NaiveRank::of(Some(&sum), preferred(person, package), name(person), ids);
        rows.push((standing, evaluation(contract, &sum, status)));
    }
    let fields = [
        "operator_id",
        "contract_id",
        "months_assessed",
        "months_expected",
        "total",
        "mean",
        "category",
        "status",
        "revision",
        "warnings",
    ];
    assert_eq!(columns(answer, &fields), ranked(rows));
}

fn evaluation(contract: &Contract, sum: &Sum, status: &str) -> Value {
    let category = (sum.months > 0).then_some(sum.category);
    let mean = mean(sum.total, sum.months);
    json!([
        contract.person,
        contract.id,
        sum.months,
        sum.expected,
        sum.total,
        mean,
        category,
        status,
        contract.revision,
        contract.warnings.len()
    ])
}

/// Rule 9: the evaluation that a hire would consider. People without the qualifications are ranked alike.
pub(crate) fn same_candidates(answer: &Value, world: &World, package: &Package) {
    let mut rows = vec![];
    for person in &world.people {
        if person.erased {
            continue;
        }
        let first: Day = package.terms.start;
        let violations = violations(person, &package.terms, first, true);
        let prior = world.prior(&person.id);
        let takes =
            |c: &Contract| c.package == package.id && !c.voided && c.terminated_on.is_none();
        let engaged = world
            .contracts
            .iter()
            .any(|c| c.person == person.id && takes(c));
        let near = preferred(person, package);
        let result = prior.as_ref().map(|prior| &prior.result);
        let standing = NaiveRank::of(result, near, name(person), (&person.id, ""));
        let row = json!([
            person.id,
            violations.is_empty(),
            cited(prior.as_ref()),
            near,
            engaged
        ]);
        rows.push((standing, row));
    }
    let fields = [
        "operator_id",
        "eligible",
        "prior_evaluation",
        "preferred_domicile",
        "engaged",
    ];
    assert_eq!(columns(answer, &fields), ranked(rows));
}

fn cited(prior: Option<&Prior>) -> Value {
    json!(prior.map(|Prior { contract, fiscal_year, revision, result }| {
        json!({"fiscal_year": fiscal_year, "contract_id": contract, "revision": revision,
            "months": result.months, "total": result.total, "mean": mean(result.total, result.months),
            "category": result.category})
    }))
}
