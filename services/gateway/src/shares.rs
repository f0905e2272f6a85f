//! Shares: one caller takes so many places of a kind at once, and no more. The others go on when a
//! caller has used up his share.

use std::{
    collections::HashMap,
    hash::Hash,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The bits of an IPv6 address that name a network. A host chooses the other 64 itself.
const NETWORK_BITS: u128 = u128::MAX << 64;

/// The places of one kind, by caller.
pub(crate) struct Shares<K> {
    each: usize,
    taken: Taken<K>,
}

/// The places that each caller holds. A caller without one is not in the map.
type Taken<K> = Arc<Mutex<HashMap<K, usize>>>;

impl<K: Clone + Eq + Hash> Shares<K> {
    /// Shares of `each` places.
    pub(crate) fn new(each: usize) -> Self {
        Self {
            each,
            taken: Taken::default(),
        }
    }

    /// A place for the caller until it is dropped; none if he holds his share.
    pub(crate) fn take(&self, caller: K) -> Option<Place<K>> {
        let mut taken = lock(&self.taken);
        let held = taken.get(&caller).copied().unwrap_or_default();
        if held >= self.each {
            return None;
        }
        taken.insert(caller.clone(), held + 1);
        Some(Place {
            caller,
            taken: self.taken.clone(),
        })
    }
}

/// One place of a caller's share.
pub(crate) struct Place<K: Eq + Hash> {
    caller: K,
    taken: Taken<K>,
}

impl<K: Eq + Hash> Drop for Place<K> {
    fn drop(&mut self) {
        let mut taken = lock(&self.taken);
        if let Some(held) = taken.get_mut(&self.caller) {
            *held -= 1;
            if *held == 0 {
                taken.remove(&self.caller);
            }
        }
    }
}

fn lock<K>(taken: &Taken<K>) -> MutexGuard<'_, HashMap<K, usize>> {
    // Nothing panics between two changes of the map.
    taken.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The address that a connection counts for: an IPv4 address, or the network of an IPv6 address.
pub(crate) fn counted_address(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & NETWORK_BITS).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: a caller takes his share and no more, and the others go on.
    #[test]
    fn a_caller_takes_his_share_and_no_more() {
        let shares = Shares::new(2);
        let first = shares.take("a").unwrap();
        let _second = shares.take("a").unwrap();
        assert!(shares.take("a").is_none());
        let other = shares.take("b").unwrap();
        drop(first);
        let third = shares.take("a").unwrap();
        assert!(shares.take("a").is_none());
        drop((third, other));
        assert_eq!(lock(&shares.taken).len(), 1);
    }

    /// Goal: nobody gets more places by another address of the same network.
    #[test]
    fn an_ipv6_network_counts_as_one_address() {
        let counted = |text: &str| counted_address(text.parse().unwrap());
        assert_eq!(counted("2001:db8:0:1::1"), counted("2001:db8:0:1:ffff::2"));
        assert_ne!(counted("2001:db8:0:1::1"), counted("2001:db8:0:2::1"));
        assert_eq!(counted("::ffff:192.0.2.1"), counted("192.0.2.1"));
        assert_ne!(counted("192.0.2.2"), counted("192.0.2.1"));
    }
}
