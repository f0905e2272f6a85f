//! The page `docs/operating/configure.md` names the flags of the command line.

use std::collections::BTreeMap;

use clap::CommandFactory;

use super::CommandLine;

/// The commands that configure an office or a service of it.
const OF_AN_OFFICE: [&str; 6] = ["up", "init", "commands", "projector", "gateway", "auditor"];
const PAGE: &str = include_str!("../../../../docs/operating/configure.md");

/// The flags of these commands with their defaults; none without one.
fn flags() -> BTreeMap<String, Option<String>> {
    let mut line = CommandLine::command();
    line.build();
    let commands = OF_AN_OFFICE.map(|name| line.find_subcommand(name).unwrap());
    let arguments = commands.iter().flat_map(|command| command.get_arguments());
    let flags = arguments.filter(|argument| argument.get_env().is_some());
    flags
        .map(|flag| {
            let default = flag.get_default_values().first();
            let default = default.map(|value| value.to_string_lossy().into_owned());
            (flag.get_long().unwrap().to_owned(), default)
        })
        .collect()
}

/// The rows of the page's table: flags, and the default in its second cell.
fn rows() -> Vec<(Vec<String>, String)> {
    let rows = PAGE.lines().filter(|line| line.starts_with("| `--"));
    rows.map(|row| {
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        let flags = cells[1].split(", ");
        let flags = flags.map(|flag| flag.trim_matches('`').trim_start_matches("--").to_owned());
        (flags.collect(), cells[2].trim_matches('`').to_owned())
    })
    .collect()
}

/// Goal: the page names each flag of an office with its default, and no other. Method: its table against clap's
/// own commands.
#[test]
fn configure_names_every_flag_with_its_default() {
    let flags = flags();
    let mut listed = Vec::new();
    for (names, default) in rows() {
        for name in names {
            let known = flags.get(&name);
            let known = known.unwrap_or_else(|| panic!("--{name} is no flag"));
            // A flag without a default of clap may follow from the data folder, as the cell says in words.
            if let Some(known) = known {
                assert_eq!(known, &default, "--{name}");
            }
            listed.push(name);
        }
    }
    listed.sort_unstable();
    assert_eq!(listed, flags.into_keys().collect::<Vec<_>>());
}
