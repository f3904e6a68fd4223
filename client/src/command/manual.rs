//! `sotto man`: one manual page that holds every subcommand.

use std::io;

use clap::{Command, CommandFactory};
use clap_mangen::Man;

use crate::cli::Cli;
use crate::command::print;
use crate::config::SETTINGS;
use crate::exit::Exit;
use crate::screen::keymap::{Keymap, Section};
use crate::screen::state::commands;

/// Prints the page.
///
/// # Errors
/// When standard output takes nothing.
pub(super) fn print_page() -> anyhow::Result<Exit> {
    print(page(Cli::command())?.trim_end())
}

/// The page, in roff.
///
/// # Errors
/// None in practice: it is written to memory.
pub(super) fn page(mut command: Command) -> io::Result<String> {
    command.build();
    let mut page = Vec::new();
    let main = Man::new(command.clone());
    main.render_title(&mut page)?;
    main.render_name_section(&mut page)?;
    main.render_synopsis_section(&mut page)?;
    main.render_description_section(&mut page)?;
    main.render_options_section(&mut page)?;
    for subcommand in command
        .get_subcommands()
        .filter(|subcommand| subcommand.get_name() != "help")
    {
        let title = subcommand.get_bin_name().unwrap_or_default().to_uppercase();
        page.extend_from_slice(format!(".SH \"{title}\"\n").as_bytes());
        page.extend_from_slice(section(subcommand.clone())?.as_bytes());
    }
    page.extend_from_slice(chat().as_bytes());
    page.extend_from_slice(configuration().as_bytes());
    main.render_extra_section(&mut page)?;
    main.render_version_section(&mut page)?;
    Ok(String::from_utf8_lossy(&page).into_owned())
}

/// Text as it is.
fn plain(text: &str) -> String {
    text.replace('\\', "\\\\").replace('-', "\\-")
}

/// What the chat takes: its commands and keys.
fn chat() -> String {
    let mut section = ".SH IN THE CHAT\n".to_owned();
    for Section { heading, lines } in commands::help(&Keymap::default()) {
        section.push_str(&format!(".SS \"{}\"\n", plain(heading)));
        for (what, does) in lines {
            section.push_str(&match does.as_str() {
                "" => format!(".PP\n\\&{}\n", plain(&what)),
                does => format!(".TP\n\\fB{}\\fR\n\\&{}\n", plain(&what), plain(does)),
            });
        }
    }
    section
}

/// What the configuration file may say.
fn configuration() -> String {
    let mut section =
        ".SH CONFIGURATION\n$XDG_CONFIG_HOME/sotto/config.toml, else ~/.config/sotto/config.toml, in TOML. \
                       What is wrong in it is said, and the rest counts.\n"
            .to_owned();
    for (name, default, what) in SETTINGS {
        let (name, default, what) = (plain(name), plain(default), plain(what));
        section.push_str(&format!(".TP\n\\fB{name}\\fR [default: {default}]\n\\&{what}\n"));
    }
    section
}

/// A subcommand, its headings one level down.
fn section(subcommand: Command) -> io::Result<String> {
    let mut section = Vec::new();
    let has_more = subcommand.get_after_help().is_some();
    let man = Man::new(subcommand);
    man.render_synopsis_section(&mut section)?;
    man.render_description_section(&mut section)?;
    man.render_options_section(&mut section)?;
    if has_more {
        man.render_extra_section(&mut section)?;
    }
    Ok(String::from_utf8_lossy(&section).replace(".SH ", ".SS "))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::cli::Cli;

    #[test]
    fn the_manual_has_every_subcommand_with_its_options() {
        let page = page(Cli::command()).unwrap();
        for title in ["SOTTO JOIN", "SOTTO PIPE", "SOTTO GENERATE", "SOTTO COMPLETIONS"] {
            assert!(page.contains(&format!(".SH \"{title}\"")), "{title}");
        }
        for option in [
            r"\-\-until\-peer\-leaves",
            r"\-\-passphrase\-command",
            r"\-\-words",
        ] {
            assert!(page.contains(option), "{option}");
        }
        for (command, does) in crate::screen::state::commands::parse::HELP {
            assert!(
                page.contains(&format!("\\fB{}\\fR\n\\&{}", plain(command), plain(does))),
                "{command}"
            );
        }
        assert!(page.contains("Ctrl+X L") && page.contains(r"\-\-plain"));
        for (setting, ..) in SETTINGS {
            assert!(page.contains(&format!("\\fB{setting}\\fR")), "{setting}");
        }
        assert_eq!(page.matches(".TH ").count(), 1);
    }
}
