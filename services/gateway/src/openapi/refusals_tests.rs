//! The document names each refusal, and offers it only to requests that can get it.

use jejak_events::kinds::ItemKind;
use serde_json::{Value, json};
use utoipa::PartialSchema;

use super::tests::document;
use crate::queries::table::QUERIES;

/// Goal: no refusal is left out. Method: the codes of all rules and of all other refusals against
/// the named schemas.
#[test]
fn every_refusal_has_a_named_schema() {
    let document = document();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let rules = serde_json::to_value(<jejak_events::Rejection as PartialSchema>::schema()).unwrap();
    let rules = rules["oneOf"].as_array().unwrap();
    let codes = rules
        .iter()
        .map(|rule| &rule["properties"]["code"]["enum"][0]);
    let mut codes: Vec<String> = codes
        .map(|code| code.as_str().unwrap().to_owned())
        .collect();
    assert!(codes.len() > 50);
    for problem in crate::problem::tests::one_of_each() {
        codes.push(crate::problem::code(&problem.into()));
    }
    for code in codes {
        let named = schemas
            .values()
            .find(|schema| schema["properties"]["code"]["enum"][0] == code.as_str());
        assert!(
            named.is_some_and(|schema| schema["example"]["code"] == code.as_str()),
            "{code}"
        );
    }
}

/// Goal: a client finds the class of a refusal by its code. Method: each choice against its
/// discriminator.
#[test]
fn choices_of_refusals_have_a_discriminator() {
    let document = document();
    let schemas = &document["components"]["schemas"];
    let choices = schemas.as_object().unwrap().iter();
    let choices = choices.filter(|(name, _)| name.contains("Refused"));
    let mut seen = 0;
    for (name, choice) in choices {
        assert_eq!(choice["discriminator"]["propertyName"], "code", "{name}");
        let mapping = choice["discriminator"]["mapping"].as_object().unwrap();
        assert_eq!(
            mapping.len(),
            choice["oneOf"].as_array().unwrap().len(),
            "{name}"
        );
        for (code, reference) in mapping {
            let target = reference.as_str().unwrap().rsplit('/').next().unwrap();
            assert_eq!(
                schemas[target]["properties"]["code"]["enum"][0],
                code.as_str()
            );
        }
        seen += 1;
    }
    assert!(seen > 4, "{seen}");
}

/// The responses of every `GET`, with their addresses.
fn responses_of_gets(document: &Value) -> Vec<(&str, &Value)> {
    let paths = document["paths"].as_object().unwrap().iter();
    let gets = paths.map(|(path, item)| (path.as_str(), &item["get"]["responses"]));
    gets.filter(|(_, responses)| responses.is_object())
        .collect()
}

/// The named schemas of the refusals that a response offers.
fn offered<'d>(document: &'d Value, response: &Value) -> Vec<&'d Value> {
    let content = &response["content"]["application/problem+json"];
    let Some(reference) = content["schema"]["$ref"].as_str() else {
        return Vec::new();
    };
    let at = |reference: &str| document.pointer(reference.trim_start_matches('#')).unwrap();
    let schema = at(reference);
    match schema["oneOf"].as_array() {
        Some(choices) => choices
            .iter()
            .map(|choice| at(choice["$ref"].as_str().unwrap()))
            .collect(),
        None => vec![schema],
    }
}

/// Goal: only a command is told about its key. Method: the words of each refusal that a `GET` can get, in its
/// own example or in that of the named schema.
#[test]
fn no_query_is_told_about_a_key() {
    let document = document();
    let mut checked = 0;
    for (path, responses) in responses_of_gets(&document) {
        for (status, response) in responses.as_object().unwrap() {
            let description = response["description"].as_str().unwrap();
            assert!(!description.contains("key"), "{path} {status}");
            for schema in offered(&document, response) {
                let example = &schema["example"];
                let examples = &response["content"]["application/problem+json"]["examples"];
                let own = examples.get(example["code"].as_str().unwrap());
                let shown = own.map_or(example, |own| &own["value"]);
                assert_eq!(shown["code"], example["code"]);
                let detail = shown["detail"].as_str().unwrap();
                assert!(!detail.contains("Idempotency-Key"), "{path}: {detail}");
                checked += 1;
            }
        }
    }
    assert!(checked > 100, "{checked}");
    let command = &document["paths"]["/v1/commands/record-leave"]["post"]["responses"]["503"];
    let repeats = |schema: &&Value| schema["example"].to_string().contains("Idempotency-Key");
    assert_eq!(
        offered(&document, command)
            .into_iter()
            .filter(repeats)
            .count(),
        2
    );
}

/// Goal: a query offers the unknown things that it can name, and no others. Method: those of its address.
#[test]
fn a_query_names_the_things_of_its_address() {
    let document = document();
    for query in QUERIES.iter() {
        let mut expected = Vec::new();
        for (part, thing) in [
            ("{contract_id}", ItemKind::Contract),
            ("/calendars/{year}/history", ItemKind::Calendar),
            ("{operator_id}", ItemKind::Operator),
            ("/evaluations/{year}", ItemKind::Evaluation),
            ("{package_id}", ItemKind::Package),
        ] {
            if query.path.contains(part) {
                expected.push(json!(thing));
            }
        }
        let response = &document["paths"][query.path]["get"]["responses"]["404"];
        let offered = offered(&document, response);
        let codes: Vec<_> = offered
            .iter()
            .map(|schema| schema["example"]["code"].clone())
            .collect();
        assert_eq!(codes, expected, "{}", query.path);
    }
}

/// Goal: a client knows where it may wait. Method: the header is described where a refusal carries it.
#[test]
fn retry_after_is_described_where_it_is_sent() {
    let document = document();
    let responses = &document["paths"]["/v1/contracts"]["get"]["responses"];
    for (status, has) in [
        ("429", true),
        ("503", true),
        ("504", true),
        ("500", false),
        ("403", false),
    ] {
        let header = &responses[status]["headers"]["Retry-After"];
        assert_eq!(header.is_object(), has, "{status}");
    }
    let conflict = &document["paths"]["/v1/commands/record-leave"]["post"]["responses"]["409"];
    assert!(conflict["headers"]["Retry-After"].is_object());
}
