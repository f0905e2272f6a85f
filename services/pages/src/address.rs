//! Addresses of pages and of the API, with their parameters.

/// An address with those parameters that have a value.
pub(crate) fn address(path: &str, parameters: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(parameters.iter().filter(|(_, value)| !value.is_empty()));
    match query.finish().as_str() {
        "" => path.to_owned(),
        query => format!("{path}?{query}"),
    }
}

/// A part of a path as it may stand in an address.
pub(crate) fn path_segment(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_cannot_leave_its_place_in_an_address() {
        assert_eq!(path_segment("../a?b#c"), "..%2Fa%3Fb%23c");
    }

    #[test]
    fn an_address_has_the_parameters_that_have_a_value() {
        assert_eq!(address("/orang", &[("q", "")]), "/orang");
        let parameters = [("q", "a b&c"), ("dari", ""), ("posisi", "7")];
        assert_eq!(address("/orang", &parameters), "/orang?q=a+b%26c&posisi=7");
    }
}
