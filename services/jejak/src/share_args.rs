//! The arguments that bound one caller of the gateway.

use clap::{Args, value_parser};
use jejak_gateway::Limits;

/// The share of the gateway's places that one caller takes at once.
#[derive(Debug, Args)]
pub(crate) struct ShareArgs {
    /// Connections of one address. Behind a proxy, all have the proxy's address.
    #[arg(long, env = "JEJAK_CONNECTIONS_PER_ADDRESS", default_value = "256", value_parser = value_parser!(u32).range(1..))]
    connections_per_address: u32,
    /// Event streams of one token subject.
    #[arg(long, env = "JEJAK_STREAMS_PER_CALLER", default_value = "8", value_parser = value_parser!(u32).range(1..))]
    streams_per_caller: u32,
    /// Queries of one token subject with a min_position.
    #[arg(long, env = "JEJAK_WAITS_PER_CALLER", default_value = "64", value_parser = value_parser!(u32).range(1..))]
    waits_per_caller: u32,
}

impl ShareArgs {
    /// The limits of the gateway with these shares.
    pub(crate) fn limits(&self) -> Limits {
        Limits {
            connections_per_address: self.connections_per_address as usize,
            streams_per_caller: self.streams_per_caller as usize,
            waits_per_caller: self.waits_per_caller as usize,
            ..Limits::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: a gateway without these flags has the limits that its own crate has.
    #[test]
    fn shares_default_to_those_of_the_gateway() {
        #[derive(clap::Parser)]
        struct Line {
            #[command(flatten)]
            shares: ShareArgs,
        }
        let line = <Line as clap::Parser>::parse_from(["gateway"]);
        assert_eq!(line.shares.limits(), Limits::default());
    }
}
