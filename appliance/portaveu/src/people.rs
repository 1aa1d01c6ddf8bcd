//! Who may sign in to the panel, for whoever is at the box's terminal: the first account is made here.

use anyhow::{Context, Result, bail, ensure};
use clap::Subcommand;
use portaveu_store::{Role, Store};

use crate::config::Config;
use crate::control::{ask, audited};

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Make an account: attendant, editor, manager or it. Prints the password for the first sign-in.
    Add {
        /// Small letters, figures, dots and hyphens: ana.puig
        name: String,
        role: String,
    },
    /// Give a person a new password, for the next sign-in, without a second factor.
    Reset { name: String },
    /// Take a person's account away, unless nobody would be left who can make others.
    Remove { name: String },
}

/// List the accounts, or change one.
pub fn run(config: &Config, command: Option<&Command>) -> Result<()> {
    if let Some(Command::Add { name, .. } | Command::Reset { name } | Command::Remove { name }) = command {
        ensure!(!name.contains(char::is_whitespace), "\"{name}\" has a space in it; write ana.puig, say");
    }
    let request = match command {
        None => "people list".to_owned(),
        Some(Command::Add { name, role }) => format!("people add {name} {role}"),
        Some(Command::Reset { name }) => format!("people reset {name}"),
        Some(Command::Remove { name }) => format!("people remove {name}"),
    };
    print!("{}", String::from_utf8_lossy(&ask(config, &request)?));
    Ok(())
}

/// What is answered to a request after the word "people".
pub fn answer(store: &Store, request: &str) -> Result<Vec<u8>> {
    let words: Vec<&str> = request.split_whitespace().collect();
    let said = match words.as_slice() {
        ["list"] => {
            let users = store.users()?;
            if users.is_empty() {
                "there are no accounts; `portaveu people add NAME it` makes the first\n".into()
            } else {
                users.iter().map(|user| format!("{}  {}\n", user.name, name_of(user.role))).collect()
            }
        }
        ["add", name, role] => {
            let password = portaveu_panel::add(store, name, role_named(role)?)?;
            audited(store, "add_person", name)?;
            told(name, &password)
        }
        ["reset", name] => {
            let password = portaveu_panel::reset(store, name)?;
            audited(store, "reset_person", name)?;
            told(name, &password)
        }
        ["remove", name] => {
            portaveu_panel::remove(store, name)?;
            audited(store, "remove_person", name)?;
            format!("{name} has no account any more\n")
        }
        _ => bail!("\"{request}\" is nothing that can be asked for"),
    };
    Ok(said.into_bytes())
}

fn told(name: &str, password: &str) -> String {
    format!("password for the first sign-in of {name}: {password}\n")
}

fn name_of(role: Role) -> &'static str {
    match role {
        Role::Attendant => "attendant",
        Role::Editor => "editor",
        Role::Manager => "manager",
        Role::It => "it",
    }
}

fn role_named(name: &str) -> Result<Role> {
    let found = Role::ALL.into_iter().find(|role| name_of(*role) == name);
    found.with_context(|| format!("\"{name}\" is no role; there are attendant, editor, manager and it"))
}
