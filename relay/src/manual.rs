//! What the package brings beside the binary: a manual page, and completions for shells.

use std::io::{self, Write};

use clap::Command;
use clap_complete::Shell;
use clap_mangen::Man;

/// Writes one manual page that holds every subcommand.
///
/// # Errors
/// When `out` takes nothing.
pub(crate) fn page(mut command: Command, out: &mut impl Write) -> io::Result<()> {
    command.build();
    let mut page = Vec::new();
    let main = Man::new(command.clone());
    main.render_title(&mut page)?;
    main.render_name_section(&mut page)?;
    main.render_synopsis_section(&mut page)?;
    main.render_description_section(&mut page)?;
    main.render_options_section(&mut page)?;
    subcommands(&command, &mut page)?;
    main.render_version_section(&mut page)?;
    out.write_all(&page)
}

fn subcommands(command: &Command, page: &mut Vec<u8>) -> io::Result<()> {
    let is_help = |subcommand: &&Command| subcommand.get_name() == "help";
    for subcommand in command
        .get_subcommands()
        .filter(|subcommand| !is_help(subcommand))
    {
        let title = subcommand.get_bin_name().unwrap_or_default().to_uppercase();
        writeln!(page, ".SH \"{title}\"")?;
        let man = Man::new(subcommand.clone());
        let mut section = Vec::new();
        man.render_synopsis_section(&mut section)?;
        man.render_description_section(&mut section)?;
        man.render_options_section(&mut section)?;
        page.extend(
            String::from_utf8_lossy(&section)
                .replace(".SH ", ".SS ")
                .into_bytes(),
        );
        subcommands(subcommand, page)?;
    }
    Ok(())
}

/// Writes a script for a shell.
///
/// # Errors
/// When `out` takes nothing.
pub(crate) fn completions(shell: Shell, mut command: Command, out: &mut impl Write) -> io::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, "sotto-relay", &mut script);
    out.write_all(&script)
}
