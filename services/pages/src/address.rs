//! Parts of addresses.

/// A part of a path as it may stand in an address of the API.
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
}
