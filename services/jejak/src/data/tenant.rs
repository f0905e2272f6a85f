//! The file of the tenant's key.
//!
//! Its first line is the root: pseudonyms and digests in stored events follow from it, so it stays.
//! After a rotation a second line has the wrapping key. A third line has the one before, while data
//! keys are wrapped anew.

use jejak_events::secret::TenantKey;

use super::{
    DataFolder,
    error::DataError,
    files::{hex, random, read, write},
};

const WRAPPING: &str = "wrapping ";
const EARLIER: &str = "earlier ";

impl DataFolder {
    /// The key behind pseudonyms and data keys.
    ///
    /// # Errors
    /// The file holds no key.
    pub fn tenant_key(&self) -> Result<TenantKey, DataError> {
        let path = self.tenant_key_file();
        parse(&read(&path)?).ok_or(DataError::BrokenKey {
            path,
            expected: "64 hexadecimal digits",
        })
    }

    /// Draws a new wrapping key and keeps the present one beside it. A rotation that did not end goes
    /// on with its own. Returns the key that opens and wraps from now on.
    ///
    /// # Errors
    /// The file holds no key, or cannot be written.
    pub fn begin_tenant_rotation(&self) -> Result<TenantKey, DataError> {
        let key = self.tenant_key()?;
        if key.earlier_wrapping().is_some() {
            return Ok(key);
        }
        let present = key.wrapping();
        let key = key.with_wrapping(random()?, Some(present));
        write(&self.tenant_key_file(), &text(&key))?;
        Ok(key)
    }

    /// Forgets the wrapping key before the present one. No data key may be wrapped by it any more.
    ///
    /// # Errors
    /// The file holds no key, or cannot be written.
    pub fn end_tenant_rotation(&self) -> Result<(), DataError> {
        let key = self.tenant_key()?;
        let wrapping = key.wrapping();
        write(
            &self.tenant_key_file(),
            &text(&key.with_wrapping(wrapping, None)),
        )
    }
}

fn text(key: &TenantKey) -> String {
    let mut text = format!("{}\n{WRAPPING}{}\n", hex(&key.root()), hex(&key.wrapping()));
    if let Some(earlier) = key.earlier_wrapping() {
        text += &format!("{EARLIER}{}\n", hex(&earlier));
    }
    text
}

fn parse(text: &str) -> Option<TenantKey> {
    let mut lines = text.trim().lines();
    let key = TenantKey::new(digits(lines.next()?)?);
    let Some(wrapping) = lines.next() else {
        return Some(key);
    };
    let wrapping = digits(wrapping.strip_prefix(WRAPPING)?)?;
    let earlier = match lines.next() {
        Some(earlier) => Some(digits(earlier.strip_prefix(EARLIER)?)?),
        None => None,
    };
    lines
        .next()
        .is_none()
        .then(|| key.with_wrapping(wrapping, earlier))
}

/// 32 bytes of 64 hexadecimal digits.
fn digits(text: &str) -> Option<[u8; 32]> {
    let bytes = text.trim().as_bytes().chunks(2).map(|pair| {
        let pair = std::str::from_utf8(pair).ok()?;
        u8::from_str_radix(pair, 16).ok()
    });
    bytes.collect::<Option<Vec<u8>>>()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rotation_keeps_the_root_and_ends_with_one_wrapping_key() {
        let dir = tempfile::tempdir().unwrap();
        let folder = DataFolder::open(dir.path()).unwrap();
        let before = folder.tenant_key().unwrap();
        let both = folder.begin_tenant_rotation().unwrap();
        assert_eq!(both.earlier_wrapping(), Some(before.wrapping()));
        assert_ne!(both.wrapping(), before.wrapping());
        let again = folder.begin_tenant_rotation().unwrap();
        assert_eq!(
            again.wrapping(),
            both.wrapping(),
            "one that did not end goes on"
        );
        assert_eq!(again.earlier_wrapping(), both.earlier_wrapping());
        folder.end_tenant_rotation().unwrap();
        let after = folder.tenant_key().unwrap();
        assert_eq!(after.wrapping(), both.wrapping());
        assert_eq!(
            (after.earlier_wrapping(), after.root()),
            (None, before.root())
        );
    }

    #[test]
    fn only_whole_files_are_keys() {
        let root = "01".repeat(32);
        let wrapping = format!("{WRAPPING}{root}");
        for whole in [
            root.clone(),
            format!("{root}\n"),
            format!("{root}\n{wrapping}\n"),
        ] {
            assert!(parse(&whole).is_some(), "{whole}");
        }
        for broken in [
            "",
            "half",
            &format!("{root}ff"),
            &format!("{root}\n{root}"),
            &format!("{root}\n{wrapping}\n{wrapping}"),
            &format!("{root}\n{wrapping}\n{EARLIER}{root}\nmore"),
        ] {
            assert!(parse(broken).is_none(), "{broken}");
        }
    }
}
